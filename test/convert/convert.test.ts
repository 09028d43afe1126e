import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';

import { convertCheckpoint, type ConvertOptions } from '../../native-models/convert/convert.ts';
import { requireFreeSpace } from '../../native-models/files/disk-space.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { packageFileNames } from '../../native-models/package/package-files.ts';
import { expectFault } from '../support/faults.ts';
import { folderHash } from '../support/folder-hash.ts';
import { goldenCase, goldenNames } from '../support/golden.ts';
import { makeRandomCheckpoint } from '../support/random-checkpoint.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const outputs = join(folder, 'outputs');
const out = join(outputs, 'package');
const wholePackage = [...packageFileNames, 'manifest.json'].sort();

const golden = goldenCase('tower-inside');
const options: ConvertOptions = {
  checkpoint: golden.checkpoint,
  clip: golden.clip,
  out,
  vision: 'f32',
  llm: 'f32',
  name: 'golden',
};

beforeEach(() => {
  rmSync(outputs, { recursive: true, force: true });
  mkdirSync(outputs);
});

test.each(goldenNames)('golden case %s becomes a package that opens and verifies', async (name) => {
  const { checkpoint, clip } = goldenCase(name);
  const { directory, manifest } = await convertCheckpoint({ ...options, checkpoint, clip });
  expect(directory).toBe(out);
  expect(readdirSync(outputs)).toEqual(['package']);
  expect(readdirSync(out).sort()).toEqual(wholePackage);
  expect((await openPackage(out, { verify: true })).manifest).toEqual(manifest);
  expect(manifest).toMatchObject({
    name: 'golden',
    views: {
      family: 'dual',
      mode: 'trained',
      padColour: [122, 116, 104],
      ...{ n: 3, tile: 336, globalsEncoded: [4], baseIsGlobal: 4 },
    },
    vision: { patch: 14, tokens: 576, width: 64, layersRun: 3, heads: 4, precision: 'f32' },
    language: {
      width: name === 'tower-inside' ? 256 : 128,
      layers: 3,
      vocabulary: 458,
      contextTrained: 2048,
      contextLimit: 8192,
      addsBos: true,
      stopIds: [450, 456],
    },
  });
});

test('the prompt of the manifest is the prompt of the golden case', async () => {
  const { manifest } = await convertCheckpoint(options);
  const expected = JSON.parse(readFileSync(join(golden.folder, 'expected.json'), 'utf8')) as Record<
    string,
    string
  >;
  const { begin, system, user, assistant, afterImage, defaultSystem } = manifest.chat;
  expect(begin + system.before + defaultSystem + system.after + user.before).toBe(
    expected['prompt_before_image'],
  );
  expect(afterImage + expected['question'] + user.after + assistant.before).toBe(
    expected['prompt_after_image'],
  );
});

test.each(['f16', 'bf16', 'q8_0', 'q4_k_m'] as const)('a language model in %s is smaller', async (llm) => {
  const { manifest } = await convertCheckpoint({ ...options, llm });
  expect(manifest.language.precision).toBe(llm);
  // The tokenizer and the norms stay as they are, which weighs in so small a model.
  const share = { f16: 0.52, bf16: 0.52, q8_0: 0.29, q4_k_m: 0.22 }[llm];
  expect(manifest.files['language.gguf']!.bytes).toBeLessThan(8_035_776 * share);
  expect(readdirSync(outputs)).toEqual(['package']);
  expect(readdirSync(out).sort()).toEqual(wholePackage);
});

test('the tower in int8 says how close it is to float32 on the sample pictures', async () => {
  const { manifest } = await convertCheckpoint({ ...options, vision: 'int8' });
  const { precision, cosine } = manifest.vision;
  expect(precision).toBe('int8');
  expect(cosine.mean).toBeGreaterThanOrEqual(0.999);
  expect(cosine.mean).toBeLessThan(1);
  expect(cosine.worst).toBeLessThanOrEqual(cosine.mean);
});

test('other dimensions: n = 2, odd widths, tied embeddings, one projector layer, float16 in .bin shards', async () => {
  const random = makeRandomCheckpoint(join(folder, 'odd'), {
    n: 2,
    imageSize: 42,
    visionWidth: 48,
    visionHeads: 3,
    visionIntermediate: 37,
    selectLayer: -1,
    projector: 'linear',
    languageWidth: 60,
    languageHeads: 5,
    keyValueHeads: 1,
    languageIntermediate: 33,
    vocabulary: 499,
    tiedEmbeddings: true,
    dtype: 'f16',
    layout: 'sharded-bin',
    shards: 3,
    tower: 'bin',
  });
  const { manifest } = await convertCheckpoint({ ...options, ...random });
  expect(manifest.views).toEqual({
    family: 'dual',
    mode: 'trained',
    padColour: [122, 116, 104],
    n: 2,
    tile: 42,
    globalsEncoded: [0, 1, 2, 3],
    baseIsGlobal: null,
  });
  expect(manifest.vision).toMatchObject({ tokens: 9, width: 48, layersRun: 3, heads: 3 });
  expect(manifest.language).toMatchObject({ width: 60, heads: 5, keyValueHeads: 1, vocabulary: 499 });
});

test('progress never falls, names its phases in order and ends at the end', async () => {
  const seen: { phase: string; fraction: number; bytesDone: number; bytesTotal: number }[] = [];
  await convertCheckpoint({
    ...options,
    llm: 'q4_k_m',
    onProgress: (progress) => seen.push({ ...progress }),
  });
  expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['vision', 'enhance', 'language', 'finish']);
  seen.reduce((before, { fraction, bytesDone, bytesTotal }) => {
    expect(fraction).toBeGreaterThanOrEqual(before);
    expect(bytesDone).toBeLessThanOrEqual(bytesTotal);
    return fraction;
  }, 0);
  expect(seen.at(-1)).toMatchObject({ phase: 'finish', fraction: 1 });
  expect(seen.at(-1)!.bytesDone).toBe(seen.at(-1)!.bytesTotal);
});

describe('a package that is already there', () => {
  test('is not replaced without being told to', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'manifest.json'), 'an older one');
    await expectFault(convertCheckpoint(options), 'package-exists', out, '--force');
    expect(readdirSync(out)).toEqual(['manifest.json']);
    expect(readdirSync(outputs)).toEqual(['package']);
  });

  test('is replaced whole with force', async () => {
    await convertCheckpoint({ ...options, llm: 'f16' });
    const { manifest } = await convertCheckpoint({ ...options, force: true });
    expect(manifest.language.precision).toBe('f32');
    expect(readdirSync(outputs)).toEqual(['package']);
    await openPackage(out, { verify: true });
  });

  test('stays when the conversion that was to replace it fails', async () => {
    await convertCheckpoint(options);
    const before = folderHash(out);
    const signal = AbortSignal.abort();
    await expectFault(convertCheckpoint({ ...options, llm: 'f16', force: true, signal }), 'cancelled');
    expect(folderHash(out)).toBe(before);
  });

  test('is brought back when a crash has cut its replacement in two', async () => {
    await convertCheckpoint(options);
    const before = folderHash(out);
    cpSync(out, `${out}.replaced`, { recursive: true });
    rmSync(out, { recursive: true });
    await expectFault(convertCheckpoint(options), 'package-exists');
    expect(folderHash(out)).toBe(before);
    expect(readdirSync(outputs)).toEqual(['package']);
  });

  test('a folder of other things is never replaced or written into, even with force', async () => {
    for (const path of [out, `${out}.partial`]) {
      mkdirSync(path);
      writeFileSync(join(path, 'thesis.txt'), 'irreplaceable');
      await expectFault(convertCheckpoint({ ...options, force: true }), 'package-exists', path);
      expect(readdirSync(path)).toEqual(['thesis.txt']);
      rmSync(path, { recursive: true });
    }
  });
});

describe('an interrupted conversion goes on and gives the same bytes', () => {
  test.each(['f32', 'q4_k_m'] as const)('cancelled at any report of progress (%s)', async (llm) => {
    await convertCheckpoint({ ...options, llm });
    const undisturbed = folderHash(out);
    rmSync(out, { recursive: true });
    for (const stopAfter of [1, 3, 5, 6, 9, 20, 33, 36]) {
      const cancel = new AbortController();
      let reports = 0;
      const onProgress = () => ++reports === stopAfter && cancel.abort();
      await convertCheckpoint({ ...options, llm, signal: cancel.signal, onProgress }).catch(
        (error: { code: string }) => expect(error.code).toBe('cancelled'),
      );
      if (existsSync(out)) break; // There were fewer reports left.
      expect(readdirSync(outputs).filter((name) => name !== 'package.partial')).toEqual([]);
    }
    if (!existsSync(out)) await convertCheckpoint({ ...options, llm });
    expect(folderHash(out)).toBe(undisturbed);
    expect(readdirSync(outputs)).toEqual(['package']);
  });

  test('killed at random moments', async () => {
    const random = makeRandomCheckpoint(join(folder, 'killed'), {
      languageWidth: 512,
      languageIntermediate: 1024,
      languageLayers: 6,
      vocabulary: 16_000,
      dtype: 'f32',
    });
    await convertCheckpoint({ ...options, ...random });
    const undisturbed = folderHash(out);
    rmSync(out, { recursive: true });
    for (const killAt of [0.1, 0.6, 0.95]) {
      expect(await killedAt({ ...options, ...random }, killAt)).toBeGreaterThanOrEqual(killAt);
      expect(readdirSync(outputs)).toEqual(['package.partial']);
    }
    const fractions: number[] = [];
    await convertCheckpoint({
      ...options,
      ...random,
      onProgress: ({ fraction }) => fractions.push(fraction),
    });
    // What was on the disk is not made again: 64 MB of the language model count as half of the whole.
    expect(Math.max(...fractions.slice(0, 4))).toBeGreaterThan(0.3);
    expect(folderHash(out)).toBe(undisturbed);
  });

  test('a damaged file in the partial folder is made again', async () => {
    await convertCheckpoint(options);
    const undisturbed = folderHash(out);
    rmSync(out, { recursive: true });
    const cancel = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => phase === 'language' && cancel.abort();
    await expectFault(convertCheckpoint({ ...options, signal: cancel.signal, onProgress }), 'cancelled');
    const data = join(`${out}.partial`, 'vision.onnx.data');
    const bytes = readFileSync(data);
    bytes[1000]! ^= 1;
    writeFileSync(data, bytes);
    await convertCheckpoint(options);
    expect(folderHash(out)).toBe(undisturbed);
  });

  test('what was begun with other options or another source is not mixed in', async () => {
    await convertCheckpoint(options);
    const undisturbed = folderHash(out);
    rmSync(out, { recursive: true });
    const cancel = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => phase === 'finish' && cancel.abort();
    const other = goldenCase('tower-apart');
    const { signal } = cancel;
    const begun = convertCheckpoint({
      ...options,
      checkpoint: other.checkpoint,
      clip: other.clip,
      signal,
      onProgress,
    });
    await expectFault(begun, 'cancelled');
    await convertCheckpoint(options);
    expect(folderHash(out)).toBe(undisturbed);
  });
});

describe('two conversions into one folder', () => {
  test('of this process: one goes on, the other is told', async () => {
    const results = await Promise.allSettled([convertCheckpoint(options), convertCheckpoint(options)]);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(failed[0]!.reason).toMatchObject({ code: 'package-exists' });
    await openPackage(out);
  });

  test('of another process, alive or dead', async () => {
    mkdirSync(`${out}.partial`);
    const lock = join(`${out}.partial`, 'lock');
    writeFileSync(lock, String(process.ppid));
    await expectFault(convertCheckpoint(options), 'package-exists', `process ${process.ppid}`);
    writeFileSync(lock, String(spawnSync(process.execPath, ['-e', '']).pid));
    await convertCheckpoint(options);
    expect(readdirSync(out).sort()).toEqual(wholePackage);
  });

  test('a lock whose owner died before it wrote its number does not hold for ever', async () => {
    mkdirSync(`${out}.partial`);
    writeFileSync(join(`${out}.partial`, 'lock'), '');
    await convertCheckpoint(options);
  });
});

describe('nothing is left of a source that is not valid', () => {
  test('found before the work begins', async () => {
    await expectFault(convertCheckpoint({ ...options, checkpoint: folder }), 'file-missing', 'config.json');
    await expectFault(convertCheckpoint({ ...options, llm: 'q2_k', ...goldenApart }), 'wrong-usage', 'q2_k');
    expect(readdirSync(outputs)).toEqual([]);
  });

  test('found in the middle: a number that is none', async () => {
    const random = makeRandomCheckpoint(join(folder, 'nan'), { dtype: 'f32', layout: 'safetensors' });
    const file = join(random.checkpoint, 'model.safetensors');
    const bytes = readFileSync(file);
    const name = 'model.layers.1.input_layernorm.weight';
    const begin = 8 + Number(bytes.readBigUInt64LE());
    const tensors = JSON.parse(bytes.toString('utf8', 8, begin)) as Record<
      string,
      { data_offsets: [number] }
    >;
    bytes.writeFloatLE(NaN, begin + tensors[name]!.data_offsets[0] + 4);
    writeFileSync(file, bytes);
    const faulty = convertCheckpoint({ ...options, ...random });
    await expectFault(faulty, 'checkpoint-invalid', name, 'not finite');
    expect(readdirSync(outputs)).toEqual([]);
  });
});

const goldenApart = {
  checkpoint: goldenCase('tower-apart').checkpoint,
  clip: goldenCase('tower-apart').clip,
};

test('a disk that is too small is told before the work begins, with the numbers', async () => {
  await expectFault(requireFreeSpace(out, 1e18), 'disk-full', out, '1000000000.0 GB', 'free');
  await requireFreeSpace(join(outputs, 'not/yet/there'), 1);
});

test('a conversion takes far less memory than the checkpoint', async () => {
  const random = makeRandomCheckpoint(join(folder, 'large'), {
    languageWidth: 2048,
    languageIntermediate: 8192,
    languageHeads: 16,
    keyValueHeads: 4,
    languageLayers: 4,
    vocabulary: 16_000,
    dtype: 'bf16',
    hollow: true,
  });
  const sizes = readdirSync(random.checkpoint).map((name) => statSync(join(random.checkpoint, name)).size);
  expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(6e8);
  const lines = await run({ ...options, ...random, llm: 'q8_0' });
  expect(Number(lines.at(-1)!.split(' ')[1])).toBeLessThan(350 * 2 ** 20);
});

const script = fileURLToPath(new URL('convert-child.ts', import.meta.url));

function start(childOptions: ConvertOptions) {
  const child = spawn(process.execPath, [script, JSON.stringify(childOptions)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, exited, lines: createInterface({ input: child.stdout }) };
}

/** Lines that a conversion in another process prints. */
async function run(childOptions: ConvertOptions): Promise<string[]> {
  const { exited, lines } = start(childOptions);
  const printed: string[] = [];
  for await (const line of lines) printed.push(line);
  expect(await exited).toBe(0);
  return printed;
}

/** Kills a conversion in another process once it reports `fraction`; returns the last fraction it reported. */
async function killedAt(childOptions: ConvertOptions, fraction: number): Promise<number> {
  const { child, exited, lines } = start(childOptions);
  let last = 0;
  for await (const line of lines) {
    last = Number(line.split(' ')[1]);
    if (last >= fraction) child.kill('SIGKILL');
  }
  await exited;
  return last;
}

import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { importPair } from '../../../native-models/convert/pair/import-pair.ts';
import { openPhoto } from '../../../native-models/image/decode.ts';
import { wholePhoto } from '../../../native-models/image/geometry.ts';
import { cutCropImage } from '../../../native-models/image/dual-crops.ts';
import type { RgbImage } from '../../../native-models/image/pixels.ts';
import { openPackage } from '../../../native-models/package/open-package.ts';
import { createImageEncoder, type EncodedPicture } from '../../../native-models/vision/encode-image.ts';
import { expectFault } from '../../support/faults.ts';
import { goldenCase } from '../../support/golden.ts';
import { writeGoldenPair, type PairFiles, type PairOptions } from '../../support/golden-pair.ts';
import { float32, readSafetensors } from '../../support/safetensors-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { largestDifference, runCli } from '../../cli/support.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { splitGguf } from '../../support/split-gguf.ts';

const folder = temporaryFolder();
const golden = goldenCase('tower-inside');
const expected = readSafetensors(join(golden.folder, 'expected.safetensors'));

/** The base image of the golden photo: the square that a single view of it is. */
let view: RgbImage;
beforeAll(async () => {
  const { image } = await (await openPhoto(join(golden.folder, 'preprocessed.png'))).pixels({});
  view = cutCropImage(image, 'global', 4, 3);
});

async function importAndEncode(name: string, options: PairOptions): Promise<EncodedPicture> {
  const pair = await writeGoldenPair(join(folder, name), options);
  const { directory } = await importPair({ ...pair, out: join(folder, name, 'package'), vision: 'f32' });
  const encoder = await createImageEncoder(await openPackage(directory, { verify: true }));
  try {
    return await encoder.encodePicture({ picture: view, plan: encoder.plan(wholePhoto(view)) });
  } finally {
    await encoder.dispose();
  }
}

describe('the golden tower as an mmproj file gives the features of the independent implementation', () => {
  test.each<[string, PairOptions, number]>([
    ['f32', {}, 1e-3],
    ['f32, older names', { isSwapped: true }, 1e-3],
    ['f32, its last layer cut off', { layers: 'cut' }, 1e-3],
    ['f32, the layer stated', { layers: 'stated' }, 1e-3],
    // The golden weights are bf16, which those formats hold exactly.
    ['bf16', { type: 'bf16' }, 1e-3],
    ['f16', { type: 'f16', isSwapped: true, layers: 'cut' }, 2e-2],
    ['q8_0', { type: 'q8_0' }, 0.5],
  ])('%s', async (name, options, tolerance) => {
    const { stages, rows, timings } = await importAndEncode(name, options);
    expect(rows).toBe(576);
    expect(timings.passes).toHaveLength(1);
    expect([...stages().keys()]).toEqual(['base_pixels', 'base_features']);
    const difference = largestDifference(
      stages().get('base_features')!.data,
      float32(expected, 'global_features_4'),
    );
    expect(difference).toBeLessThan(tolerance);
  });
});

test('a language model in several files becomes one of the package', async () => {
  const pair = await writeGoldenPair(join(folder, 'split'));
  const [, second] = await splitGguf(pair.language, join(folder, 'split'), 'model', 2);
  const out = join(folder, 'split', 'package');
  const { manifest } = await importPair({ mmproj: pair.mmproj, language: second!, out, vision: 'f32' });
  expect(manifest.files['language.gguf']).not.toHaveProperty('outside');
  await openPackage(out, { verify: true });
  const tensorsOf = async (path: string) =>
    (await readGguf(path)).tensors.map(({ name, bytes }) => [name, bytes]);
  expect(await tensorsOf(join(out, 'language.gguf'))).toEqual(await tensorsOf(pair.language));
});

test('in 8 bits the tower proves itself on the sample pictures', async () => {
  const pair = await writeGoldenPair(join(folder, 'int8'));
  const { manifest } = await importPair({ ...pair, out: join(folder, 'int8', 'package'), vision: 'int8' });
  expect(manifest.vision.precision).toBe('int8');
  expect(manifest.vision.cosine.mean).toBeGreaterThan(0.999);
});

describe('a pair written independently', () => {
  const fixture = fileURLToPath(new URL('../../golden/gguf-pair/', import.meta.url));
  const facts = JSON.parse(readFileSync(join(fixture, 'expected.json'), 'utf8')) as {
    question: string;
    before: number[];
    after: number[];
    greedy: number[];
  };
  const model = join(folder, 'independent');

  beforeAll(async () => {
    const halves = ['--mmproj', join(fixture, 'mmproj.gguf'), '--language', join(fixture, 'language.gguf')];
    const run = await runCli(['import', ...halves, '--out', model, '--vision', 'f32']);
    expect(run.code, run.stderr).toBe(0);
  });

  test('gives the same embeddings to 1e-3, the same tokens and the same answer', async () => {
    const out = join(folder, 'trace.safetensors');
    const args = ['trace', join(fixture, 'photo.png'), facts.question, '--model', model, '--out', out];
    const run = await runCli([...args, '--max-tokens', String(facts.greedy.length)]);
    expect(run.code, run.stderr).toBe(0);
    const trace = readSafetensors(out);
    expect([...trace.get('ids_before_image')!.data]).toEqual(facts.before);
    expect([...trace.get('ids_after_image')!.data]).toEqual(facts.after);
    const bytes = readFileSync(join(fixture, 'embeddings.f32'));
    const embeddings = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    expect(largestDifference(float32(trace, 'embeddings'), embeddings)).toBeLessThan(1e-3);
    expect([...trace.get('greedy_ids')!.data]).toEqual(facts.greedy);
    expect(trace.has('local_features')).toBe(false);
  });

  test('inspect says what it sees and what file it uses', async () => {
    const run = await runCli(['inspect', model]);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('1 encoder pass of 56 pixels (1 base), 16 tokens');
    expect(run.stdout).toContain(join(fixture, 'language.gguf'));
  });

  test('crops writes the one picture it sees', async () => {
    const out = join(folder, 'crops');
    const run = await runCli(['crops', join(fixture, 'photo.png'), '--model', model, '--out', out, '--json']);
    expect(run.code, run.stderr).toBe(0);
    expect((JSON.parse(run.stdout) as { files: string[] }).files).toEqual([join(out, 'square.png')]);
  });
});

describe('the language file stays where it is', () => {
  let pair: PairFiles;
  const out = join(folder, 'linked', 'package');
  beforeAll(async () => {
    pair = await writeGoldenPair(join(folder, 'linked'));
    await importPair({ ...pair, out, vision: 'f32' });
  });
  afterAll(() => rmSync(join(folder, 'linked'), { recursive: true }));

  test('and is named from the package, so that both can be moved together', async () => {
    const { files } = (await openPackage(out)).manifest;
    expect(files['language.gguf']!.outside!.path).toBe('../language.gguf');
    renameSync(join(folder, 'linked'), join(folder, 'moved'));
    const opened = await openPackage(join(folder, 'moved', 'package'));
    expect(opened.path('language.gguf')).toBe(join(folder, 'moved', 'language.gguf'));
    renameSync(join(folder, 'moved'), join(folder, 'linked'));
  });

  test('a file that was touched is hashed again and still right', async () => {
    utimesSync(pair.language, new Date(), new Date(1e12));
    await openPackage(out);
  });

  test('a file that was moved, replaced or cut is told by its whole path', async () => {
    const aside = `${pair.language}.aside`;
    renameSync(pair.language, aside);
    await expectFault(openPackage(out), 'linked-file-changed', pair.language, 'not there');
    const bytes = readFileSync(aside);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(pair.language, bytes);
    await expectFault(openPackage(out), 'linked-file-changed', pair.language, 'sha256');
    writeFileSync(pair.language, bytes.subarray(1));
    await expectFault(openPackage(out), 'linked-file-changed', pair.language, 'bytes instead of');
    renameSync(aside, pair.language);
    await openPackage(out);
  });

  test('a manifest that names another machine, or anything but the language model, is refused', async () => {
    const path = join(out, 'manifest.json');
    const text = readFileSync(path, 'utf8');
    for (const share of ['\\\\server\\share\\language.gguf', '//server/share/language.gguf', 'a\u0000b']) {
      writeFileSync(path, text.replace('"../language.gguf"', JSON.stringify(share)));
      await expectFault(openPackage(out), 'package-invalid', 'manifest.json', 'outside');
    }
    const other = text.replace(
      '"vision.onnx": {',
      '"vision.onnx": { "outside": { "path": "/x", "modified": 1 },',
    );
    writeFileSync(path, other);
    await expectFault(openPackage(out), 'package-invalid', 'takes vision.onnx from outside');
    writeFileSync(path, text);
  });
});

describe('what is no such pair is refused, and leaves nothing behind', () => {
  const refused = async (options: PairOptions, ...words: string[]) => {
    const pair = await writeGoldenPair(join(folder, 'refused'), options);
    const out = join(folder, 'refused', 'package');
    await expectFault(importPair({ ...pair, out, vision: 'f32' }), 'checkpoint-invalid', ...words);
  };

  test.each<[string, PairOptions['change'], string[]]>([
    [
      'another projector',
      (m) => m.set('clip.projector_type', { type: 'string', value: 'ldpv2' }),
      ['"ldpv2"', 'mlp'],
    ],
    [
      'LLaVA-1.6 without what ends a line',
      (m) => m.set('clip.vision.mm_patch_merge_type', { type: 'string', value: 'spatial_unpad' }),
      ['v.image_newline'],
    ],
    ['no image size', (m) => m.delete('clip.vision.image_size'), ['clip.vision.image_size']],
    [
      'another image size',
      (m) => m.set('clip.vision.image_size', { type: 'u32', value: 28 }),
      ['v.position_embd'],
    ],
    ['a patch of 0', (m) => m.set('clip.vision.patch_size', { type: 'u32', value: 0 }), ['patch_size is 0']],
    [
      'a layer that is not there',
      (m) => m.set('clip.vision.block_count', { type: 'u32', value: 9 }),
      ['v.blk.4'],
    ],
    [
      'several layers at once',
      (m) => m.set('clip.vision.feature_layer', { type: 'array', of: 'i32', values: [1, 2] }),
      ['several layers'],
    ],
  ])('%s', async (_, change, words) => {
    await refused({ change: change! }, 'mmproj.gguf', ...words);
  });

  test('the halves swapped, or of two models', async () => {
    const { mmproj, language } = await writeGoldenPair(join(folder, 'swapped'));
    const out = join(folder, 'swapped', 'package');
    const swapped = importPair({ mmproj: language, language: mmproj, out, vision: 'f32' });
    await expectFault(swapped, 'checkpoint-invalid', 'language.gguf', 'not the mmproj half');
    const twice = importPair({ mmproj, language: mmproj, out, vision: 'f32' });
    await expectFault(twice, 'checkpoint-invalid', 'mmproj.gguf', 'other half');
    const stranger = fileURLToPath(new URL('../../golden/gguf-pair/language.gguf', import.meta.url));
    const unequal = importPair({ mmproj, language: stranger, out, vision: 'f32' });
    await expectFault(unequal, 'checkpoint-invalid', 'not a pair', '256', '64');
  });
});

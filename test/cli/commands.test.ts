import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { defaultSettings } from '../../preload/contract/api.ts';
import type { LookFile } from '../../main/services/export/look-file.ts';
import { goldenCase } from '../support/golden.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { holdVariable } from '../support/hold.ts';
import { makeRandomCheckpoint } from '../support/random-checkpoint.ts';
import { readSafetensors } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli } from './support.ts';

const folder = temporaryFolder();
const golden = goldenCase('tower-inside');
const photo = join(golden.folder, 'photo.png');
const model = join(folder, 'model');
const convert = ['convert', golden.checkpoint, '--clip', golden.clip, '--vision', 'f32', '--llm', 'f32'];
const ask = (...rest: string[]) => runCli(['ask', photo, ...rest, '--model', model, '--max-tokens', '6']);

beforeAll(async () => {
  const run = await runCli([...convert, '--out', model]);
  expect(run.code, run.stderr).toBe(0);
});

test('progress goes to stderr, the answer alone to stdout', async () => {
  const run = await ask('What is this?', '--temperature', '0');
  expect(run.code).toBe(0);
  expect(run.stderr).toContain('encode');
  expect(run.stdout).not.toContain('%');
  expect(run.stdout.endsWith('\n')).toBe(true);
});

test('the same seed gives the same answer', async () => {
  const options = [
    // llama.cpp adds up attention in as many parts as it has threads, which are fewer on a busy machine.
    '--threads',
    '1',
    '--temperature',
    '1.5',
    '--seed',
    '7',
    '--top-k',
    '50',
    '--top-p',
    '0.9',
    '--min-p',
    '0.01',
  ];
  const [one, other] = [await ask('Describe it.', ...options), await ask('Describe it.', ...options)];
  expect(one.code, one.stderr).toBe(0);
  expect(other.stdout).toBe(one.stdout);
});

test('several questions make a conversation in which the photo is read once', async () => {
  const run = await ask('What is this?', 'And what is beside it?', '--json');
  const { turns } = JSON.parse(run.stdout) as {
    turns: { tokens: Record<string, number>; sampling: Record<string, number> }[];
  };
  expect(turns).toHaveLength(2);
  // As the window asks.
  const { temperature, topP, topK, minP, repeatPenalty } = defaultSettings.sampling;
  expect(turns[0]!.sampling).toMatchObject({ temperature, topP, topK, minP, repeatPenalty });
  expect(turns[0]!.tokens['image']).toBe(576);
  expect(turns[1]!.tokens).toMatchObject({ image: 0 });
  expect(turns[1]!.tokens['reused']).toBeGreaterThan(576);
});

test('where the model looked is written as a file', async () => {
  const file = join(folder, 'lens.json');
  const run = await ask('What is this?', '--json', '--lens', file);
  expect(run.code, run.stderr).toBe(0);
  const told = JSON.parse(run.stdout) as { answer: string; package: object; photo: { sha256: string } };
  const look = JSON.parse(readFileSync(file, 'utf8')) as LookFile;
  expect(look).toMatchObject({ question: 'What is this?', answer: told.answer, package: told.package });
  expect(look.pictures[0]).toMatchObject({ photo: { sha256: told.photo.sha256 }, grids: [{ columns: 24 }] });
  expect(look.maps.map((map) => map.length)).toEqual(look.tokens.map(() => 576));
  // Nine local crops and the global one that reaches the answer.
  expect(look.inViews!.maps.map((map) => map.length)).toEqual(look.tokens.map(() => 10 * 576));
});

test('a file for the lens that cannot be written is told before a model is loaded', async () => {
  const run = await ask('What is this?', '--lens', join(folder, 'no such folder', 'lens.json'));
  expect(run.code).toBe(1);
  expect(run.stdout).toBe('');
  expect(run.stderr).toMatch(/^inf-llava: .*no such folder.*\n$/);
});

test('a photo comes from standard input as well', async () => {
  const args = ['ask', '-', 'What is this?', '--model', model, '--max-tokens', '2', '--json'];
  const run = await runCli(args, { input: readFileSync(photo) });
  const { photo: facts } = JSON.parse(run.stdout) as { photo: { sha256: string } };
  expect(facts.sha256).toBe(createHash('sha256').update(readFileSync(photo)).digest('hex'));
});

test('a region of the photo is a picture of its own', async () => {
  const args = ['--json', '--temperature', '0'];
  const whole = await ask('What is this?', ...args);
  const region = await ask('What is this?', '--region', '100,50,336,300', ...args);
  expect(region.code, region.stderr).toBe(0);
  expect(JSON.parse(region.stdout).answer).not.toBe(JSON.parse(whole.stdout).answer);
  const outside = await ask('What is this?', '--region', '1000,50,336,300');
  expect(outside.code).toBe(2);
  expect(outside.stderr).toContain('1200 x 800');
});

test('Ctrl-C keeps what was written and ends with one line', async () => {
  // The command stands still after the first piece of the answer until it has been interrupted.
  const hold = join(folder, 'hold');
  writeFileSync(hold, 'output');
  const run = await runCli(
    [
      'ask',
      photo,
      'Tell me everything.',
      '--model',
      await goldenPackage(),
      '--max-tokens',
      '1000',
      '--temperature',
      '0',
    ],
    {
      env: {
        [holdVariable]: hold,
        NODE_OPTIONS: `--import=${new URL('../support/held-output.ts', import.meta.url).href}`,
      },
      interruptAt: ({ stdout }) => stdout !== '',
      afterInterrupt: () => rmSync(hold),
    },
  );
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/[A-Za-z]/);
  expect(run.stderr).toContain('Interrupted');
});

test('a conversation that cannot fit is refused before the picture is read, with the numbers', async () => {
  const run = await ask('What is this?', '--context', '600');
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/needs \d+ tokens; the context holds 6\d\d/);
});

test('so is a question of 32,000 characters', async () => {
  const run = await ask('why '.repeat(8_000));
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/needs \d+ tokens; the context holds \d+/);
});

test('crops writes the square, all 18 crops and the overlay', async () => {
  const out = join(folder, 'crops');
  const run = await runCli(['crops', photo, '--out', out]);
  expect(run.code, run.stderr).toBe(0);
  const nine = Array.from({ length: 9 }, (_, index) => index + 1);
  const names = ['square.png', 'overlay.png', ...nine.flatMap((k) => [`local-${k}.png`, `global-${k}.png`])];
  expect(readdirSync(out).toSorted()).toEqual(names.toSorted());
});

test('crops takes the address of a file, as file managers pass it', async () => {
  const named = join(folder, 'a photo of 100 %.png');
  cpSync(photo, named);
  const run = await runCli(['crops', pathToFileURL(named).href, '--out', join(folder, 'by-address')]);
  expect(run.code, run.stderr).toBe(0);
  const elsewhere = await runCli([
    'crops',
    'file://other.example/a.png',
    '--out',
    join(folder, 'by-address'),
  ]);
  expect(elsewhere.code).toBe(2);
});

test('crops says that its folder is a file', async () => {
  const out = join(folder, 'no-folder');
  writeFileSync(out, 'mine');
  const run = await runCli(['crops', photo, '--out', out, '--json']);
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'not-writable' } });
  expect(run.stderr).toContain('there is a file of that name');
  expect(readFileSync(out, 'utf8')).toBe('mine');
});

test('words of a manifest do not steer the terminal', async () => {
  const steering = join(folder, 'steering');
  cpSync(model, steering, { recursive: true });
  const path = join(steering, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { source: object };
  const source = { ...manifest.source, licence: 'MIT\u001b]0;owned\u0007\ncontent  \u009b2J' };
  writeFileSync(path, JSON.stringify({ ...manifest, source }));
  const told = await runCli(['inspect', steering]);
  expect(told.code, told.stderr).toBe(0);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(told.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(told.stdout).toContain('MIT\\u001b]0;owned\\u0007\\u000acontent');
  const json = await runCli(['inspect', steering, '--json']);
  // eslint-disable-next-line no-control-regex -- as above
  expect(json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(JSON.parse(json.stdout)).toMatchObject({ source });
});

test('inspect tells what a package holds, and finds a changed byte', async () => {
  const run = await runCli(['inspect', model, '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ views: { n: 3, tile: 336 }, language: { vocabulary: 458 } });

  const changed = join(folder, 'changed');
  cpSync(model, changed, { recursive: true });
  const data = readFileSync(join(changed, 'vision.onnx.data'));
  data[1000]! ^= 1;
  writeFileSync(join(changed, 'vision.onnx.data'), data);
  const bad = await runCli(['inspect', changed]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain('vision.onnx.data');
});

test('convert does not overwrite without --force', async () => {
  const refused = await runCli([...convert, '--out', model]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('--force');
  const forced = await runCli([...convert, '--out', model, '--force']);
  expect(forced.code, forced.stderr).toBe(0);
});

test('wrong usage exits with 2 and says what is right', async () => {
  const wrong = [
    [],
    ['ask', photo],
    ['ask', photo, 'Hm?', '--model', model, '--temperature', 'warm'],
    ['ask', photo, 'Hm?', '--model', model, '--region', '1,2,3'],
    ['convert', golden.checkpoint, '--out', join(folder, 'x'), '--vision', 'f64'],
    ['crops', photo, '--out', join(folder, 'x'), '--n', '0'],
    ['nonsense'],
    ['aks', photo, 'Hm?'],
    ['models', 'verify', 'nothing', '--fast'],
  ];
  for (const args of wrong) {
    const run = await runCli(args);
    expect(run.code, args.join(' ')).toBe(2);
    // One voice and one line, whoever noticed it; without a command at all, the help.
    expect(run.stderr, args.join(' ')).toMatch(
      args.length > 0 ? /^inf-llava: [^\n]+\.\n$/ : /^Usage: inf-llava/,
    );
    expect(run.stdout, args.join(' ')).toBe('');
  }
  expect((await runCli(['aks'])).stderr).toContain('(Did you mean ask?)');
  const json = await runCli(['ask', photo, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'wrong-usage' } });
  expect((await runCli(['--help'])).code).toBe(0);
});

test('a failed job exits with 1, one line on stderr, and JSON on request', async () => {
  const notAPhoto = join(folder, 'letter.jpg');
  writeFileSync(notAPhoto, 'Dear reader,\n');
  const run = await runCli(['ask', notAPhoto, 'What is this?', '--model', model, '--json']);
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'photo-unsupported' } });
  expect(run.stderr.trimEnd().split('\n').at(-1)).toContain('letter.jpg');

  const nowhere = await runCli(['ask', photo, 'What is this?', '--model', join(folder, 'nowhere')]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toContain('nowhere');
});

test('other dimensions, seeds and n = 2 go through convert, trace and ask', async () => {
  const odd = {
    seed: 5,
    n: 2,
    imageSize: 70,
    patchSize: 10,
    visionWidth: 48,
    visionHeads: 3,
    languageWidth: 80,
    languageHeads: 5,
    keyValueHeads: 1,
    projector: 'mlp3x_gelu',
    tower: 'bin',
    layout: 'safetensors',
    dtype: 'f16',
  } as const;
  mkdirSync(join(folder, 'odd'));
  const { checkpoint, clip } = makeRandomCheckpoint(join(folder, 'odd'), odd);
  const out = join(folder, 'odd-package');
  const converted = await runCli(['convert', checkpoint, '--clip', clip, '--out', out, '--llm', 'f16']);
  expect(converted.code, converted.stderr).toBe(0);

  const file = join(folder, 'odd.safetensors');
  const traced = await runCli(['trace', photo, 'What?', '--model', out, '--out', file, '--max-tokens', '3']);
  expect(traced.code, traced.stderr).toBe(0);
  expect(readSafetensors(file).get('local_features')!.shape).toEqual([4, 49, 48]);
  expect(readSafetensors(file).get('embeddings')!.shape).toEqual([49, 80]);

  const asked = await runCli(['ask', photo, 'What?', '--model', out, '--max-tokens', '3', '--json']);
  expect(JSON.parse(asked.stdout)).toMatchObject({ tokens: { image: 49 } });
});

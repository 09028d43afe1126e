import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { projectRoot } from '../../main/build.ts';
import { drawScene } from '../../native-models/demo/scenes/draw-scene.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { heldOut } from '../eval/held-out.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli } from './support.ts';

const demo = join(projectRoot, 'native-models', 'demo', 'package');
const folder = temporaryFolder();
const results = join(folder, 'results');

interface Report {
  readonly questions: number;
  readonly of: number;
  readonly packages: readonly {
    readonly all: { readonly count: number; readonly score: number; readonly interval: readonly number[] };
    readonly categories: Readonly<Record<string, { readonly count: number }>>;
    readonly yesNo?: { readonly precision: number };
    readonly faults: number;
    readonly file: string;
  }[];
  readonly difference?: { readonly difference: number; readonly p: number; readonly count: number };
}

const evaluate = async (...args: string[]): Promise<Report> => {
  const { code, stdout, stderr } = await runCli([
    'eval',
    ...args,
    '--threads',
    '1',
    '--results',
    results,
    '--json',
  ]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
};

let scenes: Awaited<ReturnType<typeof heldOut>>['scenes'];
/** PNG files of the first two held-out scenes. */
const pictures: string[] = [];
beforeAll(async () => {
  ({ scenes } = await heldOut());
  for (const [at, { scene }] of scenes.slice(0, 2).entries()) {
    const { width, height, data } = drawScene(scene, 336);
    const path = join(folder, `scene-${at}.png`);
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path);
    pictures.push(path);
  }
});

/** Single questions about a scene whose answer has to hold a word. */
const questionsOf = (scene: number) =>
  scenes[scene]!.conversations.flatMap(({ kind, turns }) => {
    const [turn] = turns;
    const must = turns.length === 1 ? turn!.must : undefined;
    return must === undefined ? [] : [{ question: turn!.question, answers: [must[0]!], category: kind }];
  });

describe('questions of one’s own', () => {
  const bench = join(folder, 'mine.jsonl');
  const asked = [bench, '--metric', 'contains', '--model', demo];

  test('are asked, judged and counted; what was asked before is not asked again', async () => {
    const lines = [
      ...questionsOf(0)
        .slice(0, 3)
        .map((line) => ({ photo: 'scene-0.png', ...line })),
      { photo: 'scene-1.png', ...questionsOf(1)[0]! },
      { photo: 'nowhere.png', question: 'What is it?', answers: ['x'], category: 'lost' },
    ];
    writeFileSync(bench, lines.map((line) => JSON.stringify(line)).join('\n'));
    const two = await evaluate(...asked, '--limit', '2');
    expect(two).toMatchObject({ questions: 2, of: 5 });
    const { file } = two.packages[0]!;
    const before = readFileSync(file, 'utf8');
    // What a killed program leaves of a line.
    writeFileSync(file, `${before}{"index":"3","answ`);
    const all = await evaluate(...asked);
    expect(all).toMatchObject({ questions: 5, of: 5 });
    const [{ faults, categories, all: figures }] = all.packages as [Report['packages'][number]];
    expect(faults).toBe(1);
    expect(categories['lost']).toMatchObject({ count: 1, score: 0 });
    // The demo model knows drawn scenes: most of four single questions about two of them.
    expect(figures.score).toBeGreaterThanOrEqual(2 / 5);
    expect(figures.interval[0]).toBeLessThan(figures.score);
    const after = readFileSync(file, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(after.trim().split('\n')).toHaveLength(1 + 5);
    expect(readdirSync(results)).toHaveLength(1);
  });

  test('two packages are compared question by question', async () => {
    const { difference, packages } = await evaluate(...asked, '--compare', demo);
    expect(packages).toHaveLength(2);
    expect(difference).toMatchObject({ count: 5, difference: 0, p: 1 });
  });

  test('as text: the figures with their intervals', async () => {
    const { stdout } = await runCli(['eval', ...asked, '--results', results, '--threads', '1']);
    expect(stdout).toMatch(/on mine\.jsonl, 5 questions, contains \(95 % interval\):\n {2}all +\d+\.\d %/);
    expect(stdout).toContain('1 photos could not be read');
  });
});

test('POPE as VLMEvalKit has it: pictures in base64 and by the row that has them, precision and recall', async () => {
  const base64 = readFileSync(pictures[0]!).toString('base64');
  const bench = join(folder, 'POPE.tsv');
  writeFileSync(
    bench,
    `index\timage\tquestion\tcategory\tanswer\n0\t${base64}\tIs there a star?\tadversarial\tYes\n1\t0\tIs there a sign?\trandom\tNo\n`,
  );
  const { packages } = await evaluate(bench, '--model', demo, '--max-tokens', '8');
  expect(packages[0]).toMatchObject({ all: { count: 2 }, faults: 0 });
  expect(Object.keys(packages[0]!.categories)).toEqual(['adversarial', 'random']);
  expect(packages[0]!.yesNo!.precision).toBeGreaterThanOrEqual(0);
});

test('MM-Vet’s answers are written as its evaluator takes them', async () => {
  const bench = join(folder, 'MMVet.tsv');
  writeFileSync(
    bench,
    'index\timage_path\tquestion\tanswer\n0\tscene-0.png\tWhat does the picture show?\tx\n',
  );
  const answers = join(folder, 'answers.json');
  await evaluate(bench, '--model', demo, '--answers', answers);
  const written = JSON.parse(readFileSync(answers, 'utf8')) as Record<string, string>;
  expect(Object.keys(written)).toEqual(['v2_0']);
  expect(written['v2_0']).toContain('there is a');
});

test('a file of unknown kind, and one that is not there, are told in one line', async () => {
  const bench = join(folder, 'strange.tsv');
  writeFileSync(bench, 'index\timage\tquestion\n');
  for (const [path, word] of [
    [bench, '--metric'],
    [join(folder, 'none.tsv'), 'no such file'],
  ] as const) {
    const { code, stderr } = await runCli(['eval', path, '--model', demo]);
    expect(code).not.toBe(0);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(word);
  }
});

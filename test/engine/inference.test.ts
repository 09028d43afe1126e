import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImagesMethods, ModelPicture } from '../../native-models/engine/images-protocol.ts';
import type {
  AnswerFacts,
  AnswerProgress,
  EncodedStep,
  InferenceMethods,
  LoadRequest,
  PrefillProgress,
} from '../../native-models/engine/inference-protocol.ts';
import type { PicturePiece } from '../../native-models/families/picture-piece.ts';
import type { Question, Turn } from '../../native-models/language/prompt.ts';
import { publishedSeeing } from '../../native-models/families/dual/published.ts';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import { goldenCase } from '../support/golden.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { PacedAnswers } from '../support/paced-answers.ts';
import { greedy } from '../support/greedy.ts';

const golden = goldenCase('tower-inside').folder;
const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as {
  question: string;
  ids_before_image: number[];
  ids_after_image: number[];
};
const seeing = publishedSeeing();
const imageTokens = 576;
const passes = 10;

let folder: string;
let request: LoadRequest;
let square: ModelPicture;
let other: ModelPicture;
let inference: Supervisor<InferenceMethods>;

const answers = new PacedAnswers();
const start = () => new Supervisor<InferenceMethods>('inference', () => answers.startWorker('inference'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inf-llava-inference-'));
  request = {
    folder: await goldenPackage(),
    gpu: 'off',
    provider: 'cpu',
    // More threads than free cores wait for one another.
    threads: 1,
    contextTokens: null,
    cacheFolder: join(folder, 'cache'),
  };
  const images = new Supervisor<ImagesMethods>('images', () => forkPort(workerPath('images')));
  const squareOf = async (
    name: string,
    region: { x: number; y: number; width: number; height: number } | null,
  ) => {
    const path = join(golden, name);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const photo = { source: path, sha256 } as const;
    return images.call('modelPicture', { photo, region, seeing });
  };
  square = await squareOf('preprocessed.png', null);
  other = await squareOf('preprocessed.png', { x: 100, y: 50, width: 400, height: 300 });
  images.dispose();
  inference = start();
});

afterAll(async () => {
  inference.dispose();
  answers.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Most tests share a process; those that ask for something it has computed already, or load otherwise, begin a new one. */
async function load(changes: Partial<LoadRequest> | null = null) {
  if (changes) inference.stop();
  return inference.call('load', { ...request, ...changes });
}

const shown = ({ key, picture, plan }: ModelPicture) => ({ key, picture, plan });

async function encode(picture: ModelPicture, options: { keep?: boolean; signal?: AbortSignal } = {}) {
  const steps: EncodedStep[] = [];
  const result = await inference.call(
    'encode',
    { ...shown(picture), keep: options.keep ?? false },
    { signal: options.signal, onProgress: (step) => steps.push(step) },
  );
  return { ...result, steps };
}

async function answer(
  asked: Question<string>,
  options: {
    turns?: Turn<string>[];
    signal?: AbortSignal;
    maxTokens?: number;
    onText?: (text: string) => void;
  } = {},
) {
  let text = '';
  const prefills: PrefillProgress[] = [];
  const onProgress = (progress: AnswerProgress) => {
    if (progress.stage === 'prefill') prefills.push(progress.prefill);
    else {
      text += progress.text;
      options.onText?.(progress.text);
    }
  };
  const result: AnswerFacts = await inference.call(
    'answer',
    {
      prompt: { system: null, turns: options.turns ?? [], question: asked },
      sampling: greedy(options.maxTokens ?? 16),
    },
    { signal: options.signal, onProgress },
  );
  return { ...result, text, prefills };
}

const question = (text: string, ...pictures: ModelPicture[]): Question<string> => ({
  text,
  pictures: pictures.map(({ key }) => key),
});

test('a photo becomes embeddings crop by crop, and a question about it an answer', async () => {
  expect(await load()).toMatchObject({ contextTokens: 2048, device: 'CPU, 1 thread' });
  const encoded = await encode(square);
  expect(encoded.fromCache).toBe(false);
  const crops = encoded.steps.filter((step) => step.stage === 'crop');
  expect(crops).toHaveLength(passes);
  expect(crops.filter(({ kind }) => kind === 'global').map(({ index }) => index)).toEqual([4]);
  expect(encoded.steps.at(-1)).toEqual({ stage: 'enhance' });

  const first = await answer(question(expected.question, square));
  const textTokens = expected.ids_before_image.length + expected.ids_after_image.length;
  expect(first.tokens).toEqual({ text: textTokens, image: imageTokens, generated: 16 });
  expect(first.finish).toBe('length');
  expect(first.text).not.toBe('');
  // Greedy: the same question has the same answer.
  expect((await answer(question(expected.question, square))).text).toBe(first.text);
});

test('a second question prefills only its own tokens', async () => {
  await load();
  await encode(square);
  const first = question('What is written on the sign?', square);
  const { text } = await answer(first);
  const { prefills } = await answer(question('And below it?'), {
    turns: [{ question: first, answer: text }],
  });
  const [before] = prefills;
  expect(before!.total - before!.done).toBeLessThan(60);
  expect(before!.done).toBeGreaterThan(imageTokens);
});

test('an answer written again starts from its question; an edited question from the edit', async () => {
  await load();
  await encode(square);
  const first = question('What is written on the sign?', square);
  const turns = [{ question: first, answer: (await answer(first)).text }];
  await answer(question('And below it?'), { turns });
  const again = await answer(question('And below it?'), { turns });
  expect(again.prefills[0]!.total - again.prefills[0]!.done).toBe(1);
  const edited = await answer(question('And above it?'), { turns });
  expect(edited.prefills[0]!.total - edited.prefills[0]!.done).toBeLessThan(30);
});

test('a photo that was prefilled costs its question only, also after another photo', async () => {
  await load({});
  await encode(square);
  await encode(other);
  const prefill = async (picture: ModelPicture) =>
    (await inference.call('prefill', { system: null, picture: picture.key })).computed;
  expect(await prefill(square)).toBeGreaterThan(imageTokens);
  expect(await prefill(square)).toBe(0);
  // The system prompt in front is the same.
  expect(await prefill(other)).toBe(imageTokens);
  expect(await prefill(square)).toBe(0);
  const { prefills } = await answer(question('What is it?', square));
  expect(prefills[0]!.total - prefills[0]!.done).toBeLessThan(40);
});

test('a picture of a later turn comes in beside the first', async () => {
  await load();
  await encode(square);
  await encode(other);
  const first = question('What is it?', square);
  const { text } = await answer(first);
  const { tokens } = await answer(question('And this part?', other), {
    turns: [{ question: first, answer: text }],
  });
  expect(tokens.image).toBe(2 * imageTokens);
});

test('embeddings that are kept are there in the next process, and no pass of the encoder is run', async () => {
  await load({});
  expect(await inference.call('hasPicture', { key: square.key })).toBe(false);
  await encode(square, { keep: true });
  const { text } = await answer(question('What is it?', square));

  await load({});
  expect(await inference.call('hasPicture', { key: square.key })).toBe(true);
  const again = await encode(square);
  expect(again).toMatchObject({ fromCache: true, steps: [] });
  expect((await answer(question('What is it?', square))).text).toBe(text);
});

test('embeddings that are not to be kept touch no disk', async () => {
  const cacheFolder = join(folder, 'untouched');
  await load({ cacheFolder });
  await encode(square);
  await expect(readdir(cacheFolder)).rejects.toMatchObject({ code: 'ENOENT' });
  await inference.call('keepPicture', { key: square.key });
  expect(await readdir(cacheFolder)).toHaveLength(1);
});

test('encoding stops between two crops, and the process goes on', async () => {
  await load({ cacheFolder: null });
  const controller = new AbortController();
  const steps: EncodedStep[] = [];
  answers.hold('crop');
  const cancelled = inference.call(
    'encode',
    { ...shown(square), keep: false },
    {
      signal: controller.signal,
      onProgress: (step) => {
        steps.push(step);
        controller.abort();
      },
    },
  );
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(steps.length).toBeLessThan(passes);
  expect((await encode(square)).fromCache).toBe(false);
});

test('a stopped answer keeps what was written, and the next question follows it', async () => {
  await load({});
  await encode(square);
  const controller = new AbortController();
  answers.hold();
  const first = question('What is it?', square);
  const stopped = await answer(first, {
    signal: controller.signal,
    maxTokens: 1000,
    onText: () => controller.abort(),
  });
  expect(stopped.finish).toBe('cancelled');
  expect(stopped.text).not.toBe('');
  expect(stopped.tokens.generated).toBeLessThan(1000);
  const next = await answer(question('Go on.'), { turns: [{ question: first, answer: stopped.text }] });
  expect(next.prefills[0]!.total - next.prefills[0]!.done).toBeLessThan(40);
});

test('a conversation that does not fit is refused before any work, with the numbers', async () => {
  await load({ contextTokens: 700 });
  await encode(square);
  await expect(answer(question('Tell me more. '.repeat(100), square))).rejects.toMatchObject({
    code: 'context-overflow',
    details: { available: 700, needed: expect.any(Number) },
  });
  const { finish } = await answer(question('What is it?', square), { maxTokens: 1000 });
  expect(finish).toBe('context');
});

test('several pictures in one question are refused where the model was shown one at a time', async () => {
  await load({});
  await encode(square);
  await encode(other);
  const refusal = { code: 'too-many-pictures', details: { given: 2 } };
  await expect(answer(question('Which is brighter?', square, other))).rejects.toMatchObject(refusal);
  const places = [{ rows: imageTokens }];
  const counted = { system: null, turns: [], question: { text: 'Which?', pictures: [places, places] } };
  await expect(inference.call('countTokens', counted)).rejects.toMatchObject(refusal);
});

test('the context gauge counts pictures, earlier turns and the draft as a question would take them', async () => {
  await load({});
  type Places = readonly PicturePiece[];
  const count = (pictures: Places[], text: string, turns: Turn<Places>[] = []) =>
    inference.call('countTokens', { system: null, turns, question: { text, pictures } });
  const picture = [{ rows: imageTokens }];
  const empty = await count([picture], '');
  expect(empty.draft).toBe(0);
  const asked = await count([picture], expected.question);
  const textTokens = expected.ids_before_image.length + expected.ids_after_image.length;
  // One position is left for the answer.
  expect(asked.used + asked.draft).toBe(textTokens + imageTokens + 1);
  expect(asked.draft).toBeGreaterThan(0);
  const later = await count([], 'And?', [
    { question: { text: expected.question, pictures: [picture] }, answer: 'A word.' },
  ]);
  expect(later.used).toBeGreaterThan(asked.used + asked.draft);
});

test('kill -9 in the middle of an answer is reported at once, and the next request works', async () => {
  await load();
  await encode(square, { keep: true });
  answers.hold();
  let text = '';
  const dying = answer(question('What is it?', square), {
    maxTokens: 1000,
    onText: (piece) => {
      if (text === '') process.kill(inference.pid!, 'SIGKILL');
      text += piece;
    },
  });
  await expect(dying).rejects.toMatchObject({ code: 'process-died', details: { process: 'inference' } });
  answers.release();
  await load();
  expect((await encode(square)).fromCache).toBe(true);
  expect((await answer(question('What is it?', square))).finish).toBe('length');
});

test('a package that is damaged is refused with what is wrong, and another can be loaded then', async () => {
  await expect(load({ folder })).rejects.toMatchObject({
    code: 'package-invalid',
  });
  expect(await load()).toMatchObject({ contextTokens: 2048 });
});

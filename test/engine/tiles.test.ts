import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import type { ImagesMethods, ModelPicture } from '../../native-models/engine/images-protocol.ts';
import type { EncodedStep, InferenceMethods } from '../../native-models/engine/inference-protocol.ts';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import { familyGolden, seeingOf } from '../support/family-golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { greedy } from '../support/greedy.ts';

/** The two processes with a model whose pictures are of any number of views. */
const { folder: golden, expected, tensors } = familyGolden('smolvlm-a');
const folder = temporaryFolder();
const start = () => new Supervisor<InferenceMethods>('inference', () => forkPort(workerPath('inference')));
const rows = tensors.get('embeddings')!.shape[0]!;

let whole: ModelPicture;
let square: ModelPicture;
let inference: Supervisor<InferenceMethods>;

beforeAll(async () => {
  const pair = (name: string) => join(golden, 'pair', name);
  await importPair({
    ...{ mmproj: pair('mmproj.gguf'), language: pair('language.gguf') },
    ...{ out: join(folder, 'model'), vision: 'f32' },
  });
  const images = new Supervisor<ImagesMethods>('images', () => forkPort(workerPath('images')));
  const path = join(golden, 'photo.png');
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const photo = { source: path, sha256 } as const;
  const seeing = seeingOf(expected);
  whole = await images.call('modelPicture', { photo, region: null, seeing });
  const region = { x: 10, y: 20, width: 100, height: 100 };
  square = await images.call('modelPicture', { photo, region, seeing });
  images.dispose();
  inference = start();
  await load();
});
afterAll(() => inference.dispose());

const load = () =>
  inference.call('load', {
    ...{ folder: join(folder, 'model'), gpu: 'off', provider: 'cpu', threads: 1, contextTokens: 2048 },
    cacheFolder: join(folder, 'cache'),
  });

async function encode({ key, picture, plan }: ModelPicture) {
  const views: string[] = [];
  const onProgress = (step: EncodedStep) => {
    if (step.stage === 'crop') views.push(`${step.kind} ${step.index}`);
  };
  const result = await inference.call('encode', { key, picture, plan, keep: true }, { onProgress });
  return { ...result, views };
}

async function ask({ key }: ModelPicture) {
  const question = { text: expected.question, pictures: [key] };
  let text = '';
  const answer = await inference.call(
    'answer',
    { prompt: { system: null, turns: [], question }, sampling: greedy(16) },
    { onProgress: (progress) => (text += progress.stage === 'text' ? progress.text : '') },
  );
  return { ...answer, text };
}

test('a photo of 2 x 4 tiles and a square part of it become as many embeddings as their plans say', async () => {
  expect(whole.plan.rows).toBe(rows);
  expect(square.plan.grid).toEqual({ columns: 4, rows: 4 });
  const { views } = await encode(whole);
  expect(views).toEqual([...Array.from({ length: 8 }, (_, index) => `local ${index}`), 'global 0']);
  await encode(square);
  const [first, second] = [await ask(whole), await ask(square)];
  expect(first.tokens.image).toBe(rows);
  expect(first.text.trim()).toBe(expected.answer.trim());
  expect(second.tokens.image).toBe(square.plan.rows);
});

test('the gauge counts them before anything is encoded', async () => {
  const count = async ({ plan: { pieces } }: ModelPicture) => {
    const question = { text: expected.question, pictures: [pieces] };
    const { used, draft } = await inference.call('countTokens', { system: null, turns: [], question });
    return used + draft;
  };
  const promptLength = tensors.get('prompt_ids')!.shape[0]!;
  expect(await count(whole)).toBe(promptLength + 1);
  expect(await count(square)).toBeGreaterThan(promptLength);
});

test('in a new process they are there again, with their places in the prompt', async () => {
  inference.stop();
  await load();
  expect(await inference.call('hasPicture', { key: whole.key })).toBe(true);
  expect((await encode(whole)).views).toEqual([]);
  expect((await ask(whole)).text.trim()).toBe(expected.answer.trim());
});

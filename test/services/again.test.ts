import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import { sceneTruth } from '../../native-models/demo/scenes/scene-truth.ts';
import { chooseScene } from '../../native-models/demo/scenes/choose-scene.ts';
import { defaultSettings, type Comparison, type MessageId, type Way } from '../../preload/contract/api.ts';
import type { Services } from '../../main/services/services.ts';
import { familyGolden } from '../support/family-golden.ts';
import { appRoot, newDataFolder, startProgram, testFolder, Watcher } from './support/program.ts';

const demo = { folder: join(appRoot, 'native-models', 'demo', 'package'), kind: 'demo' } as const;
const ends = ['done', 'failed', 'stopped'];

/** Asks in each of these ways of the model in use, and waits for the end. */
async function askAgain(services: Services, messageId: MessageId, ways: readonly Way[]): Promise<Comparison> {
  const watcher = new Watcher(services);
  const [own] = await services.api.listPackages();
  const asked = ways.map((way) => ({ packageId: own!.id, way }));
  const { id } = await services.api.askAgain({ messageId, asked });
  return watcher.until((event) =>
    event.type === 'comparison' &&
    event.comparison.id === id &&
    event.comparison.sides.every(({ state }) => ends.includes(state))
      ? event.comparison
      : undefined,
  );
}

async function answered(services: Services, photoId: string, text: string, isPrivate = false) {
  const watcher = new Watcher(services);
  const { id } = await services.api.createConversation({ photoIds: [photoId], isPrivate });
  const [, answer] = await services.api.sendMessage({ conversationId: id, text, pictures: [] });
  return watcher.finished(answer.id);
}

test('a scene asked again: all gives the same words; a sign that is covered, or a part without it, is not read', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder, bundledPackages: [demo] });
  const sampling = { ...defaultSettings.sampling, temperature: 0 };
  await services.api.changeSettings({ sampling });
  const { photo } = (await services.api.listScenes())[0]!;
  const truth = await services.api.revealScene({ photoId: photo.id });
  const sign = truth.questions.find(({ question }) => /sign say/.test(question))!;
  const { place } = truth.things.find(({ name }) => name.includes('"'))!;
  const answer = await answered(services, photo.id, sign.question, true);
  const before = await files(dataFolder);
  const { x, y, width, height } = {
    x: Math.floor(place.x),
    y: Math.floor(place.y),
    width: Math.ceil(place.width) + 1,
    height: Math.ceil(place.height) + 1,
  };
  const away = { x: 0, y: y > 672 ? 0 : 900, width: 1344, height: 444 };
  const { sides, question } = await askAgain(services, answer.id, [
    { kind: 'all' },
    { kind: 'overview' },
    { kind: 'covered', photoId: photo.id, regions: [{ x, y, width, height }] },
    { kind: 'part', photoId: photo.id, region: away },
  ]);
  expect(question).toBe(sign.question);
  expect(sides.map(({ state, error }) => [state, error])).toEqual(sides.map(() => ['done', null]));
  const [all, , covered, part] = sides;
  expect(all!.text).toBe(answer.text);
  const known = sceneTruth(chooseScene(Number(photo.id.split('-')[1]), 336)).questions.find(
    (each) => each.question === sign.question,
  )!;
  expect(isRight(answer.text, known)).toBe(true);
  expect([covered!, part!].map(({ text }) => isRight(text, known))).toEqual([false, false]);
  for (const { tokens, seconds } of sides) {
    expect(tokens).toMatchObject({ image: 64 });
    expect(seconds.answer).toBeGreaterThan(0);
  }
  // Of a private conversation it writes nothing.
  expect(await files(dataFolder)).toEqual(before);
});

test('where the gallery says that detail decides, the sign is read with it and not without', async () => {
  const services = await startProgram({ bundledPackages: [demo] });
  await services.api.changeSettings({ sampling: { ...defaultSettings.sampling, temperature: 0 } });
  const decided = (await services.api.listScenes()).filter(({ questions }) => questions[0]!.needsDetail);
  expect(decided.length).toBe(2);
  for (const { photo, questions } of decided) {
    const answer = await answered(services, photo.id, questions[0]!.en, true);
    const { sides } = await askAgain(services, answer.id, [{ kind: 'all' }, { kind: 'overview' }]);
    const turns = sides.map(({ text }) => ({ question: questions[0]!.en, answer: text }));
    expect(await services.api.gradeAnswers({ photoId: photo.id, turns })).toEqual([true, false]);
  }
});

test('the overview of a model of tiles is its view of the whole alone; what is no part of the photo is refused', async () => {
  const golden = familyGolden('smolvlm-a');
  const folder = join(await testFolder(), 'package');
  const pair = (file: string) => join(golden.folder, 'pair', file);
  await importPair({
    mmproj: pair('mmproj.gguf'),
    language: pair('language.gguf'),
    out: folder,
    vision: 'f32',
  });
  const services = await startProgram({ bundledPackages: [{ folder, kind: 'own' }] });
  expect((await services.api.listPackages())[0]).toMatchObject({ hasOverview: true });
  const [photo] = await services.openPaths([join(golden.folder, 'photo.png')]);
  const answer = await answered(services, photo!.id, golden.expected.question);
  const { sides } = await askAgain(services, answer.id, [{ kind: 'all' }, { kind: 'overview' }]);
  const tokens = sides.map((side) => side.tokens?.image);
  expect(tokens).toEqual([answer.provenance!.tokens.image, expect.any(Number)]);
  expect(tokens[1]).toBeLessThan(tokens[0]! / 4);

  const outside = { x: photo!.width - 1, y: 0, width: 20, height: 20 };
  const way = { kind: 'part', photoId: photo!.id, region: outside } as const;
  const [own] = await services.api.listPackages();
  const asked = [{ packageId: own!.id, way }];
  await expect(services.api.askAgain({ messageId: answer.id, asked })).rejects.toMatchObject({
    code: 'wrong-usage',
  });
});

async function files(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

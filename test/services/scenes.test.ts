import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goldenPackage } from '../support/golden-package.ts';
import { newDataFolder, startProgram } from './support/program.ts';

const demo = async () => [{ folder: await goldenPackage(), kind: 'demo' as const }];

test('with a demo model the gallery has twelve different scenes with questions, drawn once', async () => {
  const services = await startProgram({ bundledPackages: await demo() });
  const scenes = await services.api.listScenes();
  expect(scenes.length).toBe(12);
  expect(new Set(scenes.map(({ photo }) => photo.sha256)).size).toBe(12);
  for (const { photo, questions } of scenes) {
    expect(photo).toMatchObject({ origin: 'scene', state: 'ready', format: 'png' });
    expect(photo.width).toBeGreaterThanOrEqual(1008);
    expect(questions.length).toBeGreaterThanOrEqual(3);
  }
  expect(await services.api.listScenes()).toEqual(scenes);
  expect(await services.api.listRecentPhotos()).toEqual([]);
});

test('with another model there are no scenes in the gallery', async () => {
  const services = await startProgram();
  expect(await services.api.listScenes()).toEqual([]);
});

test('a new scene is one that was not there before; its truth answers its questions', async () => {
  const services = await startProgram({ bundledPackages: await demo() });
  const [one, other] = [await services.api.drawScene({}), await services.api.drawScene({})];
  expect(one.photo.sha256).not.toBe(other.photo.sha256);
  const { photoId } = { photoId: one.photo.id };
  expect(await services.api.getScene({ photoId })).toEqual(one);
  const truth = await services.api.revealScene({ photoId });
  expect(truth.questions.map(({ question }) => question)).toEqual(one.questions.map(({ en }) => en));
  expect(truth.description).toBe(truth.questions.at(-1)!.answer);
});

test('new scenes have at least three shapes and a sign, all of them inside and told from the ground', async () => {
  const services = await startProgram({ bundledPackages: await demo() });
  for (let drawn = 0; drawn < 3; drawn++) {
    const { photo } = await services.api.drawScene({});
    const { things } = await services.api.revealScene({ photoId: photo.id });
    const signs = things.filter(({ name }) => name.startsWith('sign "'));
    expect(signs.length).toBeGreaterThanOrEqual(1);
    expect(things.length - signs.length).toBeGreaterThanOrEqual(3);
    for (const { place } of things) {
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.y).toBeGreaterThanOrEqual(0);
      expect(place.x + place.width).toBeLessThanOrEqual(photo.width);
      expect(place.y + place.height).toBeLessThanOrEqual(photo.height);
    }
  }
});

test('answers about a scene are graded by what is in it; of another question nothing is said', async () => {
  const services = await startProgram({ bundledPackages: await demo() });
  const { photo } = await services.api.drawScene({});
  const { questions } = await services.api.revealScene({ photoId: photo.id });
  const right = await services.api.gradeAnswers({ photoId: photo.id, turns: questions });
  expect(right).toEqual(questions.map(() => true));
  const wrong = questions.map(({ question }) => ({ question, answer: 'A purple elephant.' }));
  const other = { question: 'How do you do?', answer: 'Well.' };
  expect(await services.api.gradeAnswers({ photoId: photo.id, turns: [...wrong, other] })).toEqual([
    ...questions.map(() => false),
    null,
  ]);
});

test('a scene is known after a restart, with its questions and its truth', async () => {
  const dataFolder = await newDataFolder();
  const first = await startProgram({ dataFolder, bundledPackages: await demo() });
  const scene = await first.api.drawScene({});
  const truth = await first.api.revealScene({ photoId: scene.photo.id });
  await first.dispose();
  const second = await startProgram({ dataFolder, bundledPackages: await demo() });
  expect(await second.api.getScene({ photoId: scene.photo.id })).toMatchObject({
    questions: scene.questions,
  });
  expect(await second.api.revealScene({ photoId: scene.photo.id })).toEqual(truth);
});

test('a scene of a private conversation is written nowhere', async () => {
  const dataFolder = await newDataFolder();
  const services = await startProgram({ dataFolder, bundledPackages: await demo() });
  const { photo } = await services.api.drawScene({ isPrivate: true });
  expect(await services.api.getPhoto({ photoId: photo.id })).toMatchObject({ state: 'ready' });
  const uploads = await readdir(join(dataFolder, 'uploads')).catch(() => []);
  expect(uploads).toEqual([]);
});

test('a photo that is no scene has no truth', async () => {
  const services = await startProgram({ bundledPackages: await demo() });
  const [sample] = await services.api.listSamples();
  await expect(services.api.revealScene({ photoId: sample!.photo.id })).rejects.toMatchObject({
    code: 'wrong-usage',
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Looks, type LooksOptions } from '../../main/services/chat/looks.ts';
import { sceneLooks } from '../../native-models/demo/scenes/scene-looks.ts';
import { chooseScene } from '../../native-models/demo/scenes/choose-scene.ts';
import type { LookFile } from '../../main/services/export/look-file.ts';
import type { LookMaps, LookProgress, Rect } from '../../preload/contract/api.ts';
import type { AppError } from '../../preload/contract/errors.ts';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { familyGolden } from '../support/family-golden.ts';
import {
  appRoot,
  get,
  newDataFolder,
  startProgram,
  testFolder,
  testSettings,
  Watcher,
} from './support/program.ts';

const demo = { folder: join(appRoot, 'native-models/demo/package'), kind: 'demo' } as const;
const drawnPixels = 1344;

/** The program with the demo model, and an answer about the place of one thing in a drawn scene. */
async function answered(isPrivate: boolean, dataFolder: string) {
  const services = await startProgram({ dataFolder, bundledPackages: [demo] });
  const watcher = new Watcher(services);
  // What is said of a scene is checked of one that is always the same; what is written to disk, of a new one.
  const { photo } = isPrivate
    ? await services.api.drawScene({ isPrivate })
    : (await services.api.listScenes())[0]!;
  const [, seed, side] = /^scene-(\d+)-(\d+)$/.exec(photo.id)!;
  const looks = sceneLooks(chooseScene(Number(seed), Number(side)));
  const { id } = await services.api.createConversation({ photoIds: [photo.id], isPrivate });
  const asked = looks.find(({ kind }) => kind !== 'sign') ?? looks[0]!;
  const pictures = [{ photoId: photo.id, region: null }];
  const [, answer] = await services.api.sendMessage({ conversationId: id, text: asked.question, pictures });
  const message = await watcher.finished(answer.id);
  const scale = drawnPixels / Number(side);
  const { x, y, width, height } = asked.thing;
  const thing = { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
  return { services, watcher, conversationId: id, message, photo, thing };
}

/** The maps of all tokens added up. */
function summed({ maps, size, peaks }: LookMaps): number[] {
  const bytes = Buffer.from(maps, 'base64');
  return Array.from({ length: size }, (_, at) =>
    peaks.reduce((sum, peak, token) => sum + (bytes[token * size + at]! * peak) / 255, 0),
  );
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The cell, in photo pixels, in which the map is highest on a grid. */
function peakOf(look: LookMaps, { region, columns, rows, first } = look.pictures[0]!.grids[0]!): Rect {
  const sums = summed(look).slice(first, first + columns * rows);
  const at = sums.indexOf(Math.max(...sums));
  const [width, height] = [region.width / columns, region.height / rows];
  return {
    x: region.x + (at % columns) * width,
    y: region.y + Math.floor(at / columns) * height,
    width,
    height,
  };
}

const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test('a look one level deeper gives way to a covering test, whichever was asked for first', async () => {
  const { services, message, photo } = await answered(true, await newDataFolder());
  const input = { messageId: message.id };
  const covering = { ...input, photoId: photo.id, region: { x: 0, y: 0, width: 400, height: 400 } };
  await services.api.lookOf(input);
  const deeper = () => services.api.lookInViews(input).catch(({ code }: AppError) => code);
  const cover = () => services.api.coverAnswer(covering).then(({ drops }) => drops.length);
  const [length, ...others] = [message.provenance!.tokens.generated, deeper, cover, deeper];
  const [before, tried, after] = await Promise.all(others.map((ask) => ask()));
  expect(tried).toBeGreaterThanOrEqual(length);
  expect([before, after]).toEqual(['cancelled', 'cancelled']);
  expect(await services.api.lookInViews(input)).toMatchObject({ messageId: message.id });
});

test('the map of an answer about a place shows the thing; covered, the answer is less likely; both again after a restart', async () => {
  const dataFolder = await newDataFolder({ sampling: { ...testSettings.sampling, maxTokens: 40 } });
  const { services, message, photo, thing } = await answered(false, dataFolder);
  const input = { messageId: message.id };
  const look = await services.api.lookOf(input);
  expect(look.tokens.join('')).toBe(message.text);
  expect(look.trust!.near).toBeGreaterThan(look.trust!.uniform);
  expect(overlap(peakOf(look), thing)).toBe(true);
  // What was computed is not computed again.
  expect(await services.api.lookOf(input)).toBe(look);

  // One level deeper: either perspective has all of the map, and the densest place of a tile lies on the thing.
  const inViews = (await services.api.lookInViews(input))!;
  const { grids } = inViews.pictures[0]!;
  expect(grids.map(({ kind, index }) => `${kind} ${index}`)).toEqual([
    ...Array.from({ length: 9 }, (_, index) => `local ${index}`),
    'global 4',
  ]);
  const map = summed(inViews);
  const mass = grids.map(({ first, columns, rows }) => total(map.slice(first, first + columns * rows)));
  const all = total(summed(look));
  for (const half of [total(mass.slice(0, 9)), mass[9]!]) expect(Math.abs(half / all - 1)).toBeLessThan(0.02);
  const tile = grids[mass.indexOf(Math.max(...mass.slice(0, 9)))]!;
  expect(overlap(peakOf(inViews, tile), thing)).toBe(true);
  expect(await services.api.lookInViews(input)).toBe(inViews);

  const exported = await services.api.exportLook(input);
  const response = await get(services, exported!.url!);
  const file = (await response!.json()) as LookFile;
  const { packageName: name, packageSha256: sha256, tokens: written, heads, pictures } = look;
  expect(file).toMatchObject({ package: { name, sha256 }, answer: message.text, tokens: written, heads });
  expect(file.words.map(({ text }) => text).join('')).toBe(message.text);
  expect(file.pictures).toEqual([
    {
      photo: { name: photo.name, sha256: photo.sha256, width: photo.width, height: photo.height },
      region: null,
      grids: pictures[0]!.grids,
    },
  ]);
  expect(file.maps.map((map) => map.length)).toEqual(written.map(() => look.size));
  file.maps.forEach((numbers, at) => expect(Math.max(...numbers)).toBeCloseTo(look.peaks[at]!, 2));
  expect(file.inViews!.grids).toEqual(grids);
  expect(file.inViews!.maps.map((numbers) => numbers.length)).toEqual(written.map(() => inViews.size));

  const whole = (value: number) => Math.max(0, Math.floor(value));
  const [x, y] = [whole(thing.x), whole(thing.y)];
  const region = { x, y, width: whole(thing.width) + 2, height: whole(thing.height) + 2 };
  const { drops, tokens } = await services.api.coverAnswer({ ...input, photoId: photo.id, region });
  expect(tokens).toEqual(look.tokens);
  expect(drops.reduce((sum, drop) => sum + drop, 0)).toBeGreaterThan(1);
  await services.dispose();

  const again = await startProgram({ dataFolder, bundledPackages: [demo] });
  const { tokens: known, maps } = await again.api.lookOf(input);
  expect(known).toEqual(look.tokens);
  // The KV cache was computed anew, in batches of other lengths.
  const [one, other] = [maps, look.maps].map((text) => Buffer.from(text, 'base64'));
  expect(Math.max(...one!.map((value, at) => Math.abs(value - other![at]!)))).toBeLessThan(40);
  // The tower has read the photo again: its features are kept nowhere.
  const deeper = summed((await again.api.lookInViews(input))!);
  expect(total(deeper.map((value, at) => Math.abs(value - map[at]!))) / total(map)).toBeLessThan(0.2);
});

test('an answer of another model, or at another detail, is not looked for; nor is one that there is not', async () => {
  const dataFolder = await newDataFolder();
  const { services, message, watcher } = await answered(false, dataFolder);
  const { packageName } = message.provenance!;
  // One that was looked for before is not shown either.
  const before = await services.api.lookOf({ messageId: message.id });
  const [card] = await services.api.listPackages();
  await services.api.changeSettings({ detail: { [card!.id]: 3 } });
  await watcher.until((event) => (event.type === 'settings' ? true : undefined));
  const otherwise = { code: 'written-otherwise', details: { package: packageName } };
  await expect(services.api.lookOf({ messageId: message.id })).rejects.toMatchObject(otherwise);
  await expect(services.api.lookOf({ messageId: 'none' })).rejects.toMatchObject({ code: 'wrong-usage' });
  // Written again at that detail, it is looked for anew, though the words may be the same.
  const again = new Watcher(services);
  await services.api.regenerateMessage({ messageId: message.id });
  await again.finished(message.id);
  expect(await services.api.lookOf({ messageId: message.id })).not.toBe(before);
});

test('a look at a private answer writes nothing', async () => {
  const dataFolder = await newDataFolder();
  const { services, message, photo } = await answered(true, dataFolder);
  const files = async () =>
    Promise.all(
      (await readdir(dataFolder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(async ({ parentPath, name }) => {
          const path = join(parentPath, name);
          return [path, (await readFile(path)).toString('base64')];
        }),
    );
  const before = await files();
  await services.api.lookOf({ messageId: message.id });
  const region = { x: 0, y: 0, width: 400, height: 400 };
  await services.api.coverAnswer({ messageId: message.id, photoId: photo.id, region });
  await services.api.lookInViews({ messageId: message.id });
  expect((await services.api.exportLook({ messageId: message.id }))?.fileName).toMatch(/-lens\.json$/);
  expect(await files()).toEqual(before);
});

test('of two parts that overlap, those that show what is covered are read again, and the progress only goes on', async () => {
  const { folder } = familyGolden('internvl-b');
  const package_ = join(await testFolder(), 'package');
  const pair = (file: string) => join(folder, 'pair', file);
  await importPair({
    ...{ mmproj: pair('mmproj.gguf'), language: pair('language.gguf'), out: package_, vision: 'f32' },
  });
  const services = await startProgram({ bundledPackages: [{ folder: package_, kind: 'released' }] });
  const [photo] = await services.openPaths([join(folder, 'photo.png')]);
  const { id: photoId, width, height } = photo!;
  const watcher = new Watcher(services);
  const { id } = await services.api.createConversation({ photoIds: [photoId], isPrivate: true });
  const stretch = (from: number, to: number): Rect => {
    const x = Math.round(from * width);
    return { x, y: 0, width: Math.round(to * width) - x, height };
  };
  const pictures = [stretch(0, 0.6), stretch(0.4, 1)].map((region) => ({ photoId, region }));
  const asked = { conversationId: id, text: 'Which is brighter?', pictures };
  const [, { id: messageId }] = await services.api.sendMessage(asked);
  await watcher.finished(messageId);

  const covering = async (region: Rect) => {
    const told: LookProgress[] = [];
    const stop = services.events.subscribe(({ event }) => {
      if (event.type === 'look') told.push(event.progress);
    });
    const { drops } = await services.api.coverAnswer({ messageId, photoId, region });
    stop();
    const fractions = told.map(({ fraction }) => fraction!);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    return { drops, steps: told.filter(({ stage }) => stage === 'encode').length - 1 };
  };
  const [first, second, both] = [
    await covering(stretch(0.1, 0.3)),
    await covering(stretch(0.7, 0.9)),
    await covering(stretch(0.45, 0.55)),
  ];
  expect(both.steps).toBe(first.steps + second.steps);
  expect(first.steps).toBeGreaterThan(1);
  for (const { drops } of [first, second, both]) expect(Math.max(...drops.map(Math.abs))).toBeGreaterThan(0);
});

test('a look that is stopped ends with "cancelled"', async () => {
  const { services, message } = await answered(false, await newDataFolder());
  const look = services.api.lookOf({ messageId: message.id });
  await services.api.stopLook({ messageId: message.id });
  await expect(look).rejects.toMatchObject({ code: 'cancelled' });
});

test('pictures that the model lost to a new start are prepared again, three times at most', async () => {
  const pictures = [{ photoId: 'photo', region: null }];
  const covering = async (lost: number) => {
    let prepared = 0;
    const model = {
      package: { sha256: 'of the package', card: { id: 'package' } },
      call: async () => prepared > lost,
    };
    const options = {
      conversations: {
        asked: () => ({
          ...{ before: [], question: { text: 'What?', pictures }, tokenIds: null, isPrivate: true },
          answer: { provenance: { packageSha256: 'of the package' } },
        }),
      },
      engine: {
        schedule: (_lane: string, work: (given: typeof model) => Promise<unknown>) => ({
          result: work(model),
        }),
      },
      preparations: { ensure: async () => ({ key: `key ${++prepared}` }), seeingOf: () => null },
      images: { make: () => Promise.reject(new Error('It is covered.')) },
      settings: () => ({ detail: {} }),
      publish: () => undefined,
    };
    const looks = new Looks(options as unknown as LooksOptions);
    const region = { x: 0, y: 0, width: 1, height: 1 };
    const message = await looks
      .cover('answer', 'photo', region)
      .then(String, (error: Error) => error.message);
    return { prepared, message };
  };
  expect(await covering(0)).toEqual({ prepared: 1, message: 'It is covered.' });
  expect(await covering(2)).toEqual({ prepared: 3, message: 'It is covered.' });
  const message = 'The model has lost the pictures of the conversation.';
  expect(await covering(3)).toEqual({ prepared: 3, message });
});

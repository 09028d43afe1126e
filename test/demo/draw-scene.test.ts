import { expect, test } from 'vitest';
import { chooseScene } from '../../native-models/demo/scenes/choose-scene.ts';
import { drawScene } from '../../native-models/demo/scenes/draw-scene.ts';
import { sceneColours, shapeKinds, sizes } from '../../native-models/demo/scenes/scene.ts';
import { preprocessPhoto } from '../../native-models/image/preprocess.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { psnr, readImage } from '../image/pictures.ts';
import { heldOut } from '../eval/held-out.ts';

const view = { n: 3, tile: 112, padColour: [122, 116, 104], mode: 'trained' } as const;
const seeds = Array.from({ length: 300 }, (_, seed) => seed);
const scenes = seeds.map((seed) => chooseScene(seed, 336));

/** Drawn by the generator of the training, 336 a side, as the model saw such scenes. */
test.each([0, 8])('scene %i drawn large becomes what the training drew', async (number) => {
  const { scene } = (await heldOut()).scenes[number]!;
  const { width, height, data } = drawScene(scene, 1008);
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const { picture } = await preprocessPhoto(png, view);
  const reference = await readImage(new URL(`fixtures/scene-${number}.png`, import.meta.url).pathname);
  expect(psnr(picture, reference)).toBeGreaterThan(30);
});

test('a seed is always the same scene, and another seed another', () => {
  expect(chooseScene(5, 336)).toEqual(scenes[5]);
  expect(new Set(scenes.map((scene) => JSON.stringify(scene))).size).toBe(seeds.length);
});

test('scenes differ in everything the model was trained on', () => {
  const shapes = scenes.flatMap((scene) => scene.shapes);
  expect(new Set(shapes.map(({ kind }) => kind)).size).toBe(shapeKinds.length);
  expect(new Set(shapes.map(({ colour }) => colour)).size).toBe(Object.keys(sceneColours).length);
  expect(new Set(shapes.map(({ size }) => size)).size).toBe(Object.keys(sizes).length);
  expect(new Set(scenes.map(({ ground }) => ground.kind)).size).toBe(5);
  expect(new Set(scenes.map(({ signs }) => signs.length))).toEqual(new Set([0, 1, 2]));
});

test('nothing overlaps and nothing sticks out', () => {
  for (const { side, shapes, signs } of scenes) {
    const boxes = [
      ...shapes.map(({ x, y, r }) => [x - r, y - r, x + r, y + r] as const),
      ...signs.map(({ x, y, w, h }) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2] as const),
    ];
    for (const [index, a] of boxes.entries()) {
      expect(Math.min(...a)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...a)).toBeLessThanOrEqual(side);
      for (const b of boxes.slice(index + 1)) {
        expect(a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]).toBe(false);
      }
    }
  }
});

test('one local crop shows the whole text of a sign', () => {
  const tile = 336 / 3;
  for (const { text, x, y, height } of scenes.flatMap(({ signs }) => signs)) {
    const width = (text.length - 1 / 3) * height;
    expect(Math.floor((x - width / 2) / tile)).toBe(Math.floor((x + width / 2) / tile));
    expect(Math.floor((y - height / 2) / tile)).toBe(Math.floor((y + height / 2) / tile));
  }
});

test('letters can be read in the whole picture and not in a third of it', () => {
  for (const { height } of scenes.flatMap(({ signs }) => signs)) {
    expect(height).toBeGreaterThanOrEqual(14);
    expect(height / 3).toBeLessThan(7.5);
  }
});

import { expect, test } from 'vitest';
import { lookMaps, positionsOf } from '../../native-models/engine/lens.ts';
import { nearThing } from '../../native-models/engine/calibrate-lens.ts';
import { chooseScene } from '../../native-models/demo/scenes/choose-scene.ts';
import { sceneLooks } from '../../native-models/demo/scenes/scene-looks.ts';
import { sceneTruth } from '../../native-models/demo/scenes/scene-truth.ts';
import { imageEmbeddings } from '../../native-models/language/prompt.ts';

const heads = [{ layer: 0, head: 0 }];
const mapsOf = (rows: number[][], context = 1) =>
  lookMaps({
    values: Float32Array.from(rows.flat()),
    queries: rows.length,
    context,
    heads,
    rows: rows[0]!.length,
  });

test('what a head gives a place whatever is said is no look', () => {
  // The last place is a sink: it gets most of the attention at every word.
  const maps = mapsOf([
    [0.1, 0, 0, 0.9],
    [0, 0.1, 0, 0.9],
    [0, 0, 0.1, 0.9],
  ]);
  const [second, third] = [maps.slice(0, 4), maps.slice(4)];
  expect(second[3]).toBe(0);
  expect(second.indexOf(Math.max(...second))).toBe(1);
  expect(third.indexOf(Math.max(...third))).toBe(2);
});

test('a head that looks everywhere alike says nothing, and less than one that looks at one place', () => {
  const diffuse = mapsOf([
    [0, 0, 0, 0],
    [0.25, 0.25, 0.25, 0.25],
  ]);
  expect(Math.max(...diffuse)).toBeCloseTo(0, 6);
  const focused = mapsOf([
    [0, 0, 0, 0],
    [0.7, 0.1, 0.1, 0.1],
  ]);
  const sharp = mapsOf([
    [0, 0, 0, 0],
    [0.7, 0, 0, 0],
  ]);
  expect(sharp[0]).toBeCloseTo(0.7, 6);
  expect(focused[0]).toBeLessThan(sharp[0]!);
  expect(focused[0]).toBeGreaterThan(0);
});

test('rows of pictures are found in the prompt, in runs with text between, the last time they come', () => {
  const [one, two] = [1, 2].map((value) => imageEmbeddings(new Float32Array(6).fill(value), 2));
  const parts = [
    { ids: [7, 7] },
    { image: one!, from: 0, count: 3 },
    { ids: [7] },
    { image: two!, from: 0, count: 3 },
    { ids: [7] },
    { image: one!, from: 0, count: 2 },
    { ids: [7, 7] },
    { image: one!, from: 2, count: 1 },
    { ids: [7] },
  ];
  expect(positionsOf(parts, [one!])).toEqual([10, 11, 14]);
  expect(positionsOf(parts, [two!, one!])).toEqual([6, 7, 8, 10, 11, 14]);
});

test('near a thing are the rows that saw it and those beside them, in every grid', () => {
  const region = { x: 0, y: 0, width: 80, height: 80 };
  const grid = { view: null, first: 5, columns: 4, rows: 4, stride: 4, region };
  const thing = { x: 21, y: 21, width: 2, height: 2 };
  expect(nearThing({ tokenGrids: [grid] }, thing)).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10].map((at) => at + 5));
});

test('the questions that heads are chosen by are about one thing, and true', () => {
  for (let seed = 0; seed < 50; seed++) {
    const scene = chooseScene(seed, 336);
    const { questions } = sceneTruth(scene);
    for (const { kind, question, answer, thing } of sceneLooks(scene)) {
      const known = questions.find((each) => each.question === question);
      if (kind !== 'colour') expect(known?.answer).toBe(answer);
      expect(thing.x).toBeGreaterThanOrEqual(0);
      expect(thing.x + thing.width).toBeLessThanOrEqual(336);
    }
  }
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  embeddingsAt,
  embeddingsOver,
  familyOf,
  placeOf,
  type Seeing,
  type ViewPlan,
} from '../../native-models/families/index.ts';
import { wholePhoto } from '../../native-models/image/geometry.ts';
import { publishedSeeing } from '../../native-models/families/dual/published.ts';
import { publishedNext } from '../support/family-golden.ts';

const half: [number, number, number] = [0.5, 0.5, 0.5];
const normalisation = { mean: half, std: half };
const seeings: Readonly<Record<string, Seeing>> = {
  'INF-LLaVA': publishedSeeing(),
  'LLaVA-1.5': {
    ...{ normalisation, vision: { patch: 14 } },
    views: { family: 'single', mode: 'trained', padColour: [0, 0, 0], tile: 336 },
  },
  'SmolVLM-500M': {
    ...{ normalisation, vision: { patch: 16 } },
    views: { family: 'idefics3', tile: 512, longestEdge: 2048, shuffle: 4 },
  },
  'SmolVLM2-2.2B': {
    ...{ normalisation, vision: { patch: 14 } },
    views: { family: 'idefics3', tile: 384, longestEdge: 1536, shuffle: 3 },
  },
  'InternVL3-1B': {
    ...{ normalisation, vision: { patch: 14 } },
    views: { family: 'internvl', tile: 448, leastTiles: 1, mostTiles: 12, shuffle: 2 },
  },
  'LLaVA-1.6': {
    ...{ normalisation, vision: { patch: 14 } },
    views: publishedNext,
  },
};
const plan = (name: string, width: number, height: number, mostTiles = Infinity): ViewPlan => {
  const own = familyOf(seeings[name]!);
  return familyOf(own.atDetail(mostTiles)).plan(wholePhoto({ width, height }));
};
const gridOf = ({ grid }: ViewPlan) => `${grid.columns} x ${grid.rows}`;

test.each([
  ['SmolVLM-500M', 1200, 500, '4 x 2', 9 * 64],
  ['SmolVLM-500M', 4000, 3000, '4 x 3', 13 * 64],
  ['SmolVLM-500M', 3000, 2000, '4 x 3', 13 * 64],
  ['SmolVLM-500M', 10, 10, '4 x 4', 17 * 64],
  ['SmolVLM-500M', 1, 20_000, '1 x 4', 5 * 64],
  ['SmolVLM2-2.2B', 4000, 3000, '4 x 3', 13 * 81],
  ['InternVL3-1B', 4000, 3000, '4 x 3', 3328],
  ['InternVL3-1B', 6000, 4000, '3 x 2', 7 * 256],
  ['InternVL3-1B', 1920, 1080, '4 x 2', 9 * 256],
  ['InternVL3-1B', 3000, 3000, '3 x 3', 10 * 256],
  ['InternVL3-1B', 300, 310, '0 x 0', 256],
  ['INF-LLaVA', 640, 480, '3 x 3', 576],
  ['LLaVA-1.5', 640, 480, '0 x 0', 576],
  ['LLaVA-1.6', 4000, 3000, '2 x 2', 576 + 36 * 49],
])('%s cuts %i x %i into %s tiles: %i embeddings', (name, width, height, grid, rows) => {
  const found = plan(name, width, height);
  expect([gridOf(found), found.rows]).toEqual([grid, rows]);
  const told = found.pieces.reduce((sum, piece) => sum + ('rows' in piece ? piece.rows : 0), 0);
  expect(told).toBe(rows);
});

test.each([
  ['SmolVLM-500M', 9, '3 x 3'],
  ['SmolVLM-500M', 8, '2 x 2'],
  ['SmolVLM-500M', 1, '0 x 0'],
  ['InternVL3-1B', 6, '3 x 2'],
  ['InternVL3-1B', 1, '0 x 0'],
])('%s with at most %i tiles cuts a photo of 4:3 into %s', (name, mostTiles, grid) => {
  expect(gridOf(plan(name, 4000, 3000, mostTiles))).toBe(grid);
});

const length = fc.integer({ min: 1, max: 20_000 });

describe.each(Object.keys(seeings))('%s', (name) => {
  test('an embedding stands for a part of the photo, and is found again at it', () => {
    fc.assert(
      fc.property(length, length, fc.nat(), (width, height, seed) => {
        const found = plan(name, width, height);
        const embedding = seed % found.rows;
        const placed = placeOf(found, embedding);
        // What ends a line stands for no part.
        if (placed === null) {
          expect(found.order).toContain('line-end');
          return;
        }
        const { place } = placed;
        const centre = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
        expect(embeddingsAt(found, centre)).toContain(embedding);
        expect(embeddingsOver(found, place)).toContain(embedding);
        // One of a local view at most, and one of the whole.
        expect(embeddingsAt(found, centre).length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('the local views cover the photo and its padding without a gap', () => {
    fc.assert(
      fc.property(length, length, (width, height) => {
        const { views, canvas } = plan(name, width, height);
        const locals = views.filter(({ kind }) => kind === 'local');
        const covered = locals.reduce((sum, { region }) => sum + region.width * region.height, 0);
        if (locals.length > 0) expect(covered / (canvas.width * canvas.height)).toBeCloseTo(1, 9);
        const { x, y } = canvas;
        expect(Math.max(x, y)).toBeLessThanOrEqual(0);
        expect(x + canvas.width).toBeGreaterThanOrEqual(width * (1 - 1e-9));
        expect(y + canvas.height).toBeGreaterThanOrEqual(height * (1 - 1e-9));
      }),
    );
  });
});

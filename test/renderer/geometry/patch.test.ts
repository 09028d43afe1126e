import fc from 'fast-check';
import { expect, test } from 'vitest';
import { viewerLevels, viewerTileSize } from '../../../preload/contract/api.ts';
import { styleIn, tilesOf } from '../../../renderer/geometry/patch.ts';

const side = fc.integer({ min: 1, max: 20_000 });

test('tiles of a region cover all of it that is photo, each once, and are ones the viewer has', () => {
  fc.assert(
    fc.property(side, side, side, side, fc.integer({ min: 1, max: 3000 }), (width, height, x, y, across) => {
      const photo = { width, height };
      const region = { x: x - 10_000, y: y - 10_000, width: 1 + (x % 5000), height: 1 + (y % 5000) };
      const tiles = tilesOf(photo, region, across);
      const right = Math.min(width, region.x + region.width);
      const bottom = Math.min(height, region.y + region.height);
      const [left, top] = [Math.max(0, region.x), Math.max(0, region.y)];
      const covered = tiles.map(({ place }) => {
        const w = Math.min(right, place.x + place.width) - Math.max(left, place.x);
        const h = Math.min(bottom, place.y + place.height) - Math.max(top, place.y);
        return w * h;
      });
      const area = Math.max(0, right - left) * Math.max(0, bottom - top);
      expect(covered.reduce((sum, part) => sum + part, 0)).toBeCloseTo(area, 3);
      const levels = viewerLevels(width, height);
      for (const { level, column, row } of tiles) {
        const reduction = 2 ** (levels - 1 - level);
        expect(level).toBeGreaterThanOrEqual(0);
        expect(level).toBeLessThan(levels);
        expect(column).toBeLessThan(Math.ceil(Math.ceil(width / reduction) / viewerTileSize));
        expect(row).toBeLessThan(Math.ceil(Math.ceil(height / reduction) / viewerTileSize));
      }
    }),
  );
});

test('no detail is lost on the screen, and none is loaded that it cannot show', () => {
  const photo = { width: 8000, height: 6000 };
  const all = { x: 0, y: 0, ...photo };
  const levels = viewerLevels(photo.width, photo.height);
  const levelOf = (region: typeof all, across: number) => tilesOf(photo, region, across)[0]!.level;
  expect(levelOf(all, 8000)).toBe(levels - 1);
  expect(levelOf(all, 4001)).toBe(levels - 1);
  expect(levelOf(all, 4000)).toBe(levels - 2);
  expect(levelOf({ ...all, width: 100, height: 100 }, 400)).toBe(levels - 1);
  expect(tilesOf(photo, all, 1000).length).toBeLessThanOrEqual(4);
});

test('a place lies in the box of a region where it lies in the photo', () => {
  const style = styleIn({ x: 100, y: 50, width: 200, height: 100 }, { x: 150, y: 0, width: 50, height: 150 });
  expect(style).toBe('left:25%;top:-50%;width:25%;height:150%');
});

import type { RgbImage } from '../image/pixels.ts';

/**
 * The viewer's pyramid. Of `levels` levels the last is the photo itself, and every other has half the pixels a side of
 * the one above it, rounded up.
 */
export interface LevelSize {
  readonly width: number;
  readonly height: number;
}

export function levelSize({ width, height }: LevelSize, levels: number, level: number): LevelSize {
  const scale = 2 ** (levels - 1 - level);
  return { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
}

/** Half the size, rounded up: every pixel is the mean of the two by two it stands for, of fewer at an odd edge. */
export function halve({ width, height, data }: RgbImage): RgbImage {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const out = new Uint8Array(half.width * half.height * 3);
  const lastColumn = 3 * (width - 1);
  let to = 0;
  for (let y = 0; y < half.height; y++) {
    const upper = 2 * y * width * 3;
    const lower = Math.min(2 * y + 1, height - 1) * width * 3;
    for (let x = 0; x < half.width; x++) {
      const left = 6 * x;
      const right = Math.min(left + 3, lastColumn);
      for (let channel = 0; channel < 3; channel++) {
        const sum =
          data[upper + left + channel]! +
          data[upper + right + channel]! +
          data[lower + left + channel]! +
          data[lower + right + channel]!;
        out[to++] = (sum + 2) >> 2;
      }
    }
  }
  return { ...half, data: out };
}

/** The part of `image` that a tile covers; smaller at the right and lower edges. Null when it covers nothing. */
export function cutTile(image: RgbImage, tileSize: number, column: number, row: number): RgbImage | null {
  const left = column * tileSize;
  const top = row * tileSize;
  const width = Math.min(tileSize, image.width - left);
  const height = Math.min(tileSize, image.height - top);
  if (width <= 0 || height <= 0) return null;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

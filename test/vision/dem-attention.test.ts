import { join } from 'node:path';
import { expect, test } from 'vitest';

import { enhancePrefix, type Checkpoint } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import { WeightReader } from '../../native-models/convert/onnx/weight-reader.ts';
import { mapsInViews } from '../../native-models/engine/lens.ts';
import { globalsThatReachAnswer } from '../../native-models/image/dual-crops.ts';
import { DemAttention } from '../../native-models/vision/dem-attention.ts';
import { createImageEncoder } from '../../native-models/vision/encode-image.ts';
import { float32, readSafetensors } from '../support/safetensors-file.ts';
import { uniform } from '../support/random-tensors.ts';
import { goldenFile, goldenPackage } from './support/golden.ts';
import { largestDifference } from './support/numbers.ts';
import { convertEnhanceOf, withRandomCheckpoint } from './support/small-package.ts';

/** Heads of the authors' `MultiHeadedAttention`. */
const heads = 8;
const patch = 14;

interface Maps {
  readonly n: number;
  readonly grid: number;
  readonly width: number;
  /** [n * n, T, D] both: all global crops. */
  readonly local: Float32Array;
  readonly globals: Float32Array;
}

/**
 * The definition, place by place over both whole maps (`SpatialEmbed` of the authors): the attention of place (y, x) of one map over
 * places of the other, the mean over the heads.
 */
async function reference(checkpoint: Checkpoint, { n, grid, width, local, globals }: Maps) {
  const reader = new WeightReader(checkpoint.tensors, enhancePrefix);
  const linear = async (index: number) => {
    const { weight, bias } = await reader.linear(`attention.linears.${index}.`, width, width);
    return (x: Float32Array) =>
      Float64Array.from(bias, (start, to) =>
        x.reduce((sum, value, from) => sum + value * weight[from * width + to]!, start),
      );
  };
  const [q, k] = [await linear(0), await linear(1)];
  const token = (features: Float32Array, crop: number, row: number, column: number) => {
    const at = (crop * grid ** 2 + row * grid + column) * width;
    return features.subarray(at, at + width);
  };
  const split = (at: number, by: number) => [Math.floor(at / by), at % by] as const;
  const c = (y: number, x: number) => {
    const [[a, row], [b, column]] = [split(y, grid), split(x, grid)];
    return token(local, a * n + b, row, column);
  };
  const g = (y: number, x: number) => {
    const [[row, h], [column, w]] = [split(y, n), split(x, n)];
    return token(globals, h * n + w, row, column);
  };
  const places = Array.from({ length: (n * grid) ** 2 }, (_, at) => split(at, n * grid));
  const attention = (query: Float32Array, keys: readonly Float32Array[]) => {
    const [asked, size] = [q(query), width / heads];
    const offered = keys.map(k);
    const mean = new Float32Array(keys.length);
    for (let head = 0; head < heads; head++) {
      const from = head * size;
      const logits = offered.map((key) => {
        let sum = 0;
        for (let at = from; at < from + size; at++) sum += asked[at]! * key[at]!;
        return Math.exp(sum / Math.sqrt(size));
      });
      const all = logits.reduce((sum, value) => sum + value, 0);
      logits.forEach((value, at) => (mean[at]! += value / all / heads));
    }
    return mean;
  };
  return {
    globalAsksLocal: (y: number, x: number) =>
      attention(
        g(y, x),
        places
          .filter(
            ([v, u]) => split(v, grid)[0] === split(y, grid)[0] && split(u, grid)[0] === split(x, grid)[0],
          )
          .map(([v, u]) => c(v, u)),
      ),
    localAsksGlobal: (y: number, x: number) =>
      attention(
        c(y, x),
        places.filter(([v, u]) => v % n === y % n && u % n === x % n).map(([v, u]) => g(v, u)),
      ),
  };
}

function randomFeatures(crops: number, tokens: number, width: number, seed: number): Float32Array {
  const random = uniform(seed);
  return Float32Array.from({ length: crops * tokens * width }, () => random() * 4 - 2);
}

test.each([
  { n: 1, grid: 4 },
  { n: 2, grid: 5 },
  { n: 3, grid: 6 },
  { n: 3, grid: 4 },
  { n: 4, grid: 3 },
])('the attention of DEM is that of its definition: $n x $n crops of $grid x $grid tokens', ({ n, grid }) =>
  withRandomCheckpoint({ n, imageSize: grid * patch }, async (checkpoint, directory) => {
    await convertEnhanceOf(checkpoint, directory);
    const [width, tokens] = [checkpoint.config.vision.hiddenSize, grid ** 2];
    const local = randomFeatures(n * n, tokens, width, 1);
    const globals = randomFeatures(n * n, tokens, width, 2);
    const crops = globalsThatReachAnswer(n);
    const size = tokens * width;
    const given = new Float32Array(crops.length * size);
    crops.forEach((crop, at) => given.set(globals.subarray(crop * size, (crop + 1) * size), at * size));
    const attention = await DemAttention.open(join(directory, 'enhance.onnx'), width, { threads: 1 });
    const found = await attention.of({ n, grid, width, globals: crops }, local, given);
    await attention.dispose();
    const { globalAsksLocal, localAsksGlobal } = await reference(checkpoint, {
      n,
      grid,
      width,
      local,
      globals,
    });
    found.forEach(({ tile, ofLocal, ofGlobal }, at) => {
      const [h, w] = [Math.floor(crops[at]! / n), crops[at]! % n];
      for (let token = 0; token < tokens; token++) {
        const [y, x] = [n * Math.floor(token / grid) + h, n * (token % grid) + w];
        const row = (weights: Float32Array) => weights.subarray(token * tokens, (token + 1) * tokens);
        expect(tile[token]).toBe(Math.floor(y / grid) * n + Math.floor(x / grid));
        expect(largestDifference(row(ofLocal), globalAsksLocal(y, x))).toBeLessThan(1e-5);
        expect(largestDifference(row(ofGlobal), localAsksGlobal(y, x))).toBeLessThan(1e-5);
      }
    });

    // A map over the rows is, one level deeper, as much over either perspective.
    const map = Float32Array.from({ length: 2 * tokens }, (_, at) => (at % 5) / 7);
    const deeper = mapsInViews(map, found, n * n);
    const sum = (values: Float32Array) => values.reduce((all, value) => all + value, 0);
    const half = (n * n + crops.length) * tokens;
    for (const line of [0, 1]) {
      const all = sum(map.subarray(line * tokens, (line + 1) * tokens));
      const own = deeper.subarray(line * half, (line + 1) * half);
      expect(sum(own.subarray(0, n * n * tokens))).toBeCloseTo(all, 4);
      expect(sum(own.subarray(n * n * tokens))).toBeCloseTo(all, 4);
    }
  }),
);

test('on the features of a golden case every token asks one local crop and the middle global crop, and each row adds up to 1', async () => {
  const opened = await goldenPackage('tower-inside');
  const encoder = await createImageEncoder(opened);
  const image = await encoder.encode(goldenFile('tower-inside', 'preprocessed.png'));
  const expected = readSafetensors(goldenFile('tower-inside', 'expected.safetensors'));
  const { tokens, width } = opened.manifest.vision;
  const first = image.features.subarray(0, tokens * width);
  expect(largestDifference(first, float32(expected, 'local_features_0'))).toBeLessThan(1e-3);
  const [phase, ...others] = (await encoder.demAttention(image))!;
  expect(others).toEqual([]);
  const grid = Math.sqrt(tokens);
  const third = (at: number) => Math.floor((3 * at + 1) / grid);
  expect([...phase!.tile]).toEqual(
    Array.from({ length: tokens }, (_, at) => 3 * third(Math.floor(at / grid)) + third(at % grid)),
  );
  for (const weights of [phase!.ofLocal, phase!.ofGlobal])
    for (let token = 0; token < tokens; token++) {
      const row = weights.subarray(token * tokens, (token + 1) * tokens);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  await encoder.dispose();
});

import { join } from 'node:path';
import { expect, test } from 'vitest';

import { OnnxSession, type FloatTensor } from '../../../native-models/vision/onnx-runtime.ts';
import { uniform } from '../../support/random-tensors.ts';
import { convertEnhanceOf, withRandomCheckpoint } from '../../vision/support/small-package.ts';
import { largestDifference } from '../../vision/support/numbers.ts';

/** Width of the random checkpoints' features. */
const width = 32;
const patch = 14;

/** The positions a bilinear resize by 1/n reads: one of n for odd n, the two in the middle for even n. */
function phases(n: number): number[] {
  const rows = n % 2 === 1 ? [(n - 1) / 2] : [n / 2 - 1, n / 2];
  return rows.flatMap((h) => rows.map((w) => h * n + w));
}

function randomFeatures(crops: number, tokens: number, seed: number): FloatTensor {
  const random = uniform(seed);
  const data = Float32Array.from({ length: crops * tokens * width }, () => random() * 4 - 2);
  return { data, shape: [crops, tokens, width] };
}

function pick({ data, shape }: FloatTensor, crops: readonly number[]): FloatTensor {
  const size = data.length / shape[0]!;
  const picked = new Float32Array(crops.length * size);
  crops.forEach((crop, at) => picked.set(data.subarray(crop * size, (crop + 1) * size), at * size));
  return { data: picked, shape: [crops.length, ...shape.slice(1)] };
}

interface Forms {
  readonly short: OnnxSession;
  readonly full: OnnxSession;
}

function withForms<T>(n: number, grid: number, use: (forms: Forms) => Promise<T>): Promise<T> {
  return withRandomCheckpoint({ n, imageSize: grid * patch }, async (checkpoint, directory) => {
    await convertEnhanceOf(checkpoint, directory);
    const short = await OnnxSession.open(join(directory, 'enhance.onnx'));
    const full = await OnnxSession.open(join(directory, 'enhance-full.onnx'));
    try {
      return await use({ short, full });
    } finally {
      await short.dispose();
      await full.dispose();
    }
  });
}

// Grids that n divides, and grids that leave windows with different numbers of tokens or none.
test.each([
  { n: 1, grid: 4 },
  { n: 2, grid: 4 },
  { n: 2, grid: 5 },
  { n: 3, grid: 6 },
  { n: 3, grid: 4 },
  { n: 4, grid: 4 },
  { n: 4, grid: 3 },
  { n: 5, grid: 4 },
  { n: 5, grid: 2 },
])('the short form equals the full form of the paper: $n x $n crops of $grid x $grid tokens', ({ n, grid }) =>
  withForms(n, grid, async ({ short, full }) => {
    const tokens = grid * grid;
    const local = randomFeatures(n * n, tokens, 1);
    const globals = randomFeatures(n * n, tokens, 2);
    const base = randomFeatures(1, tokens, 3);
    const exact = await full.run({ local, globals, base });
    const fast = await short.run({ local, globals: pick(globals, phases(n)), base });
    expect(largestDifference(fast['dem']!.data, exact['dem']!.data)).toBeLessThan(1e-5);
    expect(largestDifference(fast['embeddings']!.data, exact['embeddings']!.data)).toBeLessThan(1e-5);
  }),
);

test('at n = 3 replacing any global crop but the central one changes the full form by exactly 0', () =>
  withForms(3, 4, async ({ full }) => {
    const inputs = { local: randomFeatures(9, 16, 1), base: randomFeatures(1, 16, 3) };
    const globals = randomFeatures(9, 16, 2);
    const others = randomFeatures(9, 16, 4);
    const before = await full.run({ ...inputs, globals });
    const changes: number[] = [];
    for (let crop = 0; crop < 9; crop++) {
      const data = globals.data.slice();
      data.set(pick(others, [crop]).data, (crop * data.length) / 9);
      const after = await full.run({ ...inputs, globals: { ...globals, data } });
      changes.push(largestDifference(after['embeddings']!.data, before['embeddings']!.data));
    }
    expect(changes.toSpliced(4, 1)).toEqual(Array(8).fill(0));
    expect(changes[4]).toBeGreaterThan(0.1);
  }));

test.each([{ projector: 'linear' }, { projector: 'mlp1x_gelu' }, { projector: 'mlp3x_gelu' }])(
  'a projector of type $projector gives embeddings of the width of the language model',
  ({ projector }) =>
    withRandomCheckpoint({ projector, languageWidth: 48 }, async (checkpoint, directory) => {
      await convertEnhanceOf(checkpoint, directory);
      const session = await OnnxSession.open(join(directory, 'enhance.onnx'));
      const base = randomFeatures(1, 16, 2);
      const { embeddings } = await session.run({ local: randomFeatures(9, 16, 1), globals: base, base });
      expect(embeddings!.shape).toEqual([16, 48]);
      await session.dispose();
    }),
);

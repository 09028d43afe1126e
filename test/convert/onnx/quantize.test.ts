import fc from 'fast-check';
import { expect, test } from 'vitest';

import { quantizeColumns } from '../../../native-models/convert/onnx/quantize.ts';
import { smoothBlock } from '../../../native-models/convert/onnx/smoothing.ts';
import type { Block } from '../../../native-models/convert/onnx/vision-weights.ts';
import type { Linear, Norm } from '../../../native-models/convert/onnx/weight-reader.ts';
import { uniform } from '../../support/random-tensors.ts';
import { largestDifference } from '../../vision/support/numbers.ts';

const matrix = fc
  .record({ inputs: fc.integer({ min: 1, max: 9 }), outputs: fc.integer({ min: 1, max: 5 }) })
  .chain(({ inputs, outputs }) => {
    const value = fc.integer({ min: -1000, max: 1000 }).map((number) => number / 7);
    const values = fc.array(value, { minLength: inputs * outputs, maxLength: inputs * outputs });
    return values.map((weight) => ({ inputs, outputs, weight: Float32Array.from(weight) }));
  });

test('a quantised weight is within half a step of what it was', () => {
  fc.assert(
    fc.property(matrix, ({ inputs, outputs, weight }) => {
      const { values, scales } = quantizeColumns(weight, inputs, outputs);
      for (const [at, value] of values.entries()) {
        const scale = scales[at % outputs]!;
        expect(Math.abs(value * scale - weight[at]!)).toBeLessThanOrEqual(scale * 0.5001);
      }
    }),
  );
});

test('a pair of products with the largest activations fits the 16 bits that x86 without VNNI adds them in', () => {
  fc.assert(
    fc.property(matrix, ({ inputs, outputs, weight }) => {
      const { values } = quantizeColumns(weight, inputs, outputs);
      for (let row = 0; row + 1 < inputs; row += 2) {
        for (let column = 0; column < outputs; column++) {
          const pair = [values[row * outputs + column]!, values[(row + 1) * outputs + column]!];
          const most = pair.filter((value) => value > 0).reduce((sum, value) => sum + 255 * value, 0);
          const least = pair.filter((value) => value < 0).reduce((sum, value) => sum + 255 * value, 0);
          expect(most).toBeLessThanOrEqual(2 ** 15 - 1);
          expect(least).toBeGreaterThanOrEqual(-(2 ** 15));
        }
      }
    }),
  );
});

const width = 4;
const wide = 6;
const random = uniform(3);
const numbers = (count: number) => Float32Array.from({ length: count }, () => random() * 2 - 1);
const linear = (inputs: number, outputs: number): Linear => ({
  inputs,
  outputs,
  weight: numbers(inputs * outputs),
  bias: numbers(outputs),
});
const norm = (): Norm => ({ gain: numbers(width), offset: numbers(width) });

const block: Block = {
  norm1: norm(),
  q: linear(width, width),
  k: linear(width, width),
  v: linear(width, width),
  out: linear(width, width),
  norm2: norm(),
  fc1: linear(width, wide),
  fc2: linear(wide, width),
  fc2Gain: null,
};

function apply({ inputs, outputs, weight, bias }: Linear, x: Float32Array): Float32Array {
  return bias.map((start, output) => {
    let sum = start;
    for (let input = 0; input < inputs; input++) sum += x[input]! * weight[input * outputs + output]!;
    return sum;
  });
}

test('smoothing changes no map: scales taken out of an activation come back through the weights that read it', () => {
  const maxima = {
    attentionInput: Float32Array.of(50, 0.1, 0, 2),
    outInput: Float32Array.of(1, 9, 0.01, 4),
    fc1Input: Float32Array.of(3, 70, 1, 0.2),
    fc2Input: Float32Array.of(100, 1, 0, 2, 5, 0.1),
  };
  const smooth = smoothBlock(block, maxima);
  const x = numbers(width);
  const after = ({ gain, offset }: Norm) => x.map((value, at) => value * gain[at]! + offset[at]!);
  const same = (a: Float32Array, b: Float32Array) => expect(largestDifference(a, b)).toBeLessThan(1e-5);

  same(apply(smooth.q, after(smooth.norm1)), apply(block.q, after(block.norm1)));
  same(apply(smooth.k, after(smooth.norm1)), apply(block.k, after(block.norm1)));
  const values = (b: Block) => apply(b.out, apply(b.v, after(b.norm1)));
  same(values(smooth), values(block));
  same(apply(smooth.fc1, after(smooth.norm2)), apply(block.fc1, after(block.norm2)));
  const activated = numbers(wide);
  same(
    apply(
      smooth.fc2,
      activated.map((value, at) => value * smooth.fc2Gain![at]!),
    ),
    apply(block.fc2, activated),
  );
});

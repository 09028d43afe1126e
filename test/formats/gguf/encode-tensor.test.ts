import { describe, expect, test } from 'vitest';

import type { TensorInfo, TensorType } from '../../../native-models/formats/weights/tensor-source.ts';
import {
  bfloat16Bits,
  bitsOf,
  float16Bits,
  float16ToNumber,
} from '../../../native-models/formats/weights/float-types.ts';
import { encodeElements, type WrittenType } from '../../../native-models/formats/gguf/encode-tensor.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import { encode } from '../../support/random-tensors.ts';

const info = (type: TensorType): TensorInfo => ({
  name: 'weight',
  type,
  shape: [1],
  file: 'model.safetensors',
});
const encoded = (values: number[], from: TensorType, to: WrittenType) =>
  encodeElements(encode(Float32Array.from(values), from), info(from), to);
const half = (value: number) => float16Bits(bitsOf(Float32Array.of(value))[0]!);

describe('float16', () => {
  test('every number of the format comes back as itself', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToNumber(bits);
      if (!Number.isNaN(value)) expect(half(value)).toBe(bits);
    }
  });

  // IEEE 754: the largest numbers, the smallest ones, and halves between two neighbours going to the even one.
  test.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -24, 0x0002],
    [2.5 * 2 ** -24, 0x0002],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [-0, 0x8000],
    [NaN, 0x7e00],
  ])('%d', (value, bits) => {
    expect(half(value)).toBe(bits);
  });
});

test('bfloat16 rounds halves to the even neighbour', () => {
  const rounded = (bits: number) => bfloat16Bits(bits);
  expect([0x3f808000, 0x3f818000, 0x3f808001, 0xbf80ffff].map(rounded)).toEqual([
    0x3f80, 0x3f82, 0x3f81, 0xbf81,
  ]);
});

test('widening is exact and equal types are passed on', () => {
  const values = [0, 1.5, -3.25, 2 ** -14];
  for (const type of ['bf16', 'f16', 'f32'] as const) {
    expect(new Float32Array(encoded(values, type, 'f32').buffer)).toEqual(Float32Array.from(values));
    expect(encoded(values, type, type)).toEqual(encode(Float32Array.from(values), type));
  }
  expect(encoded(values, 'bf16', 'f16')).toEqual(encode(Float32Array.from(values), 'f16'));
  expect(encoded(values, 'f16', 'bf16')).toEqual(encode(Float32Array.from(values), 'bf16'));
});

test('a block of q8_0 is its largest magnitude over 127 and whole multiples of it', () => {
  const values = Array.from({ length: 32 }, (_, i) => (i === 5 ? -127 : i - 0.5));
  const bytes = encoded(values, 'f32', 'q8_0');
  expect(bytes).toHaveLength(34);
  expect([...bytes.subarray(0, 2)]).toEqual([0x00, 0x3c]);
  // Halves go away from zero.
  const expected = values.map((value, i) => (i === 5 ? -127 : i === 0 ? -1 : Math.ceil(value)));
  expect([...new Int8Array(bytes.slice(2).buffer)]).toEqual(expected);
  expect(encoded(new Array<number>(32).fill(0), 'f32', 'q8_0')).toEqual(new Uint8Array(34));
});

test('q8_0 rounds as roundf does at every half and beside it', () => {
  const halves = Array.from({ length: 254 }, (_, i) => i - 126.5);
  const nearest = Float32Array.from(halves);
  const above = new Float32Array(bitsOf(nearest).map((bits) => bits + 1).buffer);
  const below = new Float32Array(bitsOf(nearest).map((bits) => bits - 1).buffer);
  for (const value of [...nearest, ...above, ...below]) {
    const bytes = encoded([127, value, ...new Array<number>(30).fill(0)], 'f32', 'q8_0');
    const expected = Math.sign(value) * Math.floor(Math.abs(value) + 0.5) + 0;
    expect(new Int8Array(bytes.buffer)[3], String(value)).toBe(expected);
  }
});

describe('a number that cannot be kept is refused with the name of its tensor', () => {
  test.each<[number, TensorType, WrittenType]>([
    [NaN, 'f32', 'f32'],
    [Infinity, 'bf16', 'bf16'],
    [-Infinity, 'bf16', 'q8_0'],
    [Infinity, 'bf16', 'f16'],
    [NaN, 'f16', 'f16'],
    [65536, 'bf16', 'f16'],
    [1e5, 'f32', 'f16'],
  ])('%d in %s as %s', (value, from, to) => {
    const values = new Array<number>(32).fill(1);
    values[17] = value;
    // encode() rounds finite numbers alone; the other two are set as bits.
    const stored = encode(
      Float32Array.from(values, (one) => (Number.isFinite(one) ? one : 1)),
      from,
    );
    if (!Number.isFinite(value)) {
      if (from === 'f32') new Float32Array(stored.buffer)[17] = value;
      else new Uint16Array(stored.buffer)[17] = (value < 0 ? 0x8000 : 0) | (from === 'f16' ? 0x7e00 : 0x7f80);
    }
    const work = () => encodeElements(stored, info(from), to);
    expect(work).toThrow(AppError);
    expect(work).toThrow(/model\.safetensors: tensor weight holds a number that is not finite/);
  });
});

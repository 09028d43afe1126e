/** The GGUF container, version 3 (ggml/src/gguf.cpp of llama.cpp): what its writer and its reader share. */

/** Scalar types of metadata values, each with its number in the file. */
export const scalarTypes = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

/** Sizes of the scalars of fixed size. */
export const scalarBytes = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
} as const satisfies Record<Exclude<ScalarType, 'string'>, number>;

/** The number of an array: its elements are scalars of one type. */
export const arrayType = 9;

export type ScalarType = keyof typeof scalarTypes;

export type GgufScalar = number | boolean | string;

/** A metadata value. 64-bit integers are numbers: those beyond 53 bits are neither written nor accepted. */
export type GgufValue =
  | { readonly type: ScalarType; readonly value: GgufScalar }
  | { readonly type: 'array'; readonly of: ScalarType; readonly values: readonly GgufScalar[] };

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Magic "GGUF" as a little-endian number. */
export const magic = 0x46554747;
export const version = 3;

/** Alignment of the tensors when `general.alignment` does not state one. */
export const defaultAlignment = 32;

interface Block {
  readonly id: number;
  /** Elements of a block; a row is a whole number of blocks. */
  readonly elements: number;
  readonly bytes: number;
}

/** Tensor types of llama.cpp (gguf-py/gguf/constants.py, GGML_QUANT_SIZES). */
export const tensorTypes = {
  f32: { id: 0, elements: 1, bytes: 4 },
  f16: { id: 1, elements: 1, bytes: 2 },
  q4_0: { id: 2, elements: 32, bytes: 18 },
  q4_1: { id: 3, elements: 32, bytes: 20 },
  q5_0: { id: 6, elements: 32, bytes: 22 },
  q5_1: { id: 7, elements: 32, bytes: 24 },
  q8_0: { id: 8, elements: 32, bytes: 34 },
  q8_1: { id: 9, elements: 32, bytes: 36 },
  q2_k: { id: 10, elements: 256, bytes: 84 },
  q3_k: { id: 11, elements: 256, bytes: 110 },
  q4_k: { id: 12, elements: 256, bytes: 144 },
  q5_k: { id: 13, elements: 256, bytes: 176 },
  q6_k: { id: 14, elements: 256, bytes: 210 },
  q8_k: { id: 15, elements: 256, bytes: 292 },
  iq2_xxs: { id: 16, elements: 256, bytes: 66 },
  iq2_xs: { id: 17, elements: 256, bytes: 74 },
  iq3_xxs: { id: 18, elements: 256, bytes: 98 },
  iq1_s: { id: 19, elements: 256, bytes: 50 },
  iq4_nl: { id: 20, elements: 32, bytes: 18 },
  iq3_s: { id: 21, elements: 256, bytes: 110 },
  iq2_s: { id: 22, elements: 256, bytes: 82 },
  iq4_xs: { id: 23, elements: 256, bytes: 136 },
  i8: { id: 24, elements: 1, bytes: 1 },
  i16: { id: 25, elements: 1, bytes: 2 },
  i32: { id: 26, elements: 1, bytes: 4 },
  i64: { id: 27, elements: 1, bytes: 8 },
  f64: { id: 28, elements: 1, bytes: 8 },
  iq1_m: { id: 29, elements: 256, bytes: 56 },
  bf16: { id: 30, elements: 1, bytes: 2 },
  tq1_0: { id: 34, elements: 256, bytes: 54 },
  tq2_0: { id: 35, elements: 256, bytes: 66 },
  mxfp4: { id: 39, elements: 32, bytes: 17 },
} as const satisfies Record<string, Block>;

export type GgufTensorType = keyof typeof tensorTypes;

/** A tensor of a GGUF file. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgufTensorType;
  /** Row-major, outermost first, as PyTorch prints it; the file holds it the other way round. */
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** Bytes of a tensor whose shape divides into blocks and whose size is known to be an exact integer. */
export function tensorBytes(type: GgufTensorType, shape: readonly number[]): number {
  const { elements, bytes } = tensorTypes[type];
  return (shape.reduce((product, dimension) => product * dimension, 1) / elements) * bytes;
}

export function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

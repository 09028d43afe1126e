/** Small wrong changes to valid files, the same for the same seed on every machine. */
import type { GgufTensorType, GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { tensorTypes } from '../../native-models/formats/gguf/gguf-format.ts';
import { layoutGguf } from '../../native-models/formats/gguf/write-gguf.ts';
import type { GgufHeader } from '../../native-models/formats/gguf/read-gguf.ts';
import { uniform } from '../support/random-tensors.ts';

/** Choices out of one seed. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = uniform(seed);
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  is(probability: number): boolean {
    return this.#next() < probability;
  }
}

/** Where counts overflow, signs change and sizes stop being exact. */
const integers = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 33n, 127n, 128n, 255n, 256n, 65535n, 65536n],
  ...[
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ],
];

/** Bytes changed, put in, left out, repeated or cut off; most changes fall into the first `headLength` bytes. */
export function mutateBytes(valid: Uint8Array, chance: Chance, headLength = valid.length): Buffer {
  let bytes = Buffer.from(valid);
  const changes = 1 + chance.below(chance.is(0.2) ? 16 : 3);
  for (let i = 0; i < changes; i++) {
    const at = chance.below(Math.max(1, chance.is(0.85) ? Math.min(headLength, bytes.length) : bytes.length));
    bytes = changeAt(bytes, at, chance);
  }
  return bytes;
}

function changeAt(bytes: Buffer<ArrayBuffer>, at: number, chance: Chance): Buffer<ArrayBuffer> {
  const length = Math.min(bytes.length - at, 1 + chance.below(24));
  switch (chance.below(8)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << chance.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = chance.pick([0, 1, 0x7f, 0x80, 0xff, chance.below(256)]);
      return bytes;
    case 2:
      if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(chance.pick(integers), at);
      return bytes;
    case 3:
      if (at + 4 <= bytes.length) bytes.writeUInt32LE(Number(chance.pick(integers) & 0xffffffffn), at);
      return bytes;
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 6: {
      const from = chance.below(bytes.length);
      bytes.copy(bytes, at, from, from + length);
      return bytes;
    }
    default:
      return chance.is(0.3)
        ? bytes.subarray(0, at)
        : Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length), bytes.subarray(at)]);
  }
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that JSON may hold and no reader expects. */
export const strange: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    0.5,
    1e308,
    -1e308,
    2 ** 31,
    2 ** 53,
    2 ** 64,
    'x',
    '',
    '..',
    '/etc/passwd',
    '\u0000',
  ],
  ...[
    'x'.repeat(5000),
    '\ud800',
    '__proto__',
    [],
    {},
    [[]],
    [null],
    { toString: null, valueOf: null },
    { length: -1 },
  ],
  ...[
    { path: '//server/share', modified: 0 },
    { path: '../../../x', modified: 1e308 },
  ],
];

/** JSON with one to three of its values, keys or elements changed, or its bytes. `hostile`: values that may be put in. */
export function mutateJson(valid: Uint8Array, chance: Chance, hostile: readonly Json[] = strange): Buffer {
  if (chance.is(0.25)) return mutateBytes(valid, chance);
  const json = JSON.parse(Buffer.from(valid).toString('utf8')) as Json;
  const changes = 1 + chance.below(3);
  for (let i = 0; i < changes; i++) changeJson(json, chance, hostile);
  const text = JSON.stringify(json);
  // A key twice, which JSON.parse would pass over.
  return Buffer.from(chance.is(0.05) ? text.replace('{', '{"name":1,"name":2,') : text);
}

function changeJson(json: Json, chance: Chance, hostile: readonly Json[]): void {
  let place = json;
  for (let depth = 0; depth < 12; depth++) {
    if (typeof place !== 'object' || place === null) return;
    const keys = Object.keys(place);
    if (keys.length === 0) return;
    const parent = place as Record<string, Json>;
    const key = chance.pick(keys);
    const below = parent[key]!;
    const isLeaf = typeof below !== 'object' || below === null;
    if (!isLeaf && chance.is(0.75)) {
      place = below;
      continue;
    }
    changeEntry(parent, key, chance, hostile);
    return;
  }
}

function changeEntry(
  parent: Record<string, Json>,
  key: string,
  chance: Chance,
  hostile: readonly Json[],
): void {
  const value = parent[key]!;
  const kind = chance.below(5);
  if (kind === 0) Reflect.deleteProperty(parent, key);
  else if (kind === 1) parent[key] = [value, value];
  else if (kind === 2 && typeof value === 'number')
    parent[key] = value + chance.pick([-1, 1, 0.5, -2 * value]);
  else if (kind === 3 && typeof value === 'string') parent[key] = value.slice(chance.below(value.length + 1));
  // A copy: later changes must not reach into the list, or tie a knot.
  else parent[key] = structuredClone(chance.pick(hostile));
}

/**
 * A GGUF file whose header is well-formed and says something else: other values, names, shapes and types, values and tensors
 * left out or added. The tensors' bytes are those of the file as far as they go, then zeros.
 */
export function mutateGguf(file: Uint8Array, header: GgufHeader, chance: Chance): Buffer {
  const metadata = new Map(header.metadata);
  const tensors = header.tensors.map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));
  const changes = 1 + chance.below(3);
  for (let i = 0; i < changes; i++) {
    if (chance.is(0.65)) changeMetadata(metadata, chance);
    else changeTensors(tensors, chance);
  }
  const fits = tensors.filter(
    ({ type, shape }) => shape.length > 0 && shape.at(-1)! % tensorTypes[type].elements === 0,
  );
  const layout = layoutGguf(metadata, fits);
  const data = file.subarray(header.tensors[0]?.offset ?? file.length);
  const wanted = Math.min(layout.fileBytes - layout.header.length, maxData);
  const rest = Buffer.alloc(Math.max(0, wanted));
  rest.set(data.subarray(0, rest.length));
  const whole = Buffer.concat([layout.header, rest]);
  return chance.is(0.1) ? mutateBytes(whole, chance, layout.header.length) : whole;
}

/** Tensors that grew beyond this are cut off, which makes them a fault of another kind. */
const maxData = 4 * 2 ** 20;

const texts = [
  '',
  'x',
  '<s>',
  '</s>',
  '\n',
  '\u0000',
  '한글',
  'gpt2',
  'llama',
  'phi3',
  'bert',
  'x'.repeat(300),
  '<0x41>',
  '▁',
];
const numbers = [
  0,
  1,
  2,
  3,
  5,
  16,
  31,
  32,
  63,
  64,
  65,
  127,
  255,
  256,
  1000,
  4096,
  65535,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const floats = [0, -0, 1, -1, 1e-30, 1e30, 1e-5, 10000, Infinity, -Infinity, NaN];

/** Keys of llama.cpp that change how a file is read. */
const otherKeys: readonly (readonly [string, GgufValue])[] = [
  ['llama.expert_count', { type: 'u32', value: 8 }],
  ['llama.expert_used_count', { type: 'u32', value: 99 }],
  ['llama.rope.scaling.type', { type: 'string', value: 'yarn' }],
  ['llama.rope.scaling.factor', { type: 'f32', value: 0 }],
  ['llama.attention.sliding_window', { type: 'u32', value: 3 }],
  ['llama.attention.key_length', { type: 'u32', value: 0 }],
  ['llama.pooling_type', { type: 'u32', value: 7 }],
  ['qwen2.attention.key_length', { type: 'u32', value: 32 }],
  ['qwen2.rope.dimension_sections', { type: 'array', of: 'i32', values: [4, 2, 2, 0] }],
  ['qwen3.attention.key_length', { type: 'u32', value: 16 }],
  ['qwen3.attention.value_length', { type: 'u32', value: 64 }],
  ['qwen3.expert_count', { type: 'u32', value: 2 }],
  ['general.architecture', { type: 'string', value: 'qwen2' }],
  ['general.architecture', { type: 'string', value: 'qwen3' }],
  ['general.alignment', { type: 'u32', value: 64 }],
  ['split.count', { type: 'u16', value: 9 }],
  ['tokenizer.ggml.add_bos_token', { type: 'string', value: 'yes' }],
  ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: false }],
  ['tokenizer.ggml.precompiled_charsmap', { type: 'array', of: 'u8', values: [255, 255, 255, 255, 1] }],
  ['tokenizer.ggml.fim_pre_token_id', { type: 'u32', value: 2 ** 32 - 1 }],
  ['tokenizer.ggml.eot_token_id', { type: 'u32', value: 2 ** 31 }],
  ['tokenizer.ggml.pre', { type: 'string', value: 'default' }],
  ['tokenizer.ggml.pre', { type: 'string', value: 'gpt-4o' }],
  ['tokenizer.ggml.pre', { type: 'string', value: 'smollm' }],
  ['tokenizer.ggml.pre', { type: 'string', value: 'qwen2' }],
  [
    'tokenizer.chat_template',
    { type: 'string', value: '{% for a in range(9) %}{{ messages[a].content }}{% endfor %}' },
  ],
  ['clip.vision.feature_layer', { type: 'array', of: 'i32', values: [-2] }],
  ['clip.vision.feature_layer', { type: 'i32', value: 2 }],
];

function changeMetadata(metadata: Map<string, GgufValue>, chance: Chance): void {
  const key = chance.pick([...metadata.keys()]);
  const value = metadata.get(key);
  const kind = chance.below(8);
  if (kind === 0 || value === undefined) metadata.delete(key);
  else if (kind === 1) metadata.set(...chance.pick(otherKeys));
  else if (kind === 2) metadata.set(key, metadata.get(chance.pick([...metadata.keys()]))!);
  else if (value.type === 'array')
    metadata.set(key, { ...value, values: changeValues(value.values, value.of, chance) });
  else metadata.set(key, { type: value.type, value: changeScalar(value.type, chance) });
}

function changeValues<T>(values: readonly T[], of: GgufValue['type'], chance: Chance): T[] {
  const changed = [...values];
  const at = chance.below(Math.max(1, changed.length));
  const kind = chance.below(5);
  if (kind === 0) changed.splice(at, 1 + chance.below(3));
  else if (kind === 1) changed.push(...changed.slice(at, at + 2));
  else if (kind === 2) changed.length = 0;
  else if (kind === 3 && changed.length > 0) changed[at] = changed[chance.below(changed.length)]!;
  else if (changed.length > 0) changed[at] = changeScalar(of, chance) as T;
  return changed;
}

function changeScalar(type: GgufValue['type'], chance: Chance): string | number | boolean {
  if (type === 'string') return chance.pick(texts);
  if (type === 'bool') return chance.is(0.5);
  if (type === 'f32' || type === 'f64') return chance.pick(floats);
  if (type === 'u32') return chance.pick(numbers);
  return chance.pick([0, 1, 2, 3, 4, 5, 6, 7, 100]);
}

function changeTensors(
  tensors: { name: string; type: GgufTensorType; shape: number[] }[],
  chance: Chance,
): void {
  const at = chance.below(tensors.length);
  const tensor = tensors[at]!;
  switch (chance.below(7)) {
    case 0:
      tensors.splice(at, 1);
      return;
    case 1:
      tensors.push({
        ...tensor,
        name: chance.pick([
          tensor.name,
          'x',
          `${tensor.name}.1`,
          'v.patch_embd.bias',
          'mm.1.weight',
          'rope_freqs.weight',
          'output.bias',
          'blk.0.attn_q.bias',
          'blk.0.attn_k_norm.weight',
          'blk.0.attn_qkv.weight',
        ]),
      });
      return;
    case 2:
      tensor.type = chance.pick(Object.keys(tensorTypes) as GgufTensorType[]);
      return;
    case 3:
      tensor.shape = tensor.shape.toReversed();
      return;
    case 4:
      tensor.shape = chance.pick([[...tensor.shape, 1], [1, ...tensor.shape], tensor.shape.slice(1)]);
      return;
    case 5:
      tensor.shape[chance.below(tensor.shape.length)] = 1 + chance.pick(numbers.slice(0, 14));
      return;
    default: {
      const other = chance.pick(tensors);
      [tensor.name, other.name] = [other.name, tensor.name];
    }
  }
}

import { join } from 'node:path';

import { bitsOf, float16Bits } from '../../native-models/formats/weights/float-types.ts';
import {
  tensorBytes,
  type GgufMetadata,
  type GgufTensor,
  type GgufTensorType,
  type GgufValue,
} from '../../native-models/formats/gguf/gguf-format.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { layoutGguf, writeGguf } from '../../native-models/formats/gguf/write-gguf.ts';
import {
  requiredTensors,
  type LanguageShape,
  type ShapedTensor,
} from '../../native-models/package/language-shape.ts';
import { familyGolden } from './family-golden.ts';
import { uniform } from './random-tensors.ts';

/** What SmolVLM-500M's configuration says of its tower and its language model. */
const tower = { width: 768, inner: 3072, layers: 12, heads: 12, tile: 512, patch: 16, shuffle: 4 } as const;
const language: LanguageShape = {
  ...{ width: 960, layers: 32, heads: 15, keyValueHeads: 5, headSize: 64, inner: 2560 },
  ...{ vocabulary: 49280, contextLimit: 8192, exactContext: 8192 },
  architecture: 'llama',
};

const u32 = (value: number): GgufValue => ({ type: 'u32', value });

/**
 * A pair of SmolVLM-500M's shapes and number formats (Q8_0), with random weights and the few words of a golden vocabulary, as
 * `NAME-Q8_0.gguf` and `mmproj-NAME-Q8_0.gguf` in `folder`.
 */
export async function writeRandomPair(folder: string, name: string): Promise<void> {
  const half = (file: string) => readGguf(join(familyGolden('smolvlm-a').folder, 'pair', `${file}.gguf`));
  const [vision, text] = [await half('mmproj'), await half('language')];
  await write(join(folder, `mmproj-${name}-Q8_0.gguf`), visionMetadata(vision.metadata), visionTensors());
  const tensors: ShapedTensor[] = [
    ...requiredTensors(language),
    ['output.weight', [language.vocabulary, language.width]],
  ];
  await write(join(folder, `${name}-Q8_0.gguf`), languageMetadata(text.metadata), tensors);
}

function visionMetadata(golden: GgufMetadata): GgufMetadata {
  return new Map([
    ...golden,
    ['clip.vision.projection_dim', u32(language.width)],
    ['clip.vision.image_size', u32(tower.tile)],
    ['clip.vision.patch_size', u32(tower.patch)],
    ['clip.vision.embedding_length', u32(tower.width)],
    ['clip.vision.feed_forward_length', u32(tower.inner)],
    ['clip.vision.block_count', u32(tower.layers)],
    ['clip.vision.attention.head_count', u32(tower.heads)],
    ['clip.vision.projector.scale_factor', u32(tower.shuffle)],
    ['clip.vision.preproc_image_size', u32(4 * tower.tile)],
  ]);
}

function visionTensors(): ShapedTensor[] {
  const { width, inner, patch, shuffle } = tower;
  const linear = (name: string, inputs: number, outputs: number): ShapedTensor[] => [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
  const norm = (name: string): ShapedTensor[] => [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ];
  const tokens = (tower.tile / patch) ** 2;
  return [
    ['mm.model.fc.weight', [language.width, width * shuffle ** 2]],
    ['v.patch_embd.weight', [width, 3, patch, patch]],
    ['v.patch_embd.bias', [width]],
    ['v.position_embd.weight', [tokens, width]],
    ...norm('v.post_ln'),
    ...Array.from({ length: tower.layers }, (_, layer) => `v.blk.${layer}`).flatMap((at) => [
      ...['q', 'k', 'v', 'out'].flatMap((role) => linear(`${at}.attn_${role}`, width, width)),
      ...norm(`${at}.ln1`),
      ...norm(`${at}.ln2`),
      ...linear(`${at}.ffn_up`, width, inner),
      ...linear(`${at}.ffn_down`, inner, width),
    ]),
  ];
}

function languageMetadata(golden: GgufMetadata): GgufMetadata {
  const list = (key: string) => (golden.get(key) as Extract<GgufValue, { type: 'array' }>).values;
  const tokens = list('tokenizer.ggml.tokens').map(String);
  const types = list('tokenizer.ggml.token_type').map(Number);
  for (let at = tokens.length; at < language.vocabulary; at++) {
    tokens.push(`[PAD${at}]`);
    types.push(5);
  }
  return new Map<string, GgufValue>([
    ...golden,
    ['llama.block_count', u32(language.layers)],
    ['llama.context_length', u32(language.contextLimit)],
    ['llama.embedding_length', u32(language.width)],
    ['llama.feed_forward_length', u32(language.inner)],
    ['llama.attention.head_count', u32(language.heads)],
    ['llama.attention.head_count_kv', u32(language.keyValueHeads)],
    ['llama.attention.key_length', u32(language.headSize)],
    ['llama.attention.value_length', u32(language.headSize)],
    ['llama.rope.dimension_count', u32(language.headSize)],
    ['llama.vocab_size', u32(language.vocabulary)],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: tokens }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', values: types }],
  ]);
}

/** Matrices in Q8_0; the filters' rows are too short for that, and positions are exact in every file. */
function typeOf([name, shape]: ShapedTensor): GgufTensorType {
  if (shape.length === 1 || name === 'v.position_embd.weight') return 'f32';
  return shape.length === 4 ? 'f16' : 'q8_0';
}

async function write(path: string, metadata: GgufMetadata, shaped: readonly ShapedTensor[]): Promise<void> {
  const planned = shaped.map((tensor) => ({ name: tensor[0], shape: tensor[1], type: typeOf(tensor) }));
  const random = uniform(1);
  const layout = layoutGguf(metadata, planned);
  const blocks = randomBlocks(random);
  await writeGguf({
    ...{ path, layout },
    data: async function* (tensor) {
      if (tensor.type !== 'q8_0') return yield exactValues(tensor, random);
      for (let done = 0; done < tensor.bytes; done += blocks.length)
        yield blocks.subarray(0, Math.min(blocks.length, tensor.bytes - done));
    },
  });
}

/** Whole blocks of 32 numbers (a scale, then bytes) of a deviation near 1 / 30, as trained matrices of these widths have it. */
function randomBlocks(random: () => number): Uint8Array {
  const blocks = new Uint8Array(34 * 32749);
  const scale = halfOf(1 / 30 / 73);
  for (let at = 0; at < blocks.length; at++) blocks[at] = 256 * random();
  for (let at = 0; at < blocks.length; at += 34) new DataView(blocks.buffer).setUint16(at, scale, true);
  return blocks;
}

const halfOf = (value: number) => float16Bits(bitsOf(Float32Array.of(value))[0]!);

/** Weights of norms are one; everything else is small. */
function exactValues({ name, type, shape }: GgufTensor, random: () => number): Uint8Array {
  const isNorm = /(norm|ln1|ln2|post_ln)\.weight$/.test(name);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => (isNorm ? 1 : 0.07 * (random() - 0.5)));
  const bytes = new Uint8Array(tensorBytes(type, shape));
  if (type === 'f32') bytes.set(new Uint8Array(values.buffer));
  else values.forEach((value, at) => new DataView(bytes.buffer).setUint16(2 * at, halfOf(value), true));
  return bytes;
}

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
import { familyGolden, type FamilyCase } from './family-golden.ts';
import { uniform } from './random-tensors.ts';

/** What the configurations of published models say of their towers and language models. */
interface PublishedPair {
  /** Whose metadata and names of tensors it has. */
  readonly golden: FamilyCase;
  readonly tower: Tower;
  readonly language: LanguageShape;
}

interface Tower {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  /** Pixels of a tile's and a patch's side. */
  readonly tile: number;
  readonly patch: number;
  /** Patches a side that become one token. */
  readonly shuffle: number;
}

const siglipBase: Tower = {
  ...{ width: 768, inner: 3072, layers: 12, heads: 12, tile: 512, patch: 16, shuffle: 4 },
};
const smolLanguage = {
  architecture: 'llama',
  ...{ headSize: 64, vocabulary: 49280, contextLimit: 8192, exactContext: 8192 },
} as const;

export const publishedPairs = {
  'SmolVLM-256M-Instruct': {
    golden: 'smolvlm-a',
    tower: siglipBase,
    language: { ...smolLanguage, width: 576, layers: 30, heads: 9, keyValueHeads: 3, inner: 1536 },
  },
  'SmolVLM-500M-Instruct': {
    golden: 'smolvlm-a',
    tower: siglipBase,
    language: { ...smolLanguage, width: 960, layers: 32, heads: 15, keyValueHeads: 5, inner: 2560 },
  },
  'InternVL3-1B-Instruct': {
    golden: 'internvl-a',
    tower: { width: 1024, inner: 4096, layers: 24, heads: 16, tile: 448, patch: 14, shuffle: 2 },
    language: {
      ...{ width: 896, layers: 24, heads: 14, keyValueHeads: 2, headSize: 64, inner: 4864 },
      ...{ vocabulary: 151674, contextLimit: 32768, exactContext: 32768 },
      architecture: 'qwen2',
    },
  },
} satisfies Record<string, PublishedPair>;

const u32 = (value: number): GgufValue => ({ type: 'u32', value });

/**
 * A pair of a published model's shapes and number formats (Q8_0), with random weights and the few words of a golden
 * vocabulary, as `NAME-Q8_0.gguf` and `mmproj-NAME-Q8_0.gguf` in `folder`.
 * @param share of the layers of tower and language model, 0 to 1; every other number stays as published
 */
export async function writeRandomPair(
  folder: string,
  name: keyof typeof publishedPairs,
  share = 1,
): Promise<void> {
  const { golden, ...published }: PublishedPair = publishedPairs[name];
  const fewer = <T extends { readonly layers: number }>(part: T): T => ({
    ...part,
    layers: Math.ceil(share * part.layers),
  });
  const [tower, language] = [fewer(published.tower), fewer(published.language)];
  const half = (file: string) => readGguf(join(familyGolden(golden).folder, 'pair', `${file}.gguf`));
  const [vision, text] = [await half('mmproj'), await half('language')];
  const mmproj = visionMetadata(vision.metadata, tower, language.width);
  const isInternVl = vision.tensors.some((tensor) => tensor.name === 'v.class_embd');
  const tensors = visionTensors(tower, language.width, isInternVl);
  await write(join(folder, `mmproj-${name}-Q8_0.gguf`), mmproj, tensors);
  await write(join(folder, `${name}-Q8_0.gguf`), languageMetadata(text.metadata, language), [
    ...requiredTensors(language),
    ['output.weight', [language.vocabulary, language.width]],
  ]);
}

function visionMetadata(golden: GgufMetadata, tower: Tower, projected: number): GgufMetadata {
  const own = new Map([
    ['clip.vision.projection_dim', projected],
    ['clip.vision.image_size', tower.tile],
    ['clip.vision.patch_size', tower.patch],
    ['clip.vision.embedding_length', tower.width],
    ['clip.vision.feed_forward_length', tower.inner],
    ['clip.vision.block_count', tower.layers],
    ['clip.vision.attention.head_count', tower.heads],
    ['clip.vision.projector.scale_factor', tower.shuffle],
    ['clip.vision.preproc_image_size', 4 * tower.tile],
  ]);
  const given = [...own].filter(([key]) => golden.has(key)).map(([key, value]) => [key, u32(value)] as const);
  return new Map([...golden, ...given]);
}

function visionTensors(tower: Tower, projected: number, isInternVl: boolean): ShapedTensor[] {
  const { width, inner, patch, shuffle } = tower;
  const linear = (name: string, inputs: number, outputs: number): ShapedTensor[] => [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
  const norm = (name: string, size = width): ShapedTensor[] => [
    [`${name}.weight`, [size]],
    [`${name}.bias`, [size]],
  ];
  const patches = (tower.tile / patch) ** 2;
  const shuffled = width * shuffle ** 2;
  const around: ShapedTensor[] = isInternVl
    ? [
        ...norm('mm.model.mlp.0', shuffled),
        ...linear('mm.model.mlp.1', shuffled, projected),
        ...linear('mm.model.mlp.3', projected, projected),
        ['v.class_embd', [1, 1, width]],
        ['v.position_embd.weight', [1, patches + 1, width]],
      ]
    : [
        ['mm.model.fc.weight', [projected, shuffled]],
        ['v.position_embd.weight', [patches, width]],
        ...norm('v.post_ln'),
      ];
  const block = (at: string): ShapedTensor[] => [
    ...['q', 'k', 'v', 'out'].flatMap((role) => linear(`${at}.attn_${role}`, width, width)),
    ...norm(`${at}.ln1`),
    ...norm(`${at}.ln2`),
    ...linear(`${at}.ffn_up`, width, inner),
    ...linear(`${at}.ffn_down`, inner, width),
    ...(isInternVl ? ['ls1', 'ls2'].map((scale): ShapedTensor => [`${at}.${scale}.weight`, [width]]) : []),
  ];
  return [
    ...around,
    ['v.patch_embd.weight', [width, 3, patch, patch]],
    ['v.patch_embd.bias', [width]],
    ...Array.from({ length: tower.layers }, (_, layer) => block(`v.blk.${layer}`)).flat(),
  ];
}

function languageMetadata(golden: GgufMetadata, language: LanguageShape): GgufMetadata {
  const list = (key: string) => (golden.get(key) as Extract<GgufValue, { type: 'array' }>).values;
  const tokens = list('tokenizer.ggml.tokens').map(String);
  const types = list('tokenizer.ggml.token_type').map(Number);
  for (let at = tokens.length; at < language.vocabulary; at++) {
    tokens.push(`[PAD${at}]`);
    types.push(5);
  }
  const own = {
    block_count: language.layers,
    context_length: language.contextLimit,
    embedding_length: language.width,
    feed_forward_length: language.inner,
    'attention.head_count': language.heads,
    'attention.head_count_kv': language.keyValueHeads,
    'attention.key_length': language.headSize,
    'attention.value_length': language.headSize,
    'rope.dimension_count': language.headSize,
    vocab_size: language.vocabulary,
  };
  return new Map<string, GgufValue>([
    ...golden,
    ...Object.entries(own).map(([key, value]) => [`${language.architecture}.${key}`, u32(value)] as const),
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: tokens }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', values: types }],
  ]);
}

/** Matrices in Q8_0; the filters' rows are too short for that, and positions are exact in every file. */
function typeOf([name, shape]: ShapedTensor): GgufTensorType {
  if (shape.length === 1 || /^v\.(position|class)_embd/.test(name)) return 'f32';
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
  const isNorm = /(norm|ln1|ln2|post_ln|ls1|ls2|mlp\.0)\.weight$/.test(name);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => (isNorm ? 1 : 0.07 * (random() - 0.5)));
  const bytes = new Uint8Array(tensorBytes(type, shape));
  if (type === 'f32') bytes.set(new Uint8Array(values.buffer));
  else values.forEach((value, at) => new DataView(bytes.buffer).setUint16(2 * at, halfOf(value), true));
  return bytes;
}

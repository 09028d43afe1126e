import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { openCheckpoint, projectorPrefix } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import { encodeElements } from '../../native-models/formats/gguf/encode-tensor.ts';
import type { GgufMetadata, GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { planLanguage } from '../../native-models/convert/language/language.ts';
import { readTokenizer } from '../../native-models/convert/language/tokenizer.ts';
import { layoutGguf, writeGguf } from '../../native-models/formats/gguf/write-gguf.ts';
import { goldenCase } from './golden.ts';

export interface PairOptions {
  /** Of the matrices; vectors are f32, and the patches' filters at most f16, because their rows are short. */
  readonly type?: 'f32' | 'f16' | 'bf16' | 'q8_0';
  /** The feed-forward pair as older converters named it. */
  readonly isSwapped?: boolean;
  /** `cut`: the last layer taken away. `stated`: whole, with the layer to take named in the metadata. */
  readonly layers?: 'whole' | 'cut' | 'stated';
  /** The projector's last matrix as a K-quant, all zeros: the only one with rows of 256. */
  readonly isKQuant?: boolean;
  /** Last changes to the metadata of the mmproj file. */
  readonly change?: (metadata: Map<string, GgufValue>) => void;
}

export interface PairFiles {
  readonly mmproj: string;
  readonly language: string;
}

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });
const bool = (value: boolean): GgufValue => ({ type: 'bool', value });

/** The golden case `tower-inside` as a pair of GGUF files in `folder`, as llama.cpp's converters lay them out. */
export async function writeGoldenPair(folder: string, options: PairOptions = {}): Promise<PairFiles> {
  mkdirSync(folder, { recursive: true });
  const { checkpoint: directory, clip } = goldenCase('tower-inside');
  const checkpoint = await openCheckpoint(directory, { clip });
  try {
    const { vision, language } = checkpoint.config;
    // No layer of the checkpoint is missing here but those that nobody computes: their place takes the one before.
    const layers = options.layers === 'cut' ? vision.layersRun : vision.layersRun + 1;
    const type = options.type ?? 'f32';
    const sources = tensorNames(layers, vision.layersRun, options.isSwapped ?? false);
    const planned = sources.map(([name, source]) => {
      const info = checkpoint.tensors.tensors.get(source.replace('TOWER.', checkpoint.towerPrefix))!;
      const isKQuant = options.isKQuant && name === 'mm.2.weight';
      return { name, info, shape: info.shape, type: isKQuant ? ('q4_k' as const) : typeOf(info.shape, type) };
    });
    const metadata = new Map<string, GgufValue>([
      ['general.architecture', text('clip')],
      ['clip.has_vision_encoder', bool(true)],
      ['clip.projector_type', text('mlp')],
      ['clip.use_gelu', bool(false)],
      ['clip.vision.image_size', u32(vision.imageSize)],
      ['clip.vision.patch_size', u32(vision.patchSize)],
      ['clip.vision.embedding_length', u32(vision.hiddenSize)],
      ['clip.vision.feed_forward_length', u32(vision.intermediateSize)],
      ['clip.vision.attention.head_count', u32(vision.heads)],
      ['clip.vision.attention.layer_norm_epsilon', { type: 'f32', value: vision.layerNormEps }],
      ['clip.vision.block_count', u32(layers)],
      ['clip.vision.image_mean', { type: 'array', of: 'f32', values: vision.mean }],
      ['clip.vision.image_std', { type: 'array', of: 'f32', values: vision.std }],
    ]);
    if (options.layers === 'stated')
      metadata.set('clip.vision.feature_layer', { type: 'array', of: 'i32', values: [vision.layersRun] });
    options.change?.(metadata);
    const files = { mmproj: join(folder, 'mmproj.gguf'), language: join(folder, 'language.gguf') };
    const layout = layoutGguf(metadata as GgufMetadata, planned);
    const byName = new Map(planned.map((tensor) => [tensor.name, tensor]));
    await writeGguf({
      path: files.mmproj,
      layout,
      data: async function* ({ name, bytes }) {
        const { info, type: written } = byName.get(name)!;
        if (written === 'q4_k') return yield new Uint8Array(bytes);
        for await (const piece of checkpoint.tensors.pieces(info.name))
          yield encodeElements(piece, info, written);
      },
    });
    const tokenizer = await readTokenizer(directory, language.vocabularySize, checkpoint.facts);
    const plan = planLanguage(checkpoint, tokenizer, 'Golden pair', 'f32');
    await writeGguf({ path: files.language, layout: plan.layout, data: plan.data });
    return files;
  } finally {
    await checkpoint.close();
  }
}

function typeOf({ length }: readonly number[], type: NonNullable<PairOptions['type']>) {
  if (length === 1) return 'f32';
  return length === 4 && type === 'q8_0' ? 'f16' : type;
}

type Name = readonly [gguf: string, checkpoint: string];

function tensorNames(layers: number, layersRun: number, isSwapped: boolean): Name[] {
  const both = (gguf: string, source: string): Name[] =>
    ['weight', 'bias'].map((part) => [`${gguf}.${part}`, `${source}.${part}`]);
  const [fc1, fc2] = isSwapped ? ['ffn_down', 'ffn_up'] : ['ffn_up', 'ffn_down'];
  const names: Name[] = [
    ...[0, 2].flatMap((i) => both(`mm.${i}`, `${projectorPrefix}${i}`)),
    ['v.class_embd', 'TOWER.embeddings.class_embedding'],
    ['v.patch_embd.weight', 'TOWER.embeddings.patch_embedding.weight'],
    ['v.position_embd.weight', 'TOWER.embeddings.position_embedding.weight'],
    ...both('v.pre_ln', 'TOWER.pre_layrnorm'),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const to = `v.blk.${layer}`;
    const from = `TOWER.encoder.layers.${Math.min(layer, layersRun - 1)}`;
    names.push(
      ...['q', 'k', 'v'].flatMap((role) => both(`${to}.attn_${role}`, `${from}.self_attn.${role}_proj`)),
      ...both(`${to}.attn_out`, `${from}.self_attn.out_proj`),
      ...both(`${to}.ln1`, `${from}.layer_norm1`),
      ...both(`${to}.ln2`, `${from}.layer_norm2`),
      ...both(`${to}.${fc1}`, `${from}.mlp.fc1`),
      ...both(`${to}.${fc2}`, `${from}.mlp.fc2`),
    );
  }
  return names;
}

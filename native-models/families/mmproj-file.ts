import { quoted } from '../files/invalid.ts';
import { GgufFacts } from '../formats/gguf/gguf-facts.ts';
import type { GgufTensor } from '../formats/gguf/gguf-format.ts';
import type { GgufHeader } from '../formats/gguf/read-gguf.ts';
import { findWrongViews } from '../package/check-manifest.ts';
import type { Views } from '../package/manifest.ts';
import type { Recognised } from './recognised.ts';
import type { Seeing } from './seeing.ts';
import type { TowerForm, VisionConfig } from './tower.ts';

/** The vision half of a pair as llama.cpp's tools write it: a tower under `v.*` and the projector under `mm.*`. */
export interface Mmproj extends Recognised {
  /**
   * Its tensors by their names in a CLIP checkpoint, and those of the projector: `norm.weight`, and `0.weight`, `0.bias`,
   * `2.weight` ... or `weight` where there is one map alone; `newline` is what ends a line of tiles.
   */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Numbers of an embedding that the projector gives: the width of the language model it was trained with. */
  readonly languageWidth: number;
}

export type Named = readonly [name: string, tensor: GgufTensor];

/** Limits: beyond any tower, and small enough that products of three stay exact. */
const maxDimension = 2 ** 17;
const maxImage = 4096;
const maxLayers = 1000;

/** An mmproj file: its facts and its tensors. Every method throws `checkpoint-invalid` naming the file and the fault. */
export class MmprojFile {
  readonly facts: GgufFacts;
  readonly #stored: ReadonlyMap<string, GgufTensor>;

  /** @param file base name, for messages */
  constructor(header: GgufHeader, file: string) {
    this.facts = new GgufFacts(header, file, 'checkpoint-invalid');
    this.#stored = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
  }

  /** The oldest files state no type; there was only this one. */
  get projectorType(): string {
    const { facts } = this;
    return (
      facts.optionalText('clip.vision.projector_type') ?? facts.optionalText('clip.projector_type') ?? 'mlp'
    );
  }

  get tensorNames(): readonly string[] {
    return [...this.#stored.keys()];
  }

  has(name: string): boolean {
    return this.#stored.has(name);
  }

  /** A whole number from 1 to `most` below `clip.vision.`. */
  number(key: string, most: number): number {
    const value = this.facts.u32(`clip.vision.${key}`);
    if (value < 1 || value > most) throw this.facts.fault(`clip.vision.${key} is ${value}`);
    return value;
  }

  /** The same, or what an older file that does not state it means. */
  numberOr(key: string, most: number, older: number): number {
    return this.facts.has(`clip.vision.${key}`) ? this.number(key, most) : older;
  }

  /** A tensor with `rank` dimensions: leading dimensions of 1 are no part of it. */
  take(name: string, rank: number): GgufTensor {
    const tensor = this.#stored.get(name);
    if (tensor === undefined) throw this.facts.fault(`has no tensor ${name}`);
    const { shape } = tensor;
    const extra = shape.length - rank;
    if (extra < 0 || shape.slice(0, extra).some((size) => size !== 1)) {
      throw this.facts.fault(`tensor ${name} is [${shape.join(', ')}], which has not ${rank} dimensions`);
    }
    return { ...tensor, shape: shape.slice(extra) };
  }

  /** The numbers of the tower. `layersRun`: how many of its layers are computed. */
  tower(
    form: TowerForm,
    activation: VisionConfig['activation'],
    layersRun: (layers: number) => number = (layers) => layers,
  ): VisionConfig {
    const { facts } = this;
    const layers = this.number('block_count', maxLayers);
    const hiddenSize = this.number('embedding_length', maxDimension);
    const heads = this.number('attention.head_count', maxDimension);
    const imageSize = this.number('image_size', maxImage);
    const patchSize = this.number('patch_size', maxImage);
    if (hiddenSize % heads !== 0)
      throw facts.fault(`the tower's width ${hiddenSize} does not divide by ${heads} heads`);
    const layerNormEps = facts.f32('clip.vision.attention.layer_norm_epsilon');
    if (!(layerNormEps > 0 && layerNormEps < 1))
      throw facts.fault(`clip.vision.attention.layer_norm_epsilon is ${layerNormEps}`);
    const std = this.#rgb('clip.vision.image_std');
    if (std.some((deviation) => !(deviation > 0))) throw facts.fault('clip.vision.image_std is not positive');
    return {
      ...{ form, layers, hiddenSize, heads, imageSize, patchSize, layerNormEps, std, activation },
      // Some files state none, and the tensors say it anyway.
      intermediateSize: this.#feedForward(0, hiddenSize).find(([name]) => name.endsWith('fc1.bias'))![1]
        .shape[0]!,
      layersRun: layersRun(layers),
      mean: this.#rgb('clip.vision.image_mean'),
    };
  }

  /** All tensors that a tower of this form is computed from. */
  towerTensors({ layersRun, hiddenSize, form }: VisionConfig): Named[] {
    const plain = plainNames.filter(([, , isThere]) => isThere(form));
    const tensors = plain.map(([name, clip, , rank]): Named => [clip, this.take(name, rank)]);
    for (let layer = 0; layer < layersRun; layer++) {
      for (const [name, clip, rank] of blockNames) {
        tensors.push([
          `encoder.layers.${layer}.${clip}.weight`,
          this.take(`v.blk.${layer}.${name}.weight`, rank),
        ]);
        if (!form.qkvBias && qkvNames.includes(name)) continue;
        tensors.push([`encoder.layers.${layer}.${clip}.bias`, this.take(`v.blk.${layer}.${name}.bias`, 1)]);
      }
      if (form.layerScale) {
        for (const scale of ['1', '2']) {
          tensors.push([
            `encoder.layers.${layer}.layer_scale${scale}`,
            this.take(`v.blk.${layer}.ls${scale}.weight`, 1),
          ]);
        }
      }
      tensors.push(...this.#feedForward(layer, hiddenSize));
    }
    return tensors;
  }

  /**
   * The numbers of a family of tiles, looked at before anything is made as long as one of them.
   * @param views by what the file states
   */
  seeing(views: Views, { imageSize, patchSize, mean, std }: VisionConfig): Seeing {
    const fault = findWrongViews(views, {
      patch: patchSize,
      tokens: Math.floor(imageSize / patchSize) ** 2,
    });
    if (fault !== null) throw this.facts.fault(`does not fit together: ${fault}`);
    return { views, normalisation: { mean: [...mean], std: [...std] }, vision: { patch: patchSize } };
  }

  /** Whether its converter is of a time when the feed-forward pair was named as now; InternVL's never was another. */
  get #isNew(): boolean {
    return this.projectorType === 'internvl' || this.facts.has('clip.vision.preproc_image_size');
  }

  #rgb(key: string): [number, number, number] {
    const values = this.facts.array(key, 'f32');
    const isRight = values.length >= 3 && values.every((value) => Number.isFinite(value));
    if (!isRight) throw this.facts.fault(`${key} is not three numbers`);
    const [red, green, blue] = values as readonly number[];
    return [red!, green!, blue!];
  }

  /**
   * fc1 widens and fc2 narrows. Older converters wrote them as `ffn_down` and `ffn_up`, newer ones the other way round; the
   * shapes tell which: the rows of fc1 are as long as the tower is wide. Where those of fc2 are as well, the age tells.
   */
  #feedForward(layer: number, width: number): Named[] {
    const at = `v.blk.${layer}.`;
    const rowOf = (name: string) => this.take(`${at}${name}.weight`, 2).shape.at(-1);
    const isSwapped = rowOf('ffn_down') === width && (rowOf('ffn_up') !== width || !this.#isNew);
    const [fc1, fc2] = isSwapped ? ['ffn_down', 'ffn_up'] : ['ffn_up', 'ffn_down'];
    return ['weight', 'bias'].flatMap((part): Named[] => [
      [`encoder.layers.${layer}.mlp.fc1.${part}`, this.take(`${at}${fc1}.${part}`, part === 'bias' ? 1 : 2)],
      [`encoder.layers.${layer}.mlp.fc2.${part}`, this.take(`${at}${fc2}.${part}`, part === 'bias' ? 1 : 2)],
    ]);
  }
}

/** llama.cpp's and CLIP's names of everything outside the blocks, which towers have it, and its dimensions. */
const plainNames: readonly (readonly [string, string, (form: TowerForm) => boolean, number])[] = [
  ['v.class_embd', 'embeddings.class_embedding', ({ classToken }) => classToken, 1],
  ['v.patch_embd.weight', 'embeddings.patch_embedding.weight', () => true, 4],
  ['v.patch_embd.bias', 'embeddings.patch_embedding.bias', ({ patchBias }) => patchBias, 1],
  ['v.position_embd.weight', 'embeddings.position_embedding.weight', () => true, 2],
  ['v.pre_ln.weight', 'pre_layrnorm.weight', ({ preNorm }) => preNorm, 1],
  ['v.pre_ln.bias', 'pre_layrnorm.bias', ({ preNorm }) => preNorm, 1],
  ['v.post_ln.weight', 'post_layernorm.weight', ({ postNorm }) => postNorm, 1],
  ['v.post_ln.bias', 'post_layernorm.bias', ({ postNorm }) => postNorm, 1],
];

/** The names of a block's parts, and the dimensions of their weights. The feed-forward pair is found by its shapes. */
const blockNames: readonly (readonly [string, string, number])[] = [
  ['attn_q', 'self_attn.q_proj', 2],
  ['attn_k', 'self_attn.k_proj', 2],
  ['attn_v', 'self_attn.v_proj', 2],
  ['attn_out', 'self_attn.out_proj', 2],
  ['ln1', 'layer_norm1', 1],
  ['ln2', 'layer_norm2', 1],
];

const qkvNames = ['attn_q', 'attn_k', 'attn_v'];

/** Throws for a tower that has, or computes, something that no tower of its family does. */
export function refuseOtherTower(file: MmprojFile): void {
  const { facts } = file;
  if (facts.optionalBool('clip.use_silu') || facts.optionalBool('clip.use_gelu') === false)
    throw facts.fault(`computes its tower with another activation than ${quoted(file.projectorType)} does`);
  if (facts.has('clip.vision.feature_layer'))
    throw facts.fault('joins the features of several layers, which this app cannot do', 'unsupported-model');
  const strange = file.tensorNames.find((name) => /^v\.(pre_ln|blk\.0\.attn_[qk]_norm)\./.test(name));
  if (strange !== undefined) {
    const fault = `has a tower of another kind (${strange}), such as that of 6 billion parameters, which this app cannot compute; llama.cpp's own llama-mtmd-cli runs it`;
    throw facts.fault(fault, 'unsupported-model');
  }
}

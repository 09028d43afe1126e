import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import type { LanguageConfig, ModelConfig } from './model-config.ts';
import { hiddenTokens, type ConnectorConfig, type VisionConfig } from '../../families/tower.ts';
import type { TensorFiles } from '../../formats/weights/tensor-files.ts';

/** Name after the prefix, and shape as PyTorch prints it. */
export type ExpectedTensor = readonly [name: string, shape: readonly number[]];

/** The layers of the tower that are computed, by CLIP's names; what follows them may be there or not. */
export function towerTensors(vision: VisionConfig): ExpectedTensor[] {
  const { hiddenSize: width, intermediateSize: inner, patchSize, form } = vision;
  const tensors: ExpectedTensor[] = [
    ['embeddings.patch_embedding.weight', [width, 3, patchSize, patchSize]],
    ['embeddings.position_embedding.weight', [hiddenTokens(vision), width]],
  ];
  if (form.classToken) tensors.push(['embeddings.class_embedding', [width]]);
  if (form.patchBias) tensors.push(['embeddings.patch_embedding.bias', [width]]);
  // Spelled so by the published weights.
  if (form.preNorm) tensors.push(...norm('pre_layrnorm', width));
  if (form.postNorm) tensors.push(...norm('post_layernorm', width));
  for (let layer = 0; layer < vision.layersRun; layer++) {
    const at = `encoder.layers.${layer}.`;
    for (const name of ['q_proj', 'k_proj', 'v_proj']) {
      const [weight, bias] = linear(`${at}self_attn.${name}`, width, width);
      tensors.push(weight, ...(form.qkvBias ? [bias] : []));
    }
    tensors.push(...linear(`${at}self_attn.out_proj`, width, width));
    tensors.push(...norm(`${at}layer_norm1`, width), ...norm(`${at}layer_norm2`, width));
    tensors.push(...linear(`${at}mlp.fc1`, width, inner), ...linear(`${at}mlp.fc2`, inner, width));
    if (form.layerScale) tensors.push([`${at}layer_scale1`, [width]], [`${at}layer_scale2`, [width]]);
  }
  return tensors;
}

/**
 * What turns the joined features of a view into embeddings: one map without bias, a normalisation and two maps, or two maps and
 * what ends a line.
 */
export function connectorTensors(
  { hiddenSize }: VisionConfig,
  { shuffle, normEps, endsLines = false, hasBias = true }: ConnectorConfig,
  languageWidth: number,
): ExpectedTensor[] {
  const width = hiddenSize * shuffle ** 2;
  const maps = [...linear('0', width, languageWidth), ...linear('2', languageWidth, languageWidth)].filter(
    ([name]) => hasBias || !name.endsWith('.bias'),
  );
  if (endsLines) return [...maps, ['newline', [languageWidth]]];
  return normEps === null ? [['weight', [languageWidth, width]]] : [...norm('norm', width), ...maps];
}

/** DEM (`SpatialEmbed`), after `model.spatial_embed.`. */
export function enhanceTensors(width: number): ExpectedTensor[] {
  return [
    ...[0, 1, 2, 3].flatMap((i) => linear(`attention.linears.${i}`, width, width)),
    ...norm('attention.ln', width),
    ...['ffn_crop', 'ffn_stride'].flatMap((name) => [
      ...linear(`${name}.0`, width, width / 16),
      ...linear(`${name}.2`, width / 16, width / 2),
    ]),
    ...norm('ln_fuse', width),
  ];
}

/** The projector, after `model.mm_projector.`: a Sequential with an activation at every odd index, or one Linear. */
export function projectorTensors(
  { vision, projector, language }: ModelConfig,
  sequential: boolean,
): ExpectedTensor[] {
  if (!sequential) return linear('', vision.hiddenSize, language.hiddenSize);
  return Array.from({ length: projector.layers }, (_, i) =>
    linear(String(2 * i), i === 0 ? vision.hiddenSize : language.hiddenSize, language.hiddenSize),
  ).flat();
}

/** The language model, whole names. */
export function languageTensors(language: LanguageConfig): ExpectedTensor[] {
  const { hiddenSize: width, intermediateSize: inner, heads, keyValueHeads, headSize, prefixes } = language;
  const tensors: ExpectedTensor[] = [
    [`${prefixes.body}embed_tokens.weight`, [language.vocabularySize, width]],
    [`${prefixes.body}norm.weight`, [width]],
  ];
  if (!language.tiedEmbeddings) tensors.push([`${prefixes.head}weight`, [language.vocabularySize, width]]);
  for (let layer = 0; layer < language.layers; layer++) {
    const at = `${prefixes.body}layers.${layer}.`;
    if (language.architecture === 'phi3') {
      tensors.push(
        [`${at}self_attn.qkv_proj.weight`, [(heads + 2 * keyValueHeads) * headSize, width]],
        [`${at}mlp.gate_up_proj.weight`, [2 * inner, width]],
      );
    } else {
      for (const [role, rows] of [
        ['q', heads * headSize],
        ['k', keyValueHeads * headSize],
        ['v', keyValueHeads * headSize],
      ] as const) {
        tensors.push([`${at}self_attn.${role}_proj.weight`, [rows, width]]);
        if (language.architecture === 'qwen2') tensors.push([`${at}self_attn.${role}_proj.bias`, [rows]]);
      }
      tensors.push(
        [`${at}mlp.gate_proj.weight`, [inner, width]],
        [`${at}mlp.up_proj.weight`, [inner, width]],
      );
    }
    if (language.architecture === 'qwen3') {
      tensors.push(
        [`${at}self_attn.q_norm.weight`, [headSize]],
        [`${at}self_attn.k_norm.weight`, [headSize]],
      );
    }
    tensors.push(
      [`${at}self_attn.o_proj.weight`, [width, heads * headSize]],
      [`${at}mlp.down_proj.weight`, [width, inner]],
      [`${at}input_layernorm.weight`, [width]],
      [`${at}post_attention_layernorm.weight`, [width]],
    );
  }
  return tensors;
}

function linear(name: string, inputs: number, outputs: number): [ExpectedTensor, ExpectedTensor] {
  const at = name === '' ? '' : `${name}.`;
  return [
    [`${at}weight`, [outputs, inputs]],
    [`${at}bias`, [outputs]],
  ];
}

function norm(name: string, width: number): ExpectedTensor[] {
  return [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ];
}

/** Throws `checkpoint-invalid`, naming the tensor, unless all are there in a float type and of the stated shapes. */
export function checkTensors(source: TensorFiles, prefix: string, expected: readonly ExpectedTensor[]): void {
  for (const [suffix, shape] of expected) {
    const name = prefix + suffix;
    const info = source.tensors.get(name);
    if (info === undefined) {
      const other = source.others.get(name);
      if (other === undefined) throw invalidCheckpoint(source.label, `tensor ${name} is missing`);
      throw invalidCheckpoint(source.label, `tensor ${name} is ${quoted(other)}; f32, f16 or bf16 is needed`);
    }
    if (info.shape.length !== shape.length || info.shape.some((dimension, i) => dimension !== shape[i])) {
      throw invalidCheckpoint(
        info.file,
        `tensor ${name} has the shape [${info.shape.join(', ')}]; the configuration needs [${shape.join(', ')}]`,
      );
    }
  }
}

/**
 * The same for the language model, whose first layer may hold no weights that its architecture would leave out: with them it is
 * another model than its configuration says.
 */
export function checkLanguageTensors(source: TensorFiles, language: LanguageConfig): void {
  const expected = languageTensors(language);
  checkTensors(source, '', expected);
  const known = new Set(expected.map(([name]) => name));
  const first = `${language.prefixes.body}layers.0.`;
  const isWeight = (name: string) => name.startsWith(first) && /\.(weight|bias)$/.test(name);
  const extra = [...source.tensors.keys()].find((name) => isWeight(name) && !known.has(name));
  if (extra === undefined) return;
  const fault = `tensor ${extra} has no part in ${quoted(language.architecture)}, which the configuration says`;
  throw invalidCheckpoint(source.label, fault);
}

/** The arithmetic of a tower and of what turns its features into embeddings, as numbers that a model's files state. */

/** A plain ViT (`config.json` of the tower, "vision_config"). */
export interface VisionConfig {
  readonly form: TowerForm;
  /** Width D of a token. */
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  /** Layers in the file; `layersRun` of them are computed. */
  readonly layers: number;
  /** CLIP: hidden_states[mm_vision_select_layer] in layers: depth + 1 + select for a negative select. */
  readonly layersRun: number;
  readonly heads: number;
  /** Side of the encoder's square input in pixels: the tile side S. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly layerNormEps: number;
  /** `gelu` is the exact one, by erf. */
  readonly activation: 'quick_gelu' | 'gelu' | 'gelu_tanh';
  /** Per channel RGB, of values in 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** What a tower has before, between and after its blocks. */
export interface TowerForm {
  /** A token of its own in front of the patches, which is no feature. */
  readonly classToken: boolean;
  readonly patchBias: boolean;
  /** Whether the maps to queries, keys and values add one. */
  readonly qkvBias: boolean;
  /** Layer normalisation in front of the first block, and after the last. */
  readonly preNorm: boolean;
  readonly postNorm: boolean;
  /** What a block adds is scaled channel by channel (`layer_scale1`, `layer_scale2`). */
  readonly layerScale: boolean;
}

/** CLIP, of which LLaVA takes a layer before the last: post_layernorm is not computed. */
export const clipForm: TowerForm = {
  classToken: true,
  patchBias: false,
  qkvBias: true,
  preNorm: true,
  postNorm: false,
  layerScale: false,
};

/** CLIP's own, as in its preprocessor_config.json (openai/clip-vit-large-patch14-336); checkpoints built on it leave it out. */
export const clipNormalisation: Pick<VisionConfig, 'mean' | 'std'> = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** How the features of a view become rows of embeddings where DEM does not stand between. */
export interface ConnectorConfig {
  /** Tokens a side that are joined into one row (pixel shuffle); 1 joins none. */
  readonly shuffle: number;
  /** Epsilon of a layer normalisation in front of the linear maps; null where there is none. */
  readonly normEps: number | null;
  /** Whether there are two maps and, beside what they give, an embedding that ends a line (LLaVA-NeXT). */
  readonly endsLines?: boolean;
  /** Whether two maps add a bias each; true where it is left out. One map alone adds none. */
  readonly hasBias?: boolean;
}

/**
 * Layers behind which the chosen hidden state stands: 0 are the embeddings, negative ones count from the end. null where there is
 * no such layer.
 */
export function layersUpTo(select: number, layers: number): number | null {
  const count = select < 0 ? layers + 1 + select : select;
  return count < 1 || count > layers ? null : count;
}

/** Patches a side of one view; pixels on the right and at the bottom that do not fill one are left out. */
export function gridSide(config: Pick<VisionConfig, 'imageSize' | 'patchSize'>): number {
  return Math.floor(config.imageSize / config.patchSize);
}

/** Tokens in the hidden states: the patches T, and the class token where there is one. */
export function hiddenTokens(config: Pick<VisionConfig, 'imageSize' | 'patchSize' | 'form'>): number {
  return gridSide(config) ** 2 + Number(config.form.classToken);
}

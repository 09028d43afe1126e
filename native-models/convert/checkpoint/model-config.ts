import type { VisionConfig } from '../../families/tower.ts';

/** Everything about a checkpoint's architecture, read from its config files and checked against its tensors. */
export interface ModelConfig {
  readonly vision: VisionConfig;
  readonly crops: CropConfig;
  readonly projector: ProjectorConfig;
  readonly language: LanguageConfig;
}

export interface CropConfig {
  /** Crops a side: n x n local and n x n global crops. The published configuration does not state it; 3 there. */
  readonly n: number;
}

/** `mm_projector_type`: `linear` is one layer and `mlpNx_gelu` N, with GELU(erf) between them; D -> H, then H -> H. */
export interface ProjectorConfig {
  readonly layers: number;
}

/** Language models that are converted from a checkpoint. */
export type CheckpointLanguage = 'llama' | 'qwen2' | 'qwen3' | 'phi3';

/** What stands before the names of a language model's tensors, which families put in different places. */
export interface LanguagePrefixes {
  /** Before `embed_tokens.`, `layers.` and `norm.`: `model.` where the checkpoint is a language model with additions. */
  readonly body: string;
  /** Before `weight` of the output matrix. */
  readonly head: string;
}

/** The language model (`config.json` of the checkpoint, or its `text_config` or `llm_config`). */
export interface LanguageConfig {
  readonly architecture: CheckpointLanguage;
  readonly prefixes: LanguagePrefixes;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Heads need not fill the width in `qwen3`. */
  readonly headSize: number;
  readonly vocabularySize: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** Stretched rotary frequencies; null for INF-LLaVA's published checkpoints. */
  readonly ropeScaling: RopeScaling | null;
  readonly contextLength: number;
  /** Tokens that attend over their own window alone; null where all attend over all before them, as llama.cpp computes it. */
  readonly slidingWindow: number | null;
  readonly tiedEmbeddings: boolean;
}

export type RopeScaling = LinearRopeScaling | YarnRopeScaling | Llama3RopeScaling | LongRopeScaling;

/** Every frequency divided by `factor`. */
export interface LinearRopeScaling {
  readonly type: 'linear';
  readonly factor: number;
}

/** YaRN: low frequencies divided by `factor`, those that turn 32 times within the original context kept, a ramp between them. */
export interface YarnRopeScaling {
  readonly type: 'yarn';
  readonly factor: number;
  /** By what rotated queries and keys are multiplied. */
  readonly attentionFactor: number;
  /** Context length before the stretch, in tokens. */
  readonly originalContextLength: number;
}

/** Llama 3.1 and later: low frequencies divided by `factor`, high ones kept, a ramp between them. */
export interface Llama3RopeScaling {
  readonly type: 'llama3';
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  /** Context length before the stretch, in tokens. */
  readonly originalContextLength: number;
}

/** Phi-3 (`longrope`, once `su`): every frequency divided by a factor of its own, for short contexts and for long ones. */
export interface LongRopeScaling {
  readonly type: 'longrope';
  /** Half as many as a head has numbers, each. */
  readonly shortFactors: readonly number[];
  readonly longFactors: readonly number[];
  /** By what rotated queries and keys are multiplied, whatever the context. */
  readonly attentionFactor: number;
  /** The longest short context, in tokens. */
  readonly originalContextLength: number;
}

/**
 * The methods of the inference process: everything that runs the model. The process keeps no conversation: every
 * question comes with all that was said before, and what of it is still in the KV cache is not computed again.
 */
import type { Sampling } from '../../preload/contract/chat.ts';
import type { ViewKind, ViewPlan } from '../families/index.ts';
import type { PicturePiece } from '../families/picture-piece.ts';
import type { Dialogue } from '../language/prompt.ts';
import type { Head } from '../language/reread.ts';
import type { LensHeads } from './calibrate-lens.ts';
import type { LookFacts } from './lens.ts';
import type { ModelPicture } from './images-protocol.ts';

/** Most time for finding out which heads tell where a package looks; a person waits for it, once. */
export const calibrationMilliseconds = 30_000;

/** What to load; a request with other options than those loaded is refused, so a change means a new process. */
export interface LoadRequest {
  /** Folder of the package. */
  readonly folder: string;
  readonly gpu: 'auto' | 'off';
  /** Where the vision tower runs: ONNX Runtime's name of a provider. */
  readonly provider: string;
  /** Null takes the cores that are useful for matrix arithmetic. */
  readonly threads: number | null;
  /** Null takes what the model was trained with. */
  readonly contextTokens: number | null;
  /** Folder in which embeddings are kept; null keeps none on disk. */
  readonly cacheFolder: string | null;
}

export interface LoadedPackage {
  readonly contextTokens: number;
  /** For people: "CPU, 8 threads", "Vulkan: NVIDIA RTX 4070, 33 layers". */
  readonly device: string;
  readonly isOnGpu: boolean;
  /** What of the language model is not as it was asked for, in an English sentence, or null. */
  readonly note: string | null;
  readonly residentBytes: number;
}

/** A picture in a prompt is named by `pictureKey`. */
export type PictureKey = string;

/** All that an answer is an answer to, or as far as its length goes: of pictures only their places in the prompt. */
export interface Prompt<Picture extends PictureKey | readonly PicturePiece[]> extends Dialogue<Picture> {
  /** Null is the package's own. */
  readonly system: string | null;
}

export type EncodedStep =
  { readonly stage: 'crop'; readonly kind: ViewKind; readonly index: number } | { readonly stage: 'enhance' };

/** Tokens of the prompt in the KV cache, of those it has. */
export interface PrefillProgress {
  readonly done: number;
  readonly total: number;
}

export type AnswerProgress =
  | { readonly stage: 'prefill'; readonly prefill: PrefillProgress }
  | { readonly stage: 'text'; readonly text: string };

export interface AnswerFacts {
  /** `unknown-picture`: the model says that it does not know pictures of this kind; `context`: the context is full. */
  readonly finish: 'stop' | 'unknown-picture' | 'length' | 'context' | 'cancelled';
  readonly tokens: { readonly text: number; readonly image: number; readonly generated: number };
  readonly milliseconds: { readonly prefill: number; readonly generate: number };
  /** Share of the processor, 0 to 1, that other programs took meanwhile; null where it is not told or a GPU does the work. */
  readonly othersShare: number | null;
  /** The one that was drawn, where none was given. */
  readonly seed: number;
  /** The token ids that were written. */
  readonly ids: readonly number[];
}

/** An answer that was given to a prompt, as its token ids where they are known. */
export interface GivenAnswer {
  readonly prompt: Prompt<PictureKey>;
  readonly answer: string | readonly number[];
}

/** What decides which models fit a machine and how fast they are. */
export interface MeasuredMachine {
  /** Null where no GPU works. Bytes. */
  readonly gpu: { readonly name: string; readonly total: number; readonly free: number } | null;
  /** Floating-point operations a second of a large float32 matrix product on the processor. */
  readonly operationsPerSecond: number;
  /** Bytes of weights a second that a product with a single vector reads on the processor. */
  readonly bytesPerSecond: number;
}

export interface InferenceMethods {
  /** Takes a few seconds. To be asked of a process that may die: a faulty driver can take it down. */
  measureMachine: { input: { threads: number | null }; progress: never; result: MeasuredMachine };
  /**
   * Where the vision tower of a package runs best on this machine. To be asked of a process that may die: a faulty
   * driver can take it down.
   */
  chooseProvider: {
    input: { folder: string; threads: number | null };
    progress: never;
    result: { provider: string };
  };
  /** Loads a package; returns at once when it is loaded already. Progress is the fraction of the weights read. */
  load: { input: LoadRequest; progress: number; result: LoadedPackage };
  /** Whether the embeddings of a picture are at hand, in memory or on disk. */
  hasPicture: { input: { key: PictureKey }; progress: never; result: boolean };
  /** Embeddings of a prepared picture. `keep` writes them to the cache on disk, those found in memory too. */
  encode: {
    input: Omit<ModelPicture, 'partial'> & { keep: boolean };
    progress: EncodedStep;
    result: { fromCache: boolean; milliseconds: number };
  };
  /** Writes embeddings that are in memory to the cache on disk. */
  keepPicture: { input: { key: PictureKey }; progress: never; result: null };
  /** Computes the prompt up to the end of its picture ahead of the question; `computed` tokens were not in the KV cache. */
  prefill: {
    input: { system: string | null; picture: PictureKey };
    progress: PrefillProgress;
    result: { computed: number; milliseconds: number };
  };
  /** Throws `context-overflow` before any work when the prompt does not fit, `too-many-pictures`. */
  answer: {
    input: { prompt: Prompt<PictureKey>; sampling: Sampling };
    progress: AnswerProgress;
    result: AnswerFacts;
  };
  /**
   * Tokens that everything up to the words of the question takes, its pictures included, and those of the words. Throws
   * `too-many-pictures`.
   */
  countTokens: {
    input: Prompt<readonly PicturePiece[]>;
    progress: never;
    result: { used: number; draft: number };
  };
  /**
   * Which heads of the package tell where it looks, null where the time was over before that could be said; `package`: the
   * sha256 of its content.
   */
  calibrateLens: {
    input: { milliseconds: number };
    progress: never;
    result: { package: string; found: LensHeads | null };
  };
  /** Where the model looked, by these heads. Throws `wrong-usage` for an empty answer. */
  look: { input: GivenAnswer & { heads: readonly Head[] }; progress: PrefillProgress; result: LookFacts };
  /**
   * Maps over the rows of a picture, [tokens, rows], as maps over what DEM made them of (`mapsInViews`). Null where the features of
   * its views are no longer at hand and `picture` is null: it is encoded again.
   */
  lookInViews: {
    input: {
      key: PictureKey;
      maps: Float32Array;
      plan: ViewPlan;
      picture: ModelPicture['picture'] | null;
    };
    progress: EncodedStep;
    result: Float32Array | null;
  };
  /**
   * Natural logarithms of the probability of each token of an answer. `anew`: the prompt is read in a context of its own, for
   * pictures that come only once.
   */
  score: {
    input: GivenAnswer & { anew: boolean };
    progress: PrefillProgress;
    result: { tokens: readonly string[]; logLikelihood: Float32Array };
  };
  /** Bytes of memory the process occupies. */
  memory: { input: null; progress: never; result: { residentBytes: number } };
}

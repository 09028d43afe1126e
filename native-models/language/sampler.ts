/** Choosing the next token with llama.cpp's sampler chain. */
import { randomInt } from 'node:crypto';
import { AppError } from '../../preload/contract/errors.ts';
import type { ContextHandle, LlamaLibrary, SamplerHandle } from './llama-bindings.ts';

export interface SamplingOptions {
  /** 0 takes the most likely token (greedy); up to 5. Default 0.2, as in the authors' demo. */
  readonly temperature?: number;
  /** Only the k most likely tokens; 0 is off, and the default. */
  readonly topK?: number;
  /** Only the most likely tokens that together have probability p, above 0 to 1; 1 is off, and the default. */
  readonly topP?: number;
  /** Only tokens at least this probable relative to the most likely one, 0 to 1; 0 is off, and the default. */
  readonly minP?: number;
  /** Divides the logits of tokens this answer used lately, 1 to 2; 1 is off, and the default. */
  readonly repeatPenalty?: number;
  /** Makes a sampled answer repeatable, 0 to 2^32 - 2. Default: drawn anew. */
  readonly seed?: number;
}

/** llama.cpp takes the largest 32-bit number as "draw one yourself". */
const largestSeed = 2 ** 32 - 2;
/** Tokens a repeat penalty looks back on: llama.cpp's own default. */
const penaltyWindow = 64;

/** Inclusive ranges; outside them the arithmetic breaks down or the answer is noise. */
const ranges = {
  temperature: { default: 0.2, least: 0, most: 5, whole: false },
  topK: { default: 0, least: 0, most: 2 ** 31 - 1, whole: true },
  topP: { default: 1, least: 0.01, most: 1, whole: false },
  minP: { default: 0, least: 0, most: 1, whole: false },
  repeatPenalty: { default: 1, least: 1, most: 2, whole: false },
} as const;

export type ResolvedSampling = Required<SamplingOptions>;

/**
 * The settings with defaults filled in and a seed drawn.
 * @throws AppError wrong-usage naming the setting that is out of range
 */
export function resolveSampling(options: SamplingOptions): ResolvedSampling {
  const setting = (name: keyof typeof ranges): number => {
    const { default: standard, least, most, whole } = ranges[name];
    return checked(name, options[name] ?? standard, least, most, whole);
  };
  return {
    temperature: setting('temperature'),
    topK: setting('topK'),
    topP: setting('topP'),
    minP: setting('minP'),
    repeatPenalty: setting('repeatPenalty'),
    seed: checked('seed', options.seed ?? randomInt(largestSeed), 0, largestSeed, true),
  };
}

function checked(name: string, value: number, least: number, most: number, whole: boolean): number {
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw new AppError('wrong-usage', `${name} must be ${kind} from ${least} to ${most}, not ${value}.`, {
    setting: name,
    least,
    most,
  });
}

/** One answer's sampler: it remembers the tokens it chose. Made by `Decoder.createSampler`. */
export class Sampler {
  /** What is in use, seed included. */
  readonly sampling: ResolvedSampling;
  readonly #library: LlamaLibrary;
  #chain: SamplerHandle | null;

  /** The order is llama.cpp's: penalties, then what cuts candidates off, then temperature. */
  constructor(library: LlamaLibrary, vocabularySize: number, options: SamplingOptions) {
    const sampling = resolveSampling(options);
    const { temperature, topK, topP, minP, repeatPenalty, seed } = sampling;
    const chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params());
    const add = (sampler: SamplerHandle) => library.llama_sampler_chain_add(chain, sampler);
    if (repeatPenalty !== 1)
      add(library.llama_sampler_init_penalties(vocabularySize, penaltyWindow, repeatPenalty, 0, 0));
    if (temperature === 0) add(library.llama_sampler_init_greedy());
    else {
      if (topK > 0) add(library.llama_sampler_init_top_k(topK));
      if (topP < 1) add(library.llama_sampler_init_top_p(topP, 1));
      if (minP > 0) add(library.llama_sampler_init_min_p(minP, 1));
      add(library.llama_sampler_init_temp(temperature));
      add(library.llama_sampler_init_dist(seed));
    }
    this.sampling = sampling;
    this.#library = library;
    this.#chain = chain;
  }

  /** Chooses from the logits of the last decode of `context`, which must not be decoding. */
  sample(context: ContextHandle): number {
    if (this.#chain === null) throw new AppError('internal', 'The sampler is disposed.');
    return this.#library.llama_sampler_sample(this.#chain, context, -1);
  }

  dispose(): void {
    if (this.#chain !== null) this.#library.llama_sampler_free(this.#chain);
    this.#chain = null;
  }
}

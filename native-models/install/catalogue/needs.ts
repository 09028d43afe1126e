import {
  languagePrecisions,
  type LanguagePrecision,
  type ModelPrecision,
} from '../../../preload/contract/models.ts';
import { languageFormats } from '../../language/language-types.ts';
import { isPair, type CatalogueEntry } from './entry.ts';

/** What a model takes in one precision, in bytes. */
export interface ModelNeeds {
  readonly precision: ModelPrecision;
  readonly diskDuring: number;
  readonly diskAfter: number;
  /** Memory of the running program on the processor alone. */
  readonly memory: number;
  /** GPU memory for all layers of the language model and its context. */
  readonly gpuMemory: number;
}

/** Bytes a number of the tower takes in the package: int8 keeps a part in float32. */
const visionBytes = { f32: 4, int8: 1.5 } as const;

/** bfloat16, in which checkpoints are published. */
const publishedBytes = 2;

/** Keys and values in float16. */
const cacheBytes = 2 * 2;

/** What the program, its runtimes and the buffers of a run take beside the weights. */
const programBytes = 900 * 2 ** 20;
/** llama.cpp's buffers for one batch of an 8B model. */
const batchBytes = 600 * 2 ** 20;

/** Estimates err on the side of too much. */
const margin = 1.05;

/** On offer to everyone: the rest is for those who know why. */
const offered: readonly LanguagePrecision[] = languagePrecisions.filter((type) => type !== 'f32');

/** What the model takes in every precision on offer, the most exact first; empty when its size is not known. */
export function needsOf(entry: CatalogueEntry): ModelNeeds[] {
  const choices = isPair(entry.source) ? [null] : offered;
  return choices.flatMap((llm) => needsFor(entry, { vision: 'int8', llm }) ?? []);
}

/** Of the language model in this precision; null where that is not one of this model's, or its size is not known. */
export function languageBytesOf(
  { source, size }: Pick<CatalogueEntry, 'source' | 'size'>,
  llm: ModelPrecision['llm'],
): number | null {
  if (isPair(source)) return llm === null ? source.languageBytes : null;
  return size === null || llm === null ? null : (size.languageParameters * languageFormats[llm].bits) / 8;
}

/** The vision half lies beside the package until that is made; the language half becomes a part of it. */
function mmprojBytes({ downloadBytes, largestFileBytes }: CatalogueEntry): number {
  return downloadBytes - largestFileBytes;
}

export function needsFor(entry: CatalogueEntry, precision: ModelPrecision): ModelNeeds | null {
  const { size, source } = entry;
  const language = languageBytesOf(entry, precision.llm);
  if (size === null || language === null) return null;
  const vision = size.visionParameters * visionBytes[precision.vision];
  const enhance = size.enhanceParameters * 4;
  const loaded = (vision + enhance + language) * margin;
  const installed = source.kind === 'pair' ? (vision + enhance) * margin : loaded;
  // A tower that is in the package before it is made smaller, or weights that wait for those they are computed with.
  const keptAside = isPair(source)
    ? size.visionParameters * visionBytes.f32
    : (size.visionParameters + size.enhanceParameters) * publishedBytes;
  const arriving = source.kind === 'hub-pair' ? mmprojBytes(entry) : 2 * entry.largestFileBytes;
  const cache = size.languageLayers * size.keyValueWidth * cacheBytes * size.contextTrained;
  return {
    precision,
    diskDuring: Math.ceil(installed + keptAside + arriving),
    diskAfter: Math.ceil(installed),
    memory: Math.ceil(loaded + cache + programBytes),
    gpuMemory: Math.ceil(language + cache + batchBytes),
  };
}

import { languageFormats, languageTypes, type LanguageTypeName } from '../../convert/language-types.ts';
import type { ModelNeeds } from '../../engine/models-protocol.ts';
import type { InstallPrecision } from '../install/job.ts';
import type { CatalogueEntry } from './entry.ts';

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
const offered: readonly LanguageTypeName[] = languageTypes.filter((type) => type !== 'f32');

/** What the model takes in every precision on offer, the most exact first; empty when its size is not known. */
export function needsOf(entry: CatalogueEntry): ModelNeeds[] {
  return offered.flatMap((llm) => needsFor(entry, { vision: 'int8', llm }) ?? []);
}

export function needsFor(entry: CatalogueEntry, precision: InstallPrecision): ModelNeeds | null {
  const { size } = entry;
  if (size === null) return null;
  const { bits } = languageFormats[precision.llm];
  const vision = size.visionParameters * visionBytes[precision.vision];
  const enhance = size.enhanceParameters * 4;
  const language = (size.languageParameters * bits) / 8;
  const installed = (vision + enhance + language) * margin;
  const keptAside = (size.visionParameters + size.enhanceParameters) * publishedBytes;
  const arriving = entry.source.kind === 'hub' ? 2 * entry.largestFileBytes : 0;
  const cache = size.languageLayers * size.keyValueWidth * cacheBytes * size.contextTrained;
  return {
    precision,
    diskDuring: Math.ceil(installed + keptAside + arriving),
    diskAfter: Math.ceil(installed),
    memory: Math.ceil(installed + cache + programBytes),
    gpuMemory: Math.ceil(language + cache + batchBytes),
  };
}

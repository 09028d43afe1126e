import type { Manifest } from '../package/manifest.ts';
import { languageTensors } from './checkpoint/expected-tensors.ts';
import type { SourceCheckpoint } from './checkpoint/open-checkpoint.ts';
import { elementBytes } from '../formats/weights/float-types.ts';
import type { LanguagePrecision } from '../../preload/contract/models.ts';
import { languageFormats } from '../language/language-types.ts';
import type { PhaseBytes } from './progress.ts';

/** What a conversion is going to cost. */
export interface ConversionWork {
  /** Source bytes that each phase reads. */
  readonly bytes: PhaseBytes;
  /** Time of each phase in proportion to the others. */
  readonly cost: PhaseBytes;
  /** Free space needed while converting, an estimate on the safe side. */
  readonly diskBytes: number;
  /** About how large the package becomes. */
  readonly packageBytes: number;
}

/**
 * Time a source byte takes, writing a language tensor being 1 (measured on two Zen 4 cores: 0.4 GB/s). The tower in int8
 * is encoded on the sample pictures, in float32 and in int8.
 */
const costOfVision = { f32: 2, int8: 120 } as const;
const costOfQuantizing = 6;

/** Bytes an element of the tower takes in the package, those kept in float32 included. */
const visionBytes = { f32: 4, int8: 1.5 } as const;

/** Estimates are off by the graphs, the tokenizer and the tensors a format keeps finer. */
const margin = 1.05;
const spareBytes = 64 * 2 ** 20;

export function estimateWork(
  { tensors, graphs, config }: Pick<SourceCheckpoint, 'tensors' | 'graphs' | 'config'>,
  languageBytes: number,
  options: { readonly vision: Manifest['vision']['precision']; readonly llm: LanguagePrecision },
): ConversionWork {
  const towerNames = new Set([...graphs.tower.values()].map(({ name }) => name));
  const enhanceNames = new Set(graphs.enhance);
  const tower = sizeOf(tensors, (name) => towerNames.has(name));
  const enhance = sizeOf(tensors, (name) => enhanceNames.has(name));
  const languageNames = new Set(languageTensors(config.language).map(([name]) => name));
  const language = sizeOf(tensors, (name) => languageNames.has(name));
  const isQuantised = languageFormats[options.llm].written === null;
  const bytes = { vision: tower.bytes, enhance: enhance.bytes, language: language.bytes, finish: 0 };
  const cost = {
    ...bytes,
    vision: tower.bytes * costOfVision[options.vision],
    language: language.bytes * (isQuantised ? costOfQuantizing : 1),
  };
  const made = tower.elements * visionBytes[options.vision] + enhance.elements * 4 + languageBytes;
  return { bytes, cost, diskBytes: Math.ceil(made * margin + spareBytes), packageBytes: Math.ceil(made) };
}

function sizeOf(
  { tensors }: SourceCheckpoint['tensors'],
  wanted: (name: string) => boolean,
): { elements: number; bytes: number } {
  let elements = 0;
  let bytes = 0;
  for (const { name, type, shape } of tensors.values()) {
    if (!wanted(name)) continue;
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    elements += count;
    bytes += count * elementBytes(type);
  }
  return { elements, bytes };
}

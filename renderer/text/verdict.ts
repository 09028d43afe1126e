import type { Install, Machine, ModelOption } from '../../preload/contract/api.ts';
import type { Dictionary } from '../i18n/dictionary.ts';
import type { Format } from '../i18n/format.ts';

type Texts = Dictionary['models'];

/**
 * Whether a model fits this machine, as a sentence with its numbers.
 * @param isMemoryTold the memory it needs stands beside it, and is not told again
 */
export function verdictText(
  option: ModelOption,
  machine: Machine,
  t: Texts,
  format: Format,
  isMemoryTold = false,
): string {
  const bytes = (value: number) => format.bytes(value);
  const { verdict, lacks, memory, diskDuring, gpuMemory } = option;
  const { memoryTotal, memoryFree, diskFree, gpu } = machine;
  const needs = isMemoryTold ? null : bytes(memory);
  if (lacks.includes('memory')) return t.verdict.noMemory(needs, bytes(memoryTotal));
  if (lacks.includes('disk')) return t.verdict.noDisk(bytes(diskDuring), bytes(diskFree ?? 0));
  if (verdict === 'gpu' && gpu) return t.verdict.gpu(gpu.name, bytes(gpuMemory), bytes(gpu.total));
  if (verdict === 'tight') return t.verdict.tight(needs, bytes(memoryFree), bytes(memoryTotal));
  return t.verdict.cpu(needs, bytes(memoryFree));
}

/** From so many seconds a photo on, a model is slow. */
const slowSeconds = 60;

export const isSlow = ({ secondsPerPhoto }: ModelOption) =>
  secondsPerPhoto !== null && secondsPerPhoto >= slowSeconds;

/** English words that a token makes, about. */
const wordsPerToken = 0.75;

/** How long a new photo takes here and how many words follow in a second, as far as that is known. */
export function paceOf(
  option: ModelOption,
  machine: Machine,
  t: Texts,
  format: Format,
): { readonly photo: string; readonly words: string | null } {
  const { verdict, secondsPerPhoto, tokensPerSecond } = option;
  if (verdict === 'gpu') return { photo: t.get.onGpu, words: null };
  if (secondsPerPhoto === null || tokensPerSecond === null) {
    return { photo: machine.isMeasured ? t.get.unmeasured : t.get.measuring, words: null };
  }
  const words = tokensPerSecond * wordsPerToken;
  // A figure more than this would promise what an estimate cannot keep.
  return { photo: format.duration(secondsPerPhoto), words: format.number(words, words < 10 ? 1 : 0) };
}

/** The same as a sentence. */
export function speedText(option: ModelOption, machine: Machine, t: Texts, format: Format): string {
  const { photo, words } = paceOf(option, machine, t, format);
  return words === null ? photo : t.get.speedValue(photo, words);
}

/** Where an install stands in a few words: "43%, about 18 min left". */
export function installText({ progress, state }: Install, t: Texts, format: Format): string {
  const percent = format.percent(progress.fraction);
  const moves = state === 'downloading' || state === 'converting' || state === 'proving';
  if (!moves) return `${percent} · ${t.install.state[state]}`;
  if (progress.secondsLeft === null) return percent;
  return `${percent} · ${t.install.left(format.duration(progress.secondsLeft))}`;
}

import type { ListedEntry } from '../../../native-models/install/catalogue/catalogue.ts';
import type { ModelNeeds } from '../../../native-models/install/catalogue/needs.ts';
import { languageBytesOf } from '../../../native-models/install/catalogue/needs.ts';
import type { Machine, ModelOption, ModelPrecision, Verdict } from '../../../preload/contract/api.ts';

/** How fast this machine computes; see `MeasuredMachine`. */
export interface Speed {
  readonly operationsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What a photo costs at the published sizes: encoder passes, patches a pass, and tokens read before the answer. */
const published = { passes: 10, patches: 577, promptTokens: 640 } as const;
/** Attention on top of the products with weights, in ViT-L/336. */
const attentionShare = 1.1;
/** Time of the tower in 8 bits against float32, measured on CPUs. */
const visionShare = { f32: 1, int8: 0.4 } as const;

/** Recommended where nothing is chosen: nearly lossless first; below the last the answers suffer. */
const recommendable = ['q8_0', 'q6_k', 'q5_k_m', 'q4_k_m'] as const;
const unknownSize: ModelPrecision = { vision: 'int8', llm: 'q8_0' };

/** Every precision of a model, judged for this machine. */
export function judge({ entry, needs }: ListedEntry, machine: Machine, speed: Speed | null): ModelOption[] {
  return needs.map((need) => {
    const lacks = lacksOf(need, machine);
    const verdict = lacks.length > 0 ? 'no' : placeOf(need, machine);
    return {
      ...need,
      verdict,
      lacks,
      // What a GPU makes of it is known after its first photo, not before.
      ...(verdict === 'gpu' || speed === null || entry.size === null
        ? { secondsPerPhoto: null, tokensPerSecond: null }
        : paceOf(need.precision, { ...entry, size: entry.size }, speed)),
    };
  });
}

/** The one there is, or else the most exact that runs well; failing that the smallest that runs at all, or else the smallest. */
export function recommend(options: readonly ModelOption[]): ModelPrecision {
  const good = [null, ...recommendable].flatMap(
    (llm) => options.find(({ precision }) => precision.llm === llm) ?? [],
  );
  const best =
    good.find(({ verdict }) => verdict === 'gpu') ??
    good.find(({ verdict }) => verdict === 'cpu') ??
    good.findLast(({ verdict }) => verdict === 'tight') ??
    good.at(-1);
  return best?.precision ?? unknownSize;
}

function lacksOf({ diskDuring, memory, gpuMemory }: ModelNeeds, machine: Machine): ModelOption['lacks'] {
  const { diskFree, memoryTotal, gpu } = machine;
  const fitsGpu = gpu !== null && gpuMemory <= gpu.total;
  const lacks: ModelOption['lacks'][number][] = [];
  if (diskFree !== null && diskDuring > diskFree) lacks.push('disk');
  if (memory > memoryTotal && !fitsGpu) lacks.push('memory');
  return lacks;
}

function placeOf({ memory, gpuMemory }: ModelNeeds, { memoryFree, gpu }: Machine): Verdict {
  if (gpu !== null && gpuMemory <= gpu.free) return 'gpu';
  return memory <= memoryFree ? 'cpu' : 'tight';
}

interface SizedEntry extends Pick<ListedEntry['entry'], 'source'> {
  readonly size: NonNullable<ListedEntry['entry']['size']>;
}

function paceOf(
  { vision, llm }: ModelPrecision,
  { source, size }: SizedEntry,
  { operationsPerSecond, bytesPerSecond }: Speed,
) {
  const tower =
    size.photo?.vision ?? 2 * size.visionParameters * published.patches * published.passes * attentionShare;
  const prompt = size.photo?.prompt ?? 2 * size.languageParameters * published.promptTokens;
  const languageBytes = languageBytesOf({ source, size }, llm)!;
  return {
    secondsPerPhoto: (tower * visionShare[vision] + prompt) / operationsPerSecond,
    tokensPerSecond: bytesPerSecond / languageBytes,
  };
}

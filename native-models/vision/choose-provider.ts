import { throwIfCancelled } from '../../preload/contract/errors.ts';
import { tokenCosine } from './cosine.ts';
import { bundledProviders, type Provider, type SessionOptions } from './onnx-runtime.ts';
import { VisionEncoder, type VisionDimensions } from './vision-encoder.ts';

/** As close to the CPU as 8 bits must be to float32: mean cosine per token. */
const bar = 0.999;
/** Less is noise, or a provider that left the graph to the CPU. */
const speedup = 1.2;

export interface ProviderProof {
  /** Path of `vision.onnx`. */
  readonly tower: string;
  readonly dimensions: VisionDimensions;
  /** Of the sample pictures (`readSampleViews`), at least one. */
  readonly crops: readonly Float32Array[];
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** To choose from, in this order; by default the accelerated ones that come with ONNX Runtime here. */
  readonly candidates?: readonly Provider[];
}

/**
 * Where a tower runs best on this machine: the first candidate that loads it and computes the same features in clearly less
 * time than the CPU, otherwise 'cpu'. A faulty driver can take the process down: call it in one that may die.
 * Throws `cancelled`, and what loading and running on the CPU throws.
 */
export async function chooseProvider(proof: ProviderProof): Promise<Provider> {
  const { candidates = bundledProviders(), signal } = proof;
  if (candidates.length === 0) return 'cpu';
  const cpu = await measure(proof, {});
  for (const provider of candidates) {
    throwIfCancelled(signal);
    // A provider that cannot start here or lacks memory is simply not the one.
    const found = await measure(proof, { provider }).catch(() => null);
    if (found === null || found.milliseconds * speedup > cpu.milliseconds) continue;
    const { mean } = tokenCosine([cpu.features], [found.features], proof.dimensions.vision.width);
    if (mean >= bar) return provider;
  }
  throwIfCancelled(signal);
  return 'cpu';
}

async function measure(
  { tower, dimensions, crops, threads, signal }: ProviderProof,
  options: SessionOptions,
) {
  const encoder = await VisionEncoder.open(tower, dimensions, { threads, ...options });
  try {
    const encode = (count: number) => encoder.encode(count, (crop) => crops[crop]!, { signal });
    // The first pass compiles and reserves.
    await encode(1);
    const start = performance.now();
    const features = await encode(crops.length);
    return { features, milliseconds: performance.now() - start };
  } finally {
    await encoder.dispose();
  }
}

/**
 * llama.cpp as node-llama-cpp ships it, and the only module that imports node-llama-cpp. `getLlama()` picks the binary
 * for this machine, tries it in a child process, loads its backends and probes the GPU; the C functions of the library
 * it loaded are then bound by llama-bindings. Nothing is ever downloaded or built.
 */
import {
  getLlama,
  GgmlType,
  GgufInsights,
  LlamaLogLevel,
  readGgufFileInfo,
  type Llama,
} from 'node-llama-cpp';
import { setImmediate } from 'node:timers/promises';
import { AppError, toAppError } from '../../preload/contract/errors.ts';
import { bindGgml, type GgmlLibrary } from './ggml-bindings.ts';
import { bindLlama, type LlamaLibrary } from './llama-bindings.ts';

/** What a context will be created with, as far as its memory depends on it. */
export interface ContextPlan {
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly kvType: 'f16' | 'f32';
  readonly flashAttention: 'auto' | boolean;
}

/** node-llama-cpp's estimates for one language file on this machine as it is now. */
export interface ModelEstimates {
  /** Tokens the model has positions for. */
  readonly positions: number;
  /** Layers that fit into free GPU memory together with their part of the context; 0 without a GPU. */
  layersThatFit(plan: ContextPlan, signal?: AbortSignal): Promise<number>;
  contextMemory(plan: ContextPlan, gpuLayers: number): Promise<ContextMemory>;
}

/** Bytes, besides the weights, which are mapped from the file and need no memory of their own on the CPU. */
export interface ContextMemory {
  readonly ramNeeded: number;
  readonly ramFree: number;
}

export interface LlamaRuntime {
  readonly library: LlamaLibrary;
  /** Bound when it is first asked for. */
  ggml(): GgmlLibrary;
  /** The GPU backend in use, or `off` for the CPU alone. */
  readonly backend: 'off' | 'cuda' | 'vulkan' | 'metal';
  /** Names of the GPUs the backend found. */
  readonly devices: readonly string[];
  /** CPU cores that are useful for matrix arithmetic. */
  readonly mathCores: number;
  /** Memory of all GPUs together in bytes; 0 without one. */
  gpuMemory(): Promise<{ readonly total: number; readonly free: number }>;
  /** Reads a language file's header, to tell what it would take to run. */
  examine(gguf: string): Promise<ModelEstimates>;
  /** What llama.cpp complained about since this was last called: the cause of a failure, in its words. */
  takeComplaints(): Promise<string>;
}

/** Lines kept for the cause of a failure: llama.cpp says the reason first and consequences after, in few lines. */
const keptComplaints = 8;

const loaded = new Map<'auto' | 'off', Promise<LlamaRuntime>>();

/**
 * llama.cpp with the best GPU backend that works on this machine (`auto`), or for work on the CPU (`off`: any that is
 * loaded already, else one without GPU backends). It is loaded once and stays until the process ends: the library has
 * state of the whole process (backends, log), and cannot be unloaded.
 * @throws AppError runtime-unavailable when no binary works here, or one of a release the bindings were not written for
 */
export function openLlamaRuntime(gpu: 'auto' | 'off'): Promise<LlamaRuntime> {
  const opened = loaded.get(gpu) ?? loaded.get('auto') ?? start(gpu);
  loaded.set(gpu, opened);
  opened.catch(() => loaded.delete(gpu));
  return opened;
}

async function start(gpu: 'auto' | 'off'): Promise<LlamaRuntime> {
  const complaints: string[] = [];
  const llama = await loadLlama(gpu, (level, message) => {
    if (level === LlamaLogLevel.error && complaints.length < keptComplaints) complaints.push(message.trim());
  });
  const devices = llama.gpu === false ? [] : await llama.getGpuDeviceNames();
  const path = loadedLibrary(llama.gpu);
  let ggml: GgmlLibrary | null = null;
  return {
    library: bindLlama(path, llama.llamaCppRelease.release),
    ggml: () => (ggml ??= bindGgml(ggmlLibrary() ?? path)),
    // A backend may load and find no device.
    backend: llama.gpu === false || devices.length === 0 ? 'off' : llama.gpu,
    devices,
    mathCores: llama.cpuMathCores,
    async gpuMemory() {
      const { total, free } = await llama.getVramState();
      return { total, free };
    },
    examine: (gguf) => examine(llama, gguf),
    async takeComplaints() {
      // Log lines of native threads arrive through the event loop.
      await setImmediate();
      return complaints.splice(0).join(' ');
    },
  };
}

async function loadLlama(
  gpu: 'auto' | 'off',
  logger: (level: LlamaLogLevel, message: string) => void,
): Promise<Llama> {
  try {
    return await getLlama({
      gpu: gpu === 'off' ? false : 'auto',
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
      logger,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('runtime-unavailable', `llama.cpp cannot be started: ${reason}`, {}, { cause: error });
  }
}

/**
 * The file of the libllama that node-llama-cpp loaded: `libllama.v0.5.0.so`, `libllama.cuda.v0.5.0.so`,
 * `libllama.metal.v0.5.0.dylib`, `llama.vulkan.v0.5.0.dll`. Several are loaded when several backends were opened.
 */
function loadedLibrary(gpu: Llama['gpu']): string {
  const name = new RegExp(
    `[\\\\/](lib)?llama${gpu === false ? '' : `\\.${gpu}`}(\\.v[0-9.]+)?\\.(so|dylib|dll)$`,
  );
  const path = sharedObjects().find((file) => name.test(file));
  if (path === undefined)
    throw new AppError(
      'runtime-unavailable',
      'llama.cpp cannot be used: its library is not among the loaded ones.',
    );
  return path;
}

/** The file of ggml's arithmetic; null where it is part of libllama. */
function ggmlLibrary(): string | null {
  const name = /[\\/](lib)?ggml-base(\.v?[0-9.]+)?\.(so|dylib|dll)$/;
  return sharedObjects().find((file) => name.test(file)) ?? null;
}

/** Paths of the libraries loaded into this process. */
function sharedObjects(): readonly string[] {
  // Without `excludeNetwork`, which the type definitions lack, the report looks up the host of every open socket.
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  try {
    return (report.getReport() as { sharedObjects?: string[] }).sharedObjects ?? [];
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

async function examine(llama: Llama, gguf: string): Promise<ModelEstimates> {
  const info = await readGgufFileInfo(gguf, { sourceType: 'filesystem', logWarnings: false }).catch(
    (error: unknown) => {
      throw toAppError(error);
    },
  );
  const insights = await GgufInsights.from(info, llama);
  return {
    positions: insights.trainContextSize ?? Infinity,
    layersThatFit: (plan, signal) => layersThatFit(insights, plan, signal),
    contextMemory: (plan, gpuLayers) => contextMemory(llama, insights, plan, gpuLayers),
  };
}

const kvTypes = { f16: GgmlType.F16, f32: GgmlType.F32 } as const;

async function layersThatFit(
  insights: GgufInsights,
  { contextTokens, kvType, flashAttention }: ContextPlan,
  signal?: AbortSignal,
): Promise<number> {
  const { gpuLayers } = await insights.configurationResolver.resolveModelGpuLayersV2(
    { fitContext: { contextSize: contextTokens } },
    {
      // Too little memory for even one layer is an answer here, not an error.
      ignoreMemorySafetyChecks: true,
      defaultContextFlashAttention: flashAttention,
      defaultContextKvCacheKeyType: kvTypes[kvType],
      defaultContextKvCacheValueType: kvTypes[kvType],
      ...(signal && { signal }),
    },
  );
  return gpuLayers;
}

async function contextMemory(
  llama: Llama,
  insights: GgufInsights,
  { contextTokens, batchTokens, kvType, flashAttention }: ContextPlan,
  gpuLayers: number,
): Promise<ContextMemory> {
  const { cpuRam } = await insights.estimateContextResourceRequirementsV2({
    contextSize: contextTokens,
    batchSize: batchTokens,
    sequences: 1,
    modelGpuLayers: gpuLayers,
    flashAttention,
    kvCacheKeyType: kvTypes[kvType],
    kvCacheValueType: kvTypes[kvType],
  });
  const { free } = await llama.getRamState();
  return { ramNeeded: cpuRam, ramFree: free };
}

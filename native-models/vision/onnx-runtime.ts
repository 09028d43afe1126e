import './onnx-switches.ts';
import { basename } from 'node:path';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { AppError } from '../../preload/contract/errors.ts';
import { requireNumbers } from '../package/require-numbers.ts';

/** The only module that knows onnxruntime-node. */

/** Row-major float32 numbers and their shape, outermost dimension first. */
export interface FloatTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** An execution provider by ONNX Runtime's name: 'cpu', or one of `bundledProviders()`. */
export type Provider = string;

/** DirectML.dll reports to the system's telemetry by itself, with no way to turn that off; WebGPU drives the same GPUs. */
const reportingProviders = ['dml'];

/** The accelerated providers inside the installed onnxruntime-node for this platform that report nothing (WebGPU, CoreML). */
export function bundledProviders(): Provider[] {
  return listSupportedBackends()
    .filter(({ name, bundled }) => bundled && name !== 'cpu' && !reportingProviders.includes(name))
    .map(({ name }) => name);
}

export interface SessionOptions {
  /** Threads inside an operator; the number of physical cores when left out. */
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
}

/**
 * Threads that have nothing to do sleep. By default they spin for a while, at every end of an operator: that takes a core
 * from other programs, and from a thread of the same pool that lost its own.
 */
const sleepingThreads = { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } };

// What fails reaches us as an exception; the runtime's own lines on stderr would only stand beside it.
env.logLevel = 'fatal';

/** One loaded graph. Runs of one session follow each other; each blocks the event loop until it is done. */
export class OnnxSession {
  readonly #session: InferenceSession;
  readonly #name: string;
  #last: Promise<unknown> = Promise.resolve();
  #disposed: Promise<void> | undefined;

  private constructor(session: InferenceSession, name: string) {
    this.#session = session;
    this.#name = name;
  }

  /**
   * Loads a model file with its external data, or a whole model from memory. Check files of unknown origin first
   * (check-onnx.ts). Throws `package-invalid` when ONNX Runtime refuses the graph, `out-of-memory` when it does not fit.
   */
  static async open(model: string | Uint8Array, options: SessionOptions = {}): Promise<OnnxSession> {
    const { threads, provider = 'cpu' } = options;
    const name = typeof model === 'string' ? basename(model) : 'graph in memory';
    const settings: InferenceSession.SessionOptions = {
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      extra: sleepingThreads,
    };
    try {
      const session =
        typeof model === 'string'
          ? await InferenceSession.create(model, settings)
          : await InferenceSession.create(model, settings);
      return new OnnxSession(session, name);
    } catch (error) {
      throw runtimeError(error, name);
    }
  }

  /**
   * Computes the named `outputs` (all of them when left out) from one tensor for every input. Throws `out-of-memory`,
   * `package-invalid` when the graph cannot be run or gives NaN or infinity.
   */
  run(
    inputs: Readonly<Record<string, FloatTensor>>,
    outputs: readonly string[] = this.#session.outputNames,
  ): Promise<Record<string, FloatTensor>> {
    if (this.#disposed) throw new AppError('internal', `${this.#name}: the session was disposed.`);
    const result = this.#last.then(() => this.#run(inputs, outputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #run(inputs: Readonly<Record<string, FloatTensor>>, outputs: readonly string[]) {
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)]),
    );
    try {
      const results = await this.#session.run(feeds, outputs);
      return Object.fromEntries(outputs.map((name) => [name, this.#numbers(results[name]!)]));
    } catch (error) {
      // Inputs have the shapes that the graph asks for: what fails is in it.
      throw runtimeError(error, this.#name);
    }
  }

  #numbers(tensor: Tensor): FloatTensor {
    const numbers = toFloatTensor(tensor);
    requireNumbers(numbers.data, this.#name);
    return numbers;
  }

  /** Frees the native memory once the runs already asked for are done. Safe twice. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#last.then(() => this.#session.release());
    return this.#disposed;
  }
}

function toFloatTensor(tensor: Tensor): FloatTensor {
  if (!(tensor.data instanceof Float32Array)) {
    throw new AppError('internal', `An output of the graph is ${tensor.type}, not float32.`);
  }
  return { data: tensor.data, shape: tensor.dims };
}

/** ONNX Runtime reports a failed allocation in words only. */
const allocationFailed = /bad_alloc|fail(?:ed)? to allocate|out of memory|bad allocation/i;

function runtimeError(error: unknown, file: string): AppError {
  if (error instanceof AppError) return error;
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  const code = allocationFailed.test(message) ? 'out-of-memory' : 'package-invalid';
  return new AppError(code, `${file}: ${message}`, { file }, { cause: error });
}

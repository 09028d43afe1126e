import type {
  InferenceMethods,
  LoadedPackage,
  LoadRequest,
} from '../../native-models/engine/inference-protocol.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import type { CallOptions } from '../../native-models/engine/supervisor.ts';
import type { Port } from '../../native-models/engine/port.ts';
import { toAppError } from '../../native-models/errors.ts';
import type { AppEvent, EngineStatus, Settings } from '../../preload/contract.ts';
import { abortable } from './abort.ts';
import { toFailure } from './failure.ts';
import type { Packages, UsablePackage } from './packages.ts';

export interface EngineOptions {
  readonly startInference: () => Port;
  readonly packages: Packages;
  readonly settings: () => Settings;
  /** Where embeddings are kept; null when nothing can be written. */
  readonly cacheFolder: string | null;
  readonly publish: (event: AppEvent) => void;
}

/** A loaded model, for the length of one piece of work. */
export interface Model {
  readonly package: UsablePackage;
  readonly loaded: LoadedPackage;
  call<K extends keyof InferenceMethods>(
    method: K,
    input: InferenceMethods[K]['input'],
    options?: CallOptions<InferenceMethods[K]['progress']>,
  ): Promise<InferenceMethods[K]['result']>;
}

interface Loading {
  readonly request: LoadRequest;
  readonly package: UsablePackage;
  readonly loaded: Promise<LoadedPackage>;
}

/**
 * The model that the settings ask for, in the inference process. Loaded when it is first needed, again after a crash,
 * and anew in a new process when the settings ask for another one. Owns the status that the windows show.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #inference: Supervisor<InferenceMethods>;
  #loading: Loading | null = null;
  #users = 0;
  #status: EngineStatus = {
    state: 'stopped',
    packageId: null,
    device: null,
    residentBytes: null,
    error: null,
  };

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#inference = new Supervisor('inference', options.startInference, (state) => {
      if (state === 'running')
        this.#show({ state: 'starting', device: null, residentBytes: null, error: null });
      else this.#loading = null;
      if (state === 'stopped') this.#show({ state, device: null, residentBytes: null });
      if (state === 'crashed') {
        const error = { code: 'process-died', details: { process: 'inference' } };
        this.#show({ state, device: null, residentBytes: null, error });
      }
    });
  }

  get status(): EngineStatus {
    return this.#status;
  }

  /** Process id of the inference process while it runs. */
  get pid(): number | undefined {
    return this.#inference.pid;
  }

  /**
   * Runs `work` with the model the settings ask for; while any work runs, the model is not exchanged. `signal` ends
   * the wait for a model that is being loaded, which goes on for the next.
   * @throws AppError as loading does: `package-invalid`, `out-of-memory`, `runtime-unavailable`, `process-died`
   */
  async use<T>(work: (model: Model) => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#users++;
    try {
      const loading = await this.#load();
      const loaded = await abortable(loading.loaded, signal);
      this.#showBusy();
      return await work({
        package: loading.package,
        loaded,
        call: (method, input, options) => this.#inference.call(method, input, options),
      });
    } finally {
      this.#users--;
      this.#showBusy();
      void this.#measureMemory();
    }
  }

  /** Ends the process for good. Safe to call twice. */
  dispose(): void {
    this.#inference.dispose();
  }

  async #load(): Promise<Loading> {
    const { packages, settings, cacheFolder } = this.#options;
    const { packageId, device, threads, contextTokens } = settings();
    const chosen = await packages.use(packageId);
    const request: LoadRequest = {
      folder: chosen.folder,
      gpu: device === 'cpu' ? 'off' : 'auto',
      threads,
      contextTokens,
      cacheFolder,
    };
    // While other work is under way with a model, a changed setting waits.
    if (this.#loading && this.#users > 1) return this.#loading;
    if (this.#loading && isSame(this.#loading, request, chosen)) return this.#loading;
    // A new process gives all memory back, whatever the last model left behind.
    if (this.#loading) this.#inference.stop();
    const loading = { request, package: chosen, loaded: this.#start(request, chosen) };
    this.#loading = loading;
    return loading;
  }

  async #start(request: LoadRequest, chosen: UsablePackage): Promise<LoadedPackage> {
    this.#show({ packageId: chosen.card.id });
    try {
      const call = this.#inference.call('load', request);
      this.#show({ state: 'loading' });
      const loaded = await call;
      this.#show({ device: loaded.device, residentBytes: loaded.residentBytes, error: null });
      return loaded;
    } catch (error) {
      this.#loading = null;
      // A crash has been shown already.
      if (toAppError(error).code !== 'process-died')
        this.#show({ state: 'stopped', error: toFailure(error) });
      throw error;
    }
  }

  #showBusy(): void {
    if (this.#status.device === null) return;
    this.#show({ state: this.#users > 0 ? 'busy' : 'ready' });
  }

  async #measureMemory(): Promise<void> {
    if (this.#inference.state !== 'running' || this.#users > 0) return;
    try {
      this.#show(await this.#inference.call('memory', null));
    } catch {
      // The process has gone meanwhile, and that has been shown.
    }
  }

  #show(changes: Partial<EngineStatus>): void {
    const status = { ...this.#status, ...changes };
    if (Object.entries(changes).every(([key, value]) => this.#status[key as keyof EngineStatus] === value))
      return;
    this.#status = status;
    this.#options.publish({ type: 'engine', status });
  }
}

function isSame(loading: Loading, request: LoadRequest, chosen: UsablePackage): boolean {
  return (
    loading.package.sha256 === chosen.sha256 && JSON.stringify(loading.request) === JSON.stringify(request)
  );
}

import type {
  InferenceMethods,
  LoadedPackage,
  LoadRequest,
} from '../../native-models/engine/inference-protocol.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import type { CallOptions } from '../../native-models/engine/peer.ts';
import type { Port } from '../../native-models/engine/port.ts';
import { AppError, toAppError, type AppFailure } from '../../preload/contract/errors.ts';
import type { AppEvent, EngineStatus, Settings } from '../../preload/contract/api.ts';
import { abortable } from './abort.ts';
import { toFailure } from './failure.ts';
import { ModelSchedule, type Lane, type Scheduled } from './model-schedule.ts';
import type { Packages, UsablePackage } from './models/available-packages.ts';
import type { FindingTable } from './store/measurements.ts';

export interface EngineOptions {
  readonly startInference: () => Port;
  readonly packages: Packages;
  readonly settings: () => Settings;
  readonly findings: FindingTable;
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

/** What the settings ask for; where the tower runs is found out before loading. */
type Wanted = Omit<LoadRequest, 'provider'>;

interface Loading {
  readonly wanted: Wanted;
  readonly package: UsablePackage;
  readonly loaded: Promise<LoadedPackage>;
}

/** A driver that has not computed two crops by then is stuck. */
const probeMilliseconds = 60_000;

/** The provider that is always there. */
const onCpu = 'cpu';

/**
 * The model that the settings ask for, in the inference process. Loaded when it is first needed, again after a crash,
 * and anew in a new process when the settings ask for another one. Owns the schedule of its users and the status that the
 * windows show.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #inference: Supervisor<InferenceMethods>;
  /** A process for finding out what works here, which may die of it. */
  readonly #probe: Supervisor<InferenceMethods>;
  readonly #schedule = new ModelSchedule();
  #loading: Loading | null = null;
  /** Work that has the model: that of a lane, and what looks at it beside. */
  #users = 0;
  #isDisposed = false;
  #status: EngineStatus = {
    state: 'stopped',
    packageId: null,
    device: null,
    residentBytes: null,
    error: null,
  };

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#probe = new Supervisor('inference', options.startInference);
    this.#inference = new Supervisor('inference', options.startInference, (state) => {
      if (state === 'running')
        this.#show({ state: 'starting', device: null, residentBytes: null, error: null });
      else this.#loading = null;
      if (state === 'stopped') this.#show({ state, device: null, residentBytes: null });
      if (state === 'crashed') {
        const error: AppFailure = { code: 'process-died', details: { process: 'inference' } };
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
   * Runs `work` with the model the settings ask for when its turn comes; see `ModelSchedule` for who goes first. The result
   * rejects as `work` does, and as loading does: `package-invalid`, `out-of-memory`, `runtime-unavailable`, `process-died`.
   */
  schedule<T>(
    lane: Exclude<Lane, 'exclusive'>,
    work: (model: Model, signal: AbortSignal) => Promise<T>,
    cancelled?: AbortSignal,
  ): Scheduled<T> {
    return this.#schedule.add(lane, (signal) => this.#use((model) => work(model, signal), signal), cancelled);
  }

  /** A quick look at the model while others may use it. Throws as loading does. */
  beside<T>(work: (model: Model) => Promise<T>): Promise<T> {
    return this.#schedule.beside(() => this.#use(work));
  }

  /** Gives all memory of the model back for the length of `work`, once no answer is being written. */
  alone<T>(work: () => Promise<T>, cancelled?: AbortSignal): Promise<T> {
    const begin = () => {
      this.#inference.stop();
      return work();
    };
    return this.#schedule.run('exclusive', begin, cancelled);
  }

  /** Lets go of the files of a package, also in the middle of work with it. */
  unload(folder: string): void {
    if (this.#loading?.package.folder === folder) this.#inference.stop();
  }

  /** Ends the process for good. Safe to call twice. */
  dispose(): void {
    this.#isDisposed = true;
    this.#probe.dispose();
    this.#inference.dispose();
  }

  /** `signal` ends the wait for a model that is being loaded, which goes on for the next. */
  async #use<T>(work: (model: Model) => Promise<T>, signal?: AbortSignal): Promise<T> {
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

  async #load(): Promise<Loading> {
    const { packages, settings, cacheFolder } = this.#options;
    const { packageId, device, threads, contextTokens } = settings();
    const chosen = await packages.use(packageId);
    const wanted: Wanted = {
      folder: chosen.folder,
      gpu: device === 'cpu' ? 'off' : 'auto',
      threads,
      contextTokens,
      cacheFolder,
    };
    // While other work is under way with a model, a changed setting waits.
    if (this.#loading && this.#users > 1) return this.#loading;
    if (this.#loading && isSame(this.#loading, wanted, chosen)) return this.#loading;
    // A new process gives back all memory that the last model took.
    if (this.#loading) this.#inference.stop();
    const loading = { wanted, package: chosen, loaded: this.#start(wanted, chosen) };
    // Who waited for it may have given up meanwhile.
    loading.loaded.catch(() => undefined);
    this.#loading = loading;
    return loading;
  }

  async #start(wanted: Wanted, chosen: UsablePackage): Promise<LoadedPackage> {
    this.#show({ packageId: chosen.card.id });
    try {
      const provider = wanted.gpu === 'off' ? onCpu : await this.#towerProvider(wanted, chosen);
      const call = this.#inference.call('load', { ...wanted, provider });
      this.#show({ state: 'loading' });
      const loaded = await call;
      const { device, residentBytes } = loaded;
      this.#show({ device, residentBytes, error: null, isGpuUnusable: this.#isGpuUnusable(loaded) });
      return loaded;
    } catch (error) {
      this.#loading = null;
      // A crash has been shown already.
      if (toAppError(error).code !== 'process-died')
        this.#show({ state: 'stopped', error: toFailure(error) });
      throw error;
    }
  }

  /** Where the vision tower runs best, found out once for every package; the CPU where finding out fails. */
  async #towerProvider({ folder, threads }: Wanted, { sha256 }: UsablePackage): Promise<string> {
    const { findings } = this.#options;
    const key = `tower-provider ${sha256}`;
    const known = findings.get(key);
    if (known !== null) return known;
    this.#show({ state: 'starting', device: null, residentBytes: null, error: null });
    const call = this.#probe.call('chooseProvider', { folder, threads }, { deadline: probeMilliseconds });
    const provider = await call.then(
      (found) => found.provider,
      () => onCpu,
    );
    if (this.#isDisposed) throw new AppError('cancelled', 'The program is closing.');
    this.#probe.stop();
    findings.set(key, provider);
    return provider;
  }

  #isGpuUnusable({ isOnGpu, note }: LoadedPackage): boolean {
    const { device } = this.#options.settings();
    return device !== 'cpu' && !isOnGpu && (note !== null || device === 'gpu');
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

function isSame(loading: Loading, wanted: Wanted, chosen: UsablePackage): boolean {
  return (
    loading.package.sha256 === chosen.sha256 && JSON.stringify(loading.wanted) === JSON.stringify(wanted)
  );
}

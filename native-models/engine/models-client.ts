import { firstAnswer, type LensCalibration } from './first-answer.ts';
import type { ModelsMethods, ModelsParentMethods } from './models-protocol.ts';
import type { HubAccess, PlannedRequest } from '../install/hub/access.ts';
import { throwIfCancelled } from '../../preload/contract/errors.ts';
import type { CallOptions } from './peer.ts';
import type { Port } from './port.ts';
import { Supervisor } from './supervisor.ts';
import type { InstallJob } from '../install/jobs/job.ts';

/** The list of requests and the switch that forbids them. */
export interface RequestList {
  request<T>(
    planned: PlannedRequest,
    perform: () => Promise<{ readonly value: T; readonly outcome: string }>,
  ): Promise<T>;
}

export interface ModelsClientOptions {
  /** Starts the models process. */
  readonly start: () => Port;
  /** Starts an inference process, in which a new package is asked its first question. */
  readonly startInference: () => Port;
  /** Runs that while no other model has the memory of this machine; left out where none is loaded. */
  readonly alone?: (work: () => Promise<string>, signal: AbortSignal) => Promise<string>;
  readonly dataFolder: string;
  readonly access: HubAccess;
  readonly network: RequestList;
  readonly onJobs?: (jobs: readonly InstallJob[]) => void;
  readonly onPackages?: () => void;
  /** Of new packages, when they are proved; none without. */
  readonly calibration?: LensCalibration;
  /** The process died; installs are as it left them, and the next call tells how they stand. */
  readonly onCrash?: () => void;
}

type Method = Exclude<keyof ModelsMethods, 'open' | 'setAccess'>;

/**
 * The models process as its parent uses it: started by the first call or `wake`, and again by the first call after it died.
 * Does what the process asks for: whether a request may be sent, and what a new package answers.
 */
export class ModelsClient {
  readonly #options: ModelsClientOptions;
  readonly #process: Supervisor<ModelsMethods, ModelsParentMethods>;
  #access: HubAccess;
  /** Of the process that runs. */
  #opening: Promise<null> | null = null;
  /** Requests that are under way, by their number. */
  readonly #requests = new Map<number, (outcome: string) => void>();
  #nextRequest = 1;

  constructor(options: ModelsClientOptions) {
    this.#options = options;
    this.#access = options.access;
    const { startInference, calibration, alone = (work) => work() } = options;
    this.#process = new Supervisor<ModelsMethods, ModelsParentMethods>(
      'models',
      options.start,
      (state) => {
        if (state === 'running') return;
        this.#opening = null;
        if (state === 'crashed') options.onCrash?.();
        for (const end of this.#requests.values()) end('failed: the program ended');
        this.#requests.clear();
      },
      {
        jobs: (jobs) => {
          options.onJobs?.(jobs);
          return null;
        },
        packages: () => {
          options.onPackages?.();
          return null;
        },
        request: (planned, { signal }) => this.#request(planned, signal),
        requested: ({ number, outcome }) => {
          this.#requests.get(number)?.(outcome);
          return null;
        },
        prove: (question, { signal }) =>
          alone(() => firstAnswer(startInference, question, { signal, calibration }), signal),
      },
    );
  }

  /** Process id while the process runs. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Starts the process and resumes the installs that were under way when the program ended: to be called before any
   * `call`, which starts it without resuming them.
   */
  wake(): void {
    this.#open(true);
  }

  /** Throws what the process throws, and `process-died` when it ended. */
  call<K extends Method>(
    method: K,
    input: ModelsMethods[K]['input'],
    options?: CallOptions<ModelsMethods[K]['progress']>,
  ): Promise<ModelsMethods[K]['result']> {
    this.#open(false);
    return this.#process.call(method, input, options);
  }

  /** Takes effect for the next request of the process. */
  async setAccess(access: HubAccess): Promise<void> {
    this.#access = access;
    if (this.#opening) await this.#process.call('setAccess', access);
  }

  /** Ends the process; installs stay as they are. Safe to call twice. */
  dispose(): void {
    this.#process.dispose();
  }

  #open(goOn: boolean): void {
    if (this.#opening) return;
    const { dataFolder } = this.#options;
    const opening = this.#process.call('open', { dataFolder, access: this.#access, goOn });
    this.#opening = opening;
    // Why it failed is told by the calls that fail with it.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = null;
    });
  }

  /** Allows the request inside the list's own `request`, which ends when the process says how it ended. */
  #request(planned: PlannedRequest, signal: AbortSignal): Promise<number> {
    const allowed = Promise.withResolvers<number>();
    const number = this.#nextRequest++;
    const sent = this.#options.network.request(planned, async () => {
      throwIfCancelled(signal);
      const outcome = new Promise<string>((resolve) => this.#requests.set(number, resolve));
      allowed.resolve(number);
      try {
        return { value: undefined, outcome: await outcome };
      } finally {
        this.#requests.delete(number);
      }
    });
    sent.catch(allowed.reject);
    return allowed.promise;
  }
}

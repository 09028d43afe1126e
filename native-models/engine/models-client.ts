import { firstAnswer } from './first-answer.ts';
import type { AskReply, ModelsAsk, ModelsEvent, ModelsMethods } from './models-protocol.ts';
import type { HubAccess, PlannedRequest } from '../install/hub/access.ts';
import type { Port } from './port.ts';
import { sendError } from '../../preload/contract/errors.ts';
import { Supervisor } from './supervisor.ts';
import type { CallOptions } from './supervisor.ts';
import type { InstallJob } from '../install/jobs/job.ts';

/** Whoever keeps the list of requests and the switch that forbids them. */
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
  readonly alone?: (work: () => Promise<string>) => Promise<string>;
  readonly dataFolder: string;
  readonly access: HubAccess;
  readonly network: RequestList;
  readonly onJobs?: (jobs: readonly InstallJob[]) => void;
  readonly onPackages?: () => void;
  /** The process died; installs are as it left them, and the next call tells how they stand. */
  readonly onCrash?: () => void;
}

type Method = Exclude<keyof ModelsMethods, 'open' | 'reply' | 'setAccess'>;

/**
 * The models process as its parent uses it: started by the first call or `wake`, and again by the first call after it died.
 * Answers what the process asks for: whether a request may be sent, and what a new package answers.
 */
export class ModelsClient {
  readonly #options: ModelsClientOptions;
  readonly #process: Supervisor<ModelsMethods>;
  readonly #disposed = new AbortController();
  #access: HubAccess;
  #isOpen = false;
  /** Counts the processes: what one has asked is no business of the next. */
  #generation = 0;
  /** Requests that are under way, by the id of their ask. */
  readonly #requests = new Map<number, (outcome: string) => void>();

  constructor(options: ModelsClientOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#process = new Supervisor<ModelsMethods>('models', options.start, (state) => {
      if (state === 'running') return;
      this.#isOpen = false;
      this.#generation++;
      if (state === 'crashed') options.onCrash?.();
      for (const end of this.#requests.values()) end('failed: the program ended');
      this.#requests.clear();
    });
  }

  /** Process id while the process runs. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Starts the process and goes on with the installs that were under way when the program ended: to be called before any
   * `call`, which starts it without going on with them.
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
    if (this.#isOpen) await this.#process.call('setAccess', access);
  }

  /** Ends the process; installs stay as they are. Safe to call twice. */
  dispose(): void {
    this.#disposed.abort();
    this.#process.dispose();
  }

  #open(goOn: boolean): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const generation = ++this.#generation;
    const { dataFolder } = this.#options;
    const call = this.#process.call(
      'open',
      { dataFolder, access: this.#access, goOn },
      { onProgress: (event) => this.#hear(event, generation) },
    );
    // How it ended is told by the calls that end with it.
    call
      .catch(() => undefined)
      .finally(() => {
        if (this.#generation === generation) this.#isOpen = false;
      });
  }

  #hear(event: ModelsEvent, generation: number): void {
    const { onJobs, onPackages } = this.#options;
    if (event.kind === 'jobs') onJobs?.(event.jobs);
    else if (event.kind === 'packages') onPackages?.();
    else if (event.kind === 'ask') void this.#answer(event.askId, event.ask, generation);
    else this.#requests.get(event.askId)?.(event.outcome);
  }

  async #answer(askId: number, ask: ModelsAsk, generation: number): Promise<void> {
    const reply = async (answer: AskReply) => {
      if (this.#generation !== generation) return;
      // A process that has died waits for no answer.
      await this.#process.call('reply', { askId, reply: answer }).catch(() => undefined);
    };
    try {
      if (ask.kind === 'request') await this.#request(askId, ask.request, reply);
      else await reply({ kind: 'prove', answer: await this.#prove(ask) });
    } catch (error) {
      await reply({ kind: 'refused', error: sendError(error) });
    }
  }

  #prove(ask: Extract<ModelsAsk, { kind: 'prove' }>): Promise<string> {
    const { startInference, alone = (work) => work() } = this.#options;
    return alone(() => firstAnswer(startInference, ask, this.#disposed.signal));
  }

  /** Allows the request inside the list's own `request`, which ends when the process says how it ended. */
  #request(
    askId: number,
    planned: PlannedRequest,
    reply: (answer: AskReply) => Promise<void>,
  ): Promise<void> {
    return this.#options.network.request(planned, async () => {
      const outcome = new Promise<string>((resolve) => this.#requests.set(askId, resolve));
      await reply({ kind: 'request' });
      try {
        return { value: undefined, outcome: await outcome };
      } finally {
        this.#requests.delete(askId);
      }
    });
  }
}

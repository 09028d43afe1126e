import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { calibrationMilliseconds } from '../../../native-models/engine/inference-protocol.ts';
import { ModelsClient } from '../../../native-models/engine/models-client.ts';
import type { HubAccess } from '../../../native-models/install/hub/access.ts';
import type { Port } from '../../../native-models/engine/port.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import { checkEndpoint, publicHub } from '../../../native-models/install/hub/access.ts';
import type {
  AppEvent,
  HubLogin,
  InstallId,
  ModelActivity,
  ModelOffers,
  Settings,
} from '../../../preload/contract/api.ts';
import type { Engine } from '../engine.ts';
import type { NetworkGate } from '../network.ts';
import type { ServicesOptions } from '../options.ts';
import type { Packages } from './available-packages.ts';
import { lensKey } from '../chat/looks.ts';
import type { SettingsFile } from '../settings.ts';
import type { FindingTable } from '../store/measurements.ts';
import { ModelInstalls } from './model-installs.ts';
import type { MachineFacts } from './machine.ts';
import type { SecretStore } from './secrets.ts';
import { failureOf, offerOf } from './views.ts';
import { PackageTasks } from './package-tasks.ts';

export interface ModelsOptions {
  readonly dataFolder: string;
  readonly startWorker: ServicesOptions['startWorker'];
  readonly engine: Engine;
  /** Where it is kept which heads of a package tell where it looks. */
  readonly findings: FindingTable;
  readonly calibrationMilliseconds?: number | undefined;
  readonly packages: Packages;
  readonly network: NetworkGate;
  readonly machine: MachineFacts;
  readonly settings: SettingsFile;
  readonly secrets: SecretStore;
  readonly publish: (event: AppEvent) => void;
  /** The model of an install has become the current one. */
  readonly onInstalled: (install: InstallId) => void;
  /** An install will never bring its model. */
  readonly onGone: (install: InstallId) => void;
}

/** Progress that comes faster than this would push other events out of the log and tell nobody more. */
const publishMilliseconds = 200;

/** Everything about getting and keeping models: the catalogue, installs, installed packages, and how the hub is reached. */
export class Models {
  readonly #options: ModelsOptions;
  readonly #client: ModelsClient;
  readonly installs: ModelInstalls;
  readonly tasks: PackageTasks;
  #token: string | null = null;
  #isNetworkAllowed: boolean;
  #timer: NodeJS.Timeout | null = null;
  #publishedStates = '';

  constructor(options: ModelsOptions) {
    this.#options = options;
    const { startWorker, dataFolder, engine, findings, network, settings } = options;
    this.#isNetworkAllowed = settings.current.networkAllowed;
    this.#client = new ModelsClient({
      start: (): Port => startWorker('models'),
      startInference: () => startWorker('inference'),
      alone: (work, signal) => engine.alone(work, signal),
      access: this.#access(),
      ...{ dataFolder, network },
      onJobs: (jobs) => this.installs.hear(jobs),
      calibration: {
        milliseconds: options.calibrationMilliseconds ?? calibrationMilliseconds,
        onFound: (sha256, found) => findings.set(lensKey(sha256), JSON.stringify(found)),
      },
      onPackages: () => void this.#publishPackages(),
      // The new process tells what became of the installs of the old one.
      onCrash: () => void this.#client.call('jobs', null).then((jobs) => this.installs.hear(jobs), ignore),
    });
    const changed = () => this.#changed();
    this.tasks = new PackageTasks({ client: this.#client, changed });
    this.installs = new ModelInstalls({
      client: this.#client,
      changed,
      onInstalled: (install, folder) => this.#adopt(install, folder),
      onGone: options.onGone,
    });
  }

  /** Process id of the models process while it runs. */
  get pid(): number | undefined {
    return this.#client.pid;
  }

  /** Reads the token, and resumes installs that were under way when the program ended. */
  async wake(): Promise<void> {
    this.#token = await this.#options.secrets.read().catch(() => null);
    const unfinished = await readdir(join(this.#options.dataFolder, 'installs')).catch(() => []);
    if (unfinished.length === 0) return;
    await this.#client.setAccess(this.#access());
    this.#client.wake();
    this.installs.hear(await this.#client.call('jobs', null));
  }

  activity(): ModelActivity {
    return { installs: this.installs.list(), tasks: this.tasks.list() };
  }

  /** The install itself while its model may still come; null when that is there already or will never be. */
  stillComing(install: InstallId): InstallId | null {
    const isComing = this.installs
      .list()
      .some(({ id, state }) => id === install && state !== 'done' && state !== 'cancelled');
    return isComing ? install : null;
  }

  async offers(): Promise<ModelOffers> {
    const { machine } = this.#options;
    const facts = await machine.now();
    const { entries, refused } = await this.#client.call('catalogue', null);
    return {
      machine: facts,
      models: entries.map((listed) => offerOf(listed, facts, machine.speed)),
      refused: refused.map(({ file, error }) => ({ file, error: failureOf(error)! })),
    };
  }

  async measureMachine(): Promise<ModelOffers> {
    await this.#options.machine.measure();
    return this.offers();
  }

  get client(): Pick<ModelsClient, 'call'> {
    return this.#client;
  }

  /** The settings are others now. */
  async follow(settings: Settings): Promise<void> {
    const { networkAllowed } = settings;
    await this.#client.setAccess(this.#access()).catch(ignore);
    if (networkAllowed === this.#isNetworkAllowed) return;
    this.#isNetworkAllowed = networkAllowed;
    await this.installs.allowNetwork(networkAllowed);
  }

  login(): HubLogin {
    return { hasToken: this.#token !== null, isKept: this.#options.secrets.isLasting };
  }

  async setToken(token: string | null): Promise<HubLogin> {
    await this.#options.secrets.write(token);
    this.#token = token;
    await this.#client.setAccess(this.#access());
    return this.login();
  }

  /** Changes the name people see. Settings that chose the package keep it. */
  async rename(packageId: string, name: string): Promise<void> {
    const folder = await this.installedFolder(packageId);
    this.#letGo(folder);
    const renamed = await this.#client.call('rename', { folder, name });
    const { packages, settings } = this.#options;
    const card = await packages.installedCard(renamed.folder);
    // The id is of the content, which stays; of two copies, only the first in the list has it.
    if (card && settings.current.packageId === packageId) await settings.change({ packageId: card.id });
    await this.#publishPackages();
  }

  async remove(packageId: string): Promise<{ kept: readonly string[] }> {
    const folder = await this.installedFolder(packageId);
    await this.tasks.dismiss(packageId);
    this.#letGo(folder);
    const { kept } = await this.#client.call('remove', { folder });
    const { settings } = this.#options;
    if (settings.current.packageId === packageId) await settings.change({ packageId: null });
    await this.#publishPackages();
    return { kept };
  }

  /** Throws `wrong-usage` for a package that this person has not installed. */
  async installedFolder(packageId: string): Promise<string> {
    const folder = await this.#options.packages.installedFolder(packageId);
    if (folder !== null) return folder;
    throw new AppError('wrong-usage', `${packageId}: there is no installed package of that id.`);
  }

  /** Ends the process; installs stay as they are. Safe to call twice. */
  dispose(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.tasks.dispose();
    this.#client.dispose();
  }

  /** Open files could be neither moved nor deleted on Windows. */
  #letGo(folder: string): void {
    this.#options.engine.unload(join(this.#options.dataFolder, 'packages', folder));
  }

  /** A model that was asked for is there: it becomes the current one, which answers what has waited for it. */
  async #adopt(install: InstallId, folder: string): Promise<string | null> {
    const { packages, settings, onInstalled, onGone } = this.#options;
    const card = await packages.installedCard(folder);
    if (!card || card.error) {
      onGone(install);
      return null;
    }
    await this.#publishPackages();
    // A setting that cannot be saved holds for this run all the same.
    await settings.change({ packageId: card.id }).catch(ignore);
    onInstalled(install);
    return card.id;
  }

  async #publishPackages(): Promise<void> {
    const { packages, publish } = this.#options;
    publish({ type: 'packages', packages: await packages.list() });
  }

  #access(): HubAccess {
    const { hubEndpoint, downloadBytesPerSecond } = this.#options.settings.current;
    const endpoint = hubEndpoint === null ? publicHub : checkEndpoint(hubEndpoint);
    return { endpoint, token: this.#token, bytesPerSecond: downloadBytesPerSecond, proxy: null };
  }

  /** Tells the windows: at once when anything has begun or ended, progress from time to time. */
  #changed(): void {
    const { installs, tasks } = this.activity();
    const states = JSON.stringify([...installs, ...tasks].map(({ state, error }) => [state, error]));
    if (states !== this.#publishedStates) this.#publish();
    else this.#timer ??= setTimeout(() => this.#publish(), publishMilliseconds);
  }

  #publish(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const activity = this.activity();
    const { installs, tasks } = activity;
    this.#publishedStates = JSON.stringify([...installs, ...tasks].map(({ state, error }) => [state, error]));
    this.#options.publish({ type: 'models', activity });
  }
}

const ignore = () => undefined;

import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { InferenceMethods, MeasuredMachine } from '../../../native-models/engine/inference-protocol.ts';
import type { Port } from '../../../native-models/engine/port.ts';
import { Supervisor } from '../../../native-models/engine/supervisor.ts';
import type { Machine, Settings } from '../../../preload/contract/api.ts';
import type { MeasurementStore } from '../store/measurements.ts';
import type { Speed } from './verdict.ts';

/** A driver that has not answered by then is stuck. */
const measuringMilliseconds = 60_000;

const keys = {
  operationsPerSecond: 'machine operations-per-second',
  bytesPerSecond: 'machine bytes-per-second',
} as const;

export interface MachineFactsOptions {
  readonly dataFolder: string;
  readonly startInference: () => Port;
  readonly measurements: MeasurementStore;
  readonly settings: () => Settings;
}

/** What of this machine decides whether a model fits and how fast it is. Its speed is remembered, its GPU looked for once a run. */
export class MachineFacts {
  readonly #options: MachineFactsOptions;
  readonly #probe: Supervisor<InferenceMethods>;
  #gpu: MeasuredMachine['gpu'] | undefined;
  #measuring: Promise<void> | null = null;

  constructor(options: MachineFactsOptions) {
    this.#options = options;
    this.#probe = new Supervisor('inference', options.startInference);
  }

  async now(): Promise<Machine> {
    const speed = this.speed;
    return {
      diskFree: await freeBytes(this.#options.dataFolder),
      memoryTotal: totalmem(),
      memoryFree: freemem(),
      gpu: this.#options.settings().device === 'cpu' ? null : (this.#gpu ?? null),
      isMeasured: this.#gpu !== undefined && speed !== null,
    };
  }

  /** Null until it has been measured. */
  get speed(): Speed | null {
    const { measurements } = this.#options;
    const operationsPerSecond = measurements.get(keys.operationsPerSecond);
    const bytesPerSecond = measurements.get(keys.bytesPerSecond);
    if (operationsPerSecond === null || bytesPerSecond === null) return null;
    return { operationsPerSecond, bytesPerSecond };
  }

  /** Finds out the GPU and the speed, once a run; where a driver takes the process down, there is no GPU. */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure();
    return this.#measuring;
  }

  /** Safe to call twice. */
  dispose(): void {
    this.#probe.dispose();
  }

  async #measure(): Promise<void> {
    const { measurements, settings } = this.#options;
    const input = { threads: settings().threads };
    const call = this.#probe.call('measureMachine', input, { deadline: measuringMilliseconds });
    const found = await call.catch(() => null);
    this.#probe.stop();
    this.#gpu = found?.gpu ?? null;
    if (!found) return;
    measurements.add(keys.operationsPerSecond, found.operationsPerSecond);
    measurements.add(keys.bytesPerSecond, found.bytesPerSecond);
  }
}

/** Free bytes of the disk that a folder is, or will be, on; null where that is not told. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    const above = dirname(folder);
    return above === folder ? null : freeBytes(above);
  }
}

import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedRequest } from '../../native-models/install/hub/access.ts';
import { makeFolder } from '../../native-models/files/make-folder.ts';
import { readTextIfThere } from '../../native-models/files/regular-file.ts';
import * as v from 'valibot';
import { AppError } from '../../preload/contract/errors.ts';
import type { NetworkRequest } from '../../preload/contract/api.ts';

const requestSchema = v.object({
  at: v.number(),
  method: v.string(),
  url: v.string(),
  purpose: v.string(),
  outcome: v.string(),
});

/**
 * The only way out of this machine: every download happens inside `request`. Every request is listed for the person
 * in a file of one JSON line each, also those that the network switch forbade.
 */
export class NetworkGate {
  readonly #path: string;
  readonly #isAllowed: () => boolean;

  constructor(dataFolder: string, isAllowed: () => boolean) {
    this.#path = join(dataFolder, 'network-requests.jsonl');
    this.#isAllowed = isAllowed;
  }

  /**
   * Carries out `perform`, which returns the outcome to be listed (for example "200, 4 MB"), unless the switch
   * forbids it: then throws `cancelled`.
   */
  async request<T>(
    planned: PlannedRequest,
    perform: () => Promise<{ readonly value: T; readonly outcome: string }>,
  ): Promise<T> {
    if (!this.#isAllowed()) {
      await this.#append(planned, 'forbidden');
      throw new AppError('cancelled', `${planned.url}: the network is switched off in the settings.`, {
        reason: 'network-off',
      });
    }
    try {
      const { value, outcome } = await perform();
      await this.#append(planned, outcome);
      return value;
    } catch (error) {
      await this.#append(planned, `failed: ${(error as Error).message}`);
      throw error;
    }
  }

  /** All requests ever made, the latest first. */
  async list(): Promise<NetworkRequest[]> {
    const text = await readTextIfThere(this.#path);
    return text
      .split('\n')
      .flatMap((line) => {
        const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), requestSchema), line);
        // A line that was cut off by a power loss is the only one that can be lost.
        return parsed.success ? [parsed.output] : [];
      })
      .reverse();
  }

  async #append(planned: PlannedRequest, outcome: string): Promise<void> {
    const request: NetworkRequest = { at: Date.now(), ...planned, outcome };
    makeFolder(dirname(this.#path));
    await appendFile(this.#path, `${JSON.stringify(request)}\n`, { mode: 0o600 });
  }
}

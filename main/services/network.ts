import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlannedRequest } from '../../native-models/install/hub/access.ts';
import { makeFolder } from '../../native-models/files/make-folder.ts';
import { readEndOfFile } from '../../native-models/files/regular-file.ts';
import * as v from 'valibot';
import { AppError } from '../../preload/contract/errors.ts';
import type { NetworkRequest } from '../../preload/contract/api.ts';

/** More requests than anybody reads: the list ends with the latest ones. */
const mostListedBytes = 16 * 2 ** 20;

const requestSchema = v.object({
  /** Of the two lines of one request: that it begins, and what came of it. Earlier versions wrote the second alone. */
  id: v.optional(v.string()),
  at: v.number(),
  method: v.string(),
  url: v.string(),
  purpose: v.string(),
  outcome: v.string(),
});

/**
 * The only way out of this machine: every download happens inside `request`. Every request is listed for the person
 * before it is made, also those that the network switch forbade, in a file of JSON lines.
 */
export class NetworkGate {
  readonly #path: string;
  readonly #isAllowed: () => boolean | Promise<boolean>;

  /** @param isAllowed is asked before every request */
  constructor(dataFolder: string, isAllowed: () => boolean | Promise<boolean>) {
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
    const request = { id: randomUUID(), at: Date.now(), ...planned };
    if (!(await this.#isAllowed())) {
      await this.#append({ ...request, outcome: 'forbidden' });
      throw new AppError('cancelled', `${planned.url}: the network is switched off in the settings.`, {
        reason: 'network-off',
      });
    }
    await this.#append({ ...request, outcome: 'begun' });
    try {
      const { value, outcome } = await perform();
      await this.#append({ ...request, outcome });
      return value;
    } catch (error) {
      await this.#append({ ...request, outcome: `failed: ${(error as Error).message}` });
      throw error;
    }
  }

  /** All requests ever made, the latest first. Throws what the system says of a file that cannot be read. */
  async list(): Promise<NetworkRequest[]> {
    const listed = new Map<string, NetworkRequest>();
    for (const [index, line] of (await readEndOfFile(this.#path, mostListedBytes)).split('\n').entries()) {
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), requestSchema), line);
      // A line that was cut off by a power loss is no JSON.
      if (!parsed.success) continue;
      const { id = String(index), ...request } = parsed.output;
      listed.set(id, request);
    }
    return [...listed.values()].reverse();
  }

  async #append(request: NetworkRequest & { readonly id: string }): Promise<void> {
    makeFolder(dirname(this.#path));
    await appendFile(this.#path, `${JSON.stringify(request)}\n`, { mode: 0o600 });
  }
}

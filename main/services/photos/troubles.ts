import { createHash } from 'node:crypto';
import type { ErrorDetails } from '../../../preload/contract/errors.ts';
import type { FindingTable } from '../store/measurements.ts';

/** What a photo did to the process that reads photos. */
export type Trouble = ErrorDetails['photo-undecodable']['reason'];

/**
 * Photos that ended the process that reads them, or that it had to be ended for: they are read again only when a person
 * opens them. Known in the next run too, except of private photos. Kept as hashes: nothing tells which photos they are.
 */
export class Troubles {
  readonly #findings: FindingTable;
  readonly #transient = new Map<string, Trouble>();

  constructor(findings: FindingTable) {
    this.#findings = findings;
  }

  /** `photo` says which content: its hash, or where it is with its size and time. */
  get(photo: string): Trouble | null {
    const key = keyOf(photo);
    const found = this.#transient.get(key) ?? this.#findings.get(key);
    return found === 'endless' || found === 'crash' ? found : null;
  }

  add(photo: string, trouble: Trouble, isPrivate: boolean): void {
    const key = keyOf(photo);
    this.#transient.set(key, trouble);
    if (!isPrivate) this.#findings.set(key, trouble);
  }

  forget(photo: string): void {
    const key = keyOf(photo);
    this.#transient.delete(key);
    if (this.#findings.get(key) !== null) this.#findings.remove(key);
  }
}

const keyOf = (photo: string) => `photo ${createHash('sha256').update(photo).digest('hex')}`;

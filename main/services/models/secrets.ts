/** Keeps one secret for the person. Where a host has no keychain, it lasts as long as the program. */
export interface SecretStore {
  /** Whether the secret outlasts the program. */
  readonly isLasting: boolean;
  /** Null when there is none, or it can no longer be read. */
  read(): Promise<string | null>;
  /** Null forgets it. */
  write(secret: string | null): Promise<void>;
}

/** A secret in memory only. */
export class MemorySecret implements SecretStore {
  readonly isLasting = false;
  #secret: string | null = null;

  async read(): Promise<string | null> {
    return this.#secret;
  }

  async write(secret: string | null): Promise<void> {
    this.#secret = secret;
  }
}

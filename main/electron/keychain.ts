import { rm } from 'node:fs/promises';
import { readRegularFile } from '../../native-models/files/regular-file.ts';
import type { SafeStorage } from 'electron';
import { replaceFile } from '../../native-models/files/replace-file.ts';
import type { SecretStore } from '../services/models/secrets.ts';

export interface KeychainOptions {
  readonly safeStorage: Pick<
    SafeStorage,
    'isEncryptionAvailable' | 'encryptString' | 'decryptString' | 'getSelectedStorageBackend'
  >;
  readonly platform: NodeJS.Platform;
  /** File of the encrypted secret. */
  readonly path: string;
}

/**
 * A secret in a file that the system's keychain encrypts. Without one - on a Linux desktop that has none, Electron would
 * encrypt with a password everyone knows - the secret stays in memory. To be made once Electron is ready.
 */
export class Keychain implements SecretStore {
  readonly #options: KeychainOptions;
  readonly isLasting: boolean;
  #passing: string | null = null;

  constructor(options: KeychainOptions) {
    const { safeStorage, platform } = options;
    this.#options = options;
    const isReal = platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text';
    this.isLasting = isReal && safeStorage.isEncryptionAvailable();
  }

  async read(): Promise<string | null> {
    if (!this.isLasting) return this.#passing;
    try {
      return this.#options.safeStorage.decryptString(await readRegularFile(this.#options.path, 2 ** 16));
    } catch {
      // There is none, or it was encrypted for another person or machine.
      return null;
    }
  }

  async write(secret: string | null): Promise<void> {
    const { path, safeStorage } = this.#options;
    this.#passing = this.isLasting ? null : secret;
    if (!this.isLasting) return;
    if (secret === null) await rm(path, { force: true });
    else await replaceFile(path, safeStorage.encryptString(secret));
  }
}

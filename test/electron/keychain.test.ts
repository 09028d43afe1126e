import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Keychain, type KeychainOptions } from '../../main/electron/keychain.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

/** Stands for the system's keychain: what it encrypts cannot be read as it is. */
function keychain(backend: string, isAvailable = true): KeychainOptions['safeStorage'] {
  const turned = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0x5a));
  return {
    isEncryptionAvailable: () => isAvailable,
    encryptString: (text) => turned(Buffer.from(text)),
    decryptString: (bytes) => turned(bytes).toString(),
    getSelectedStorageBackend: () => backend as 'gnome_libsecret',
  };
}

test('a token outlasts the program, encrypted, until it is forgotten', async () => {
  const path = join(folder, 'kept');
  const options = { safeStorage: keychain('gnome_libsecret'), platform: 'linux', path } as const;
  const first = new Keychain(options);
  expect(first.isLasting).toBe(true);
  expect(await first.read()).toBeNull();
  await first.write('hf_secret');
  expect(await readFile(path, 'utf8')).not.toContain('secret');
  expect(await new Keychain(options).read()).toBe('hf_secret');
  await first.write(null);
  expect(await new Keychain(options).read()).toBeNull();
});

test.each([
  ['without a keychain', 'unknown', false],
  ['with the one whose password everyone knows', 'basic_text', true],
])('%s the token stays in memory', async (_, backend, isAvailable) => {
  const path = join(folder, backend);
  const options = { safeStorage: keychain(backend, isAvailable), platform: 'linux', path } as const;
  const first = new Keychain(options);
  expect(first.isLasting).toBe(false);
  await first.write('hf_secret');
  expect(await first.read()).toBe('hf_secret');
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await new Keychain(options).read()).toBeNull();
});

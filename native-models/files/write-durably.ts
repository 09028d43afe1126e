import { open, rename } from 'node:fs/promises';

/** Replaces a file whole or not at all, even when the power fails: its bytes are on the disk before it gets its name. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const next = `${path}.new`;
  const handle = await open(next, 'w');
  try {
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(next, path);
}

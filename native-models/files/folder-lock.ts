import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readRegularFile } from './regular-file.ts';

import { AppError } from '../../preload/contract/errors.ts';

export const lockName = 'lock';
const lockWriteAttempts = 20;

/** Folders locked by this process. A process id alone would not tell them from those of a dead process of the same id. */
const heldHere = new Set<string>();

/**
 * Takes the folder for this process, until `releaseLock`. A lock whose process has died does not hold.
 * Throws `package-exists` when a living process has it.
 */
export async function lockFolder(path: string): Promise<void> {
  const file = join(path, lockName);
  while (!(await takeLock(file))) {
    const owner = await lockOwner(file);
    if (heldHere.has(path) || (owner !== null && owner !== process.pid && isAlive(owner))) {
      throw new AppError('package-exists', `${path}: another process is at work in it (process ${owner}).`, {
        file: path,
      });
    }
    await removeStaleLock(file, owner);
  }
  heldHere.add(path);
}

async function takeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The process that holds the lock; null when it has just gone, or when its owner died before writing its number. */
async function lockOwner(file: string): Promise<number | null> {
  for (let attempt = 0; ; attempt++) {
    const text = await readRegularFile(file, 64).then(String, () => null);
    if (text === null) return null;
    if (text !== '') return Number(text);
    // Another process has made the file this moment and is about to write into it.
    if (attempt === lockWriteAttempts) return null;
    await setTimeout(10);
  }
}

/** Moved away first, so that of two newcomers one removes it, and looked at again, so that a newer lock is given back. */
async function removeStaleLock(file: string, owner: number | null): Promise<void> {
  const moved = `${file}-${randomUUID()}`;
  try {
    await rename(file, moved);
  } catch {
    return; // Another newcomer was faster.
  }
  if ((await lockOwner(moved)) === owner) await rm(moved, { force: true });
  else await rename(moved, file);
}

export async function releaseLock(path: string): Promise<void> {
  forgetLock(path);
  await rm(join(path, lockName), { force: true });
}

/** The folder is gone, or its lock is somebody else's to remove. */
export function forgetLock(path: string): void {
  heldHere.delete(path);
}

/** Whether a living process, this one or another, has the folder. */
export async function isLocked(path: string): Promise<boolean> {
  if (heldHere.has(path)) return true;
  const owner = await lockOwner(join(path, lockName));
  return owner !== null && owner !== process.pid && isAlive(owner);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

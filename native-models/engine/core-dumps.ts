import { writeFileSync } from 'node:fs';

/**
 * A core dump would hold the questions, answers and pixels of a process that crashed. Where they are on, none is written
 * of a child process, and one of the program itself holds no memory.
 *
 * macOS and Windows write none unless an administrator turns them on; there `withoutCoreDump` still holds on macOS.
 */

/** The command that runs `command` with core dumps off (RLIMIT_CORE 0), under the same process id. */
export function withoutCoreDump(
  command: string,
  platform: NodeJS.Platform = process.platform,
): { readonly command: string; readonly args: readonly string[] } {
  if (platform === 'win32') return { command, args: [] };
  return { command: '/bin/sh', args: ['-c', 'ulimit -c 0; exec "$0" "$@"', command] };
}

/**
 * Leaves every kind of memory out of a core dump of this process and of the children it starts later: also of one that
 * the system hands to a program of its own, for which RLIMIT_CORE does not count.
 */
export function keepMemoryOutOfCoreDumps(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // A system without core dumps has no filter for them.
  }
}

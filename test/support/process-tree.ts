/** What the system says of a process and its descendants. Linux alone: it reads /proc. */
import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks a second in /proc (USER_HZ), the same on every Linux. */
const ticks = 100;

/** The process and all its descendants. */
export function processTree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statFields(Number(name))?.[1] ?? -1)] as const);
  const found = [root];
  for (const pid of found)
    found.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child));
  return found;
}

/** Fields of /proc/PID/stat after the name, from the state on; null when the process is gone. */
function statFields(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return null;
  }
}

/** Seconds of processor time that the processes have taken since they started. */
export function processorSeconds(pids: readonly number[]): number {
  const [user, system] = [11, 12];
  return pids.reduce((sum, pid) => {
    const fields = statFields(pid);
    return fields ? sum + (Number(fields[user]) + Number(fields[system])) / ticks : sum;
  }, 0);
}

/** Bytes of proportional set size: what several processes share is counted once. */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const pss = /^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return sum + Number(pss) * 1024;
  }, 0);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../preload/contract/errors.ts';
import { Chance } from './mutate.ts';
import type { NativeOpener } from './native-opener.ts';
import { writeMutant, type Target } from './target.ts';

/** Processor time of one check, in milliseconds: checks take two; only what would hang comes near. */
const mostMilliseconds = 5000;
/** Memory that a check may leave behind before it is collected: files are under half a megabyte, templates are bounded. */
const mostBytes = 768 * 2 ** 20;

export interface Finding {
  readonly target: string;
  /** Together with the target's name, makes the same mutant again. */
  readonly seed: number;
  readonly fault: string;
}

export interface FuzzReport {
  readonly mutants: number;
  readonly accepted: number;
  readonly refused: number;
  /** Accepted ones that native code was given. */
  readonly opened: number;
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly targets: readonly Target[];
  readonly count: number;
  readonly seed: number;
  readonly opener: NativeOpener;
  /** Where files that were found at fault are kept; null keeps none. */
  readonly keepIn: string | null;
  readonly onProgress?: (done: number) => void;
}

/** Shows `count` mutants to their checkers: each must be accepted, or refused with the right error in time. */
export async function fuzz({
  targets,
  count,
  seed,
  opener,
  keepIn,
  onProgress,
}: FuzzOptions): Promise<FuzzReport> {
  const report = { mutants: 0, accepted: 0, refused: 0, opened: 0, findings: [] as Finding[] };
  const shares = targets.flatMap((target) => Array.from({ length: target.weight }, () => target));
  for (let i = 0; i < count; i++) {
    const target = shares[i % shares.length]!;
    const mutantSeed = seed + i;
    const bytes = target.mutant(new Chance(mutantSeed));
    writeMutant(target, bytes);
    const outcome = await check(target, bytes);
    let fault = outcome.fault;
    if (outcome.isAccepted && target.native) {
      report.opened++;
      fault ??= await opener.open(target.native, target.path);
    }
    report.mutants++;
    report[outcome.isAccepted ? 'accepted' : 'refused']++;
    if (fault !== null) {
      report.findings.push({ target: target.name, seed: mutantSeed, fault });
      if (keepIn !== null) keep(keepIn, target, mutantSeed, bytes);
    }
    onProgress?.(i + 1);
  }
  return report;
}

async function check(target: Target, bytes: Buffer): Promise<{ isAccepted: boolean; fault: string | null }> {
  const before = process.cpuUsage();
  let error: unknown = null;
  try {
    await target.check(bytes);
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(before);
  const milliseconds = (user + system) / 1000;
  const { heapUsed, external } = process.memoryUsage();
  let fault: string | null = null;
  if (error !== null) fault = faultOf(error, target);
  if (milliseconds > mostMilliseconds) fault = `takes ${Math.round(milliseconds)} ms of processor time`;
  if (heapUsed + external > mostBytes) fault = `leaves ${Math.round((heapUsed + external) / 2 ** 20)} MB`;
  return { isAccepted: error === null, fault };
}

/** Null for an error as it should be. */
function faultOf(error: unknown, { codes }: Target): string | null {
  if (!(error instanceof AppError)) return `throws ${String((error as Error)?.stack ?? error).slice(0, 400)}`;
  if (!codes.includes(error.code)) return `is refused with ${error.code}: ${error.message}`;
  // One line of a terminal, without anything that steers it.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(error.message))
    return `is refused in more than a line: ${JSON.stringify(error.message)}`;
  return null;
}

function keep(folder: string, target: Target, seed: number, bytes: Buffer): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${target.name}-${seed}`), bytes);
}

/** What the bench ran on: figures of one kind of processor say little of another. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { CoreMeter } from '../../native-models/language/core-meter.ts';

/** By what decides how fast integers are multiplied: x86 with or without dot products of bytes, Arm. */
export type MachineKind = 'vnni' | 'avx2' | 'arm' | 'other';

/** Names of instruction sets that matter here, as Linux and macOS write them. */
const interesting = /^(avx2|avx512f|avx512_vnni|avx_vnni|amx_int8|asimddp|i8mm|sve|feat_dotprod|feat_i8mm)$/;

function instructionSets(): string[] {
  const [file, command] = ['/proc/cpuinfo', ['-a']] as const;
  const words = (text: string) => [...new Set(text.toLowerCase().match(/[a-z]\w+/g))];
  try {
    if (process.platform === 'linux')
      return words(readFileSync(file, 'utf8')).filter((word) => interesting.test(word));
    if (process.platform === 'darwin')
      return words(execFileSync('sysctl', command, { encoding: 'utf8' })).filter((word) =>
        interesting.test(word),
      );
  } catch {
    // A system that hides them.
  }
  return [];
}

export function machineKind(sets = instructionSets()): MachineKind {
  if (process.arch === 'arm64') return 'arm';
  if (sets.some((name) => name.endsWith('vnni') || name === 'amx_int8')) return 'vnni';
  return sets.includes('avx2') ? 'avx2' : 'other';
}

/** One line: processor, cores, instruction sets. */
export function describeMachine(): string {
  const sets = instructionSets();
  const [processor] = cpus();
  return `${processor?.model.trim() ?? process.arch}, ${cpus().length} cores, ${sets.join(' ') || 'instruction sets unknown'} (${machineKind(sets)}), Node ${process.versions.node}`;
}

/** Share of the cores, 0 to 1, that other programs take while this one waits a second. */
export async function othersShare(): Promise<number> {
  const meter = new CoreMeter();
  await wait(1000);
  return meter.othersShare() ?? 0;
}

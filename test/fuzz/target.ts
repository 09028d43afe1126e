import { writeFileSync } from 'node:fs';

import type { ErrorCode } from '../../preload/contract/errors.ts';
import type { Chance } from './mutate.ts';

/** A format that comes from strangers: how a valid file of it is changed, and who has to withstand it. */
export interface Target {
  readonly name: string;
  /** How much of all mutants are its, in proportion to the others. */
  readonly weight: number;
  /** What a mutant may be refused with. */
  readonly codes: readonly ErrorCode[];
  /** Accepted mutants are opened by this native runtime. */
  readonly native?: 'llama' | 'onnx';
  /** Where mutants are written. */
  readonly path: string;
  /** The file before any change. */
  readonly valid: Buffer;
  mutant(chance: Chance): Buffer;
  /** Resolves for what is accepted. */
  check(bytes: Buffer): Promise<unknown>;
}

export function writeMutant({ path }: Target, bytes: Buffer): void {
  writeFileSync(path, bytes);
}

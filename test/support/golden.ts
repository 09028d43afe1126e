import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The golden cases (docs/inference.md, How it is known to be right). */
export const goldenNames = ['tower-inside', 'tower-apart'] as const;
export type GoldenName = (typeof goldenNames)[number];

const root = fileURLToPath(new URL('../golden/', import.meta.url));

/** Folders of a golden case. */
export function goldenCase(name: GoldenName): { folder: string; checkpoint: string; clip: string } {
  const folder = join(root, name);
  return { folder, checkpoint: join(folder, 'checkpoint'), clip: join(folder, 'clip') };
}

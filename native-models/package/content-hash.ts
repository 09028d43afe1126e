import { createHash } from 'node:crypto';

import type { Manifest } from './manifest.ts';

/**
 * sha256, in hexadecimal, that names what a package computes: of the hash of every file and of every number and text that
 * reaches an answer. What people call the package, where its weights came from and where a file outside it lies are no part
 * of it, so that what was measured and computed with a package outlives its being renamed or moved.
 */
export function contentHash({ files, normalisation, views, vision, language, chat }: Manifest): string {
  const hashes = Object.entries(files).map(([name, { sha256 }]) => `${name} ${sha256}`);
  const computed = [hashes.sort(), ...asFirstWritten(views, normalisation), vision, language, chat];
  return createHash('sha256').update(JSON.stringify(computed)).digest('hex');
}

/** The order and names of manifests of version 1: a package of the first families keeps the name it had. */
function asFirstWritten(views: Manifest['views'], { mean, std }: Manifest['normalisation']): object[] {
  if (views.family !== 'dual' && views.family !== 'single') return [views, { mean, std }];
  const { family, mode, padColour, tile } = views;
  const numbers =
    family === 'dual'
      ? { n: views.n, tile, globalsEncoded: views.globalsEncoded, baseIsGlobal: views.baseIsGlobal }
      : { n: 1, tile, globalsEncoded: [], baseIsGlobal: null };
  return [
    { mode, padColour, mean, std },
    { perspectives: family, ...numbers },
  ];
}

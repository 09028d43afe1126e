import { AppError } from '../errors.ts';
import { baseIsGlobal, globalsThatReachAnswer } from '../image/dual-crops.ts';
import type { Manifest } from './manifest.ts';
import { manifestName, packageFileNames } from './package-files.ts';

/** Throws `package-invalid` when a manifest contradicts itself; the numbers of a hostile one must not reach geometry. */
export function checkManifest(manifest: Manifest): void {
  const fault = findFault(manifest);
  if (fault === null) return;
  throw new AppError('package-invalid', `${manifestName}: ${fault}.`, { file: manifestName, fault });
}

/** Pixels of the square the model sees, per side: 16 times the largest tile any CLIP has. */
const maxSide = 16 * 1024;

function findFault({ files, preprocess, crops, vision, language, chat }: Manifest): string | null {
  const names: readonly string[] = packageFileNames;
  const missing = names.find((name) => !(name in files));
  if (missing !== undefined) return `lists no ${missing}`;
  const extra = Object.keys(files).find((name) => !names.includes(name));
  if (extra !== undefined) return `lists ${extra}, which no package has`;

  if (crops.tile % vision.patch !== 0)
    return `the tile of ${crops.tile} is no multiple of the patch of ${vision.patch}`;
  if (vision.tokens !== (crops.tile / vision.patch) ** 2) return `${vision.tokens} tokens do not fill a tile`;
  if (crops.n * crops.tile > maxSide)
    return `${crops.n} tiles of ${crops.tile} are more than ${maxSide} pixels a side`;
  if (vision.width % vision.heads !== 0)
    return `the width ${vision.width} does not divide by ${vision.heads} heads`;
  if (preprocess.std.some((std) => !(std > 0))) return 'a standard deviation is not positive';

  const globals = globalsThatReachAnswer(crops.n);
  if (globals.join() !== crops.globalsEncoded.join() || crops.baseIsGlobal !== baseIsGlobal(crops.n)) {
    return `the encoded crops are not those of ${crops.n} x ${crops.n} crops`;
  }
  if (language.heads % language.keyValueHeads !== 0) return `${language.heads} heads cannot share their keys`;
  if (language.contextTrained > language.contextLimit) return 'the trained context is longer than its limit';
  const stop = language.stopIds.find((id) => id >= language.vocabulary);
  if (stop !== undefined) return `the stop id ${stop} is beyond the vocabulary`;
  return chat.user.before === '' && chat.user.after === '' ? 'nothing marks a turn of the user' : null;
}

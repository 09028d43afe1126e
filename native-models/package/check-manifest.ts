import { AppError } from '../../preload/contract/errors.ts';
import { baseIsGlobal, globalsThatReachAnswer } from '../image/dual-crops.ts';
import type { Manifest } from './manifest.ts';
import { manifestName, packageFiles, requiredFiles } from './package-files.ts';

/** Throws `package-invalid` when a manifest contradicts itself; the numbers of a hostile one must not reach geometry. */
export function checkManifest(manifest: Manifest): void {
  const fault = findFault(manifest);
  if (fault === null) return;
  throw new AppError('package-invalid', `${manifestName}: ${fault}.`, { file: manifestName, fault });
}

/** Pixels of the square the model sees, per side: 16 times the largest tile any CLIP has. */
const maxSide = 16 * 1024;

function findFault({ files, preprocess, crops, vision, language, chat }: Manifest): string | null {
  const names: readonly string[] = requiredFiles(crops);
  const missing = names.find((name) => !(name in files));
  if (missing !== undefined) return `lists no ${missing}`;
  const extra = Object.keys(files).find((name) => !names.includes(name));
  if (extra !== undefined) return `lists ${extra}, which no such package has`;
  const apart = names.find((name) => files[name]!.outside !== undefined && name !== packageFiles.language);
  if (apart !== undefined) return `takes ${apart} from outside the package`;

  if (crops.tile % vision.patch !== 0)
    return `the tile of ${crops.tile} is no multiple of the patch of ${vision.patch}`;
  if (vision.tokens !== (crops.tile / vision.patch) ** 2) return `${vision.tokens} tokens do not fill a tile`;
  if (crops.n * crops.tile > maxSide)
    return `${crops.n} tiles of ${crops.tile} are more than ${maxSide} pixels a side`;
  if (vision.width % vision.heads !== 0)
    return `the width ${vision.width} does not divide by ${vision.heads} heads`;
  if (preprocess.std.some((std) => !(std > 0))) return 'a standard deviation is not positive';

  const wrongCrops = findWrongCrops(crops);
  if (wrongCrops !== null) return wrongCrops;
  if (language.heads % language.keyValueHeads !== 0) return `${language.heads} heads cannot share their keys`;
  if (language.contextTrained > language.contextLimit) return 'the trained context is longer than its limit';
  const stop = language.stopIds.find((id) => id >= language.vocabulary);
  if (stop !== undefined) return `the stop id ${stop} is beyond the vocabulary`;
  return chat.user.before === '' && chat.user.after === '' ? 'nothing marks a turn of the user' : null;
}

function findWrongCrops({
  perspectives,
  n,
  globalsEncoded,
  baseIsGlobal: base,
}: Manifest['crops']): string | null {
  if (perspectives === 'single') {
    return n === 1 && globalsEncoded.length === 0 && base === null ? null : 'a single view has crops';
  }
  const isRight = globalsThatReachAnswer(n).join() === globalsEncoded.join() && base === baseIsGlobal(n);
  return isRight ? null : `the encoded crops are not those of ${n} x ${n} crops`;
}

import { dirname, join } from 'node:path';
import { lensName, parseLens } from '../../../native-models/demo/lens-file.ts';
import type { LensHeads } from '../../../native-models/engine/calibrate-lens.ts';
import { readRegularFile } from '../../../native-models/files/regular-file.ts';
import type { UsablePackage } from '../models/available-packages.ts';

/** A few hundred bytes; anything larger is something else. */
const largestLens = 2 ** 16;

/** What came with a package that came with the program; null where there is nothing, or something about another package. */
export async function bundledLens({
  folder,
  sha256,
}: Pick<UsablePackage, 'folder' | 'sha256'>): Promise<LensHeads | null> {
  try {
    const bytes = await readRegularFile(join(dirname(folder), lensName), largestLens);
    const lens = parseLens(JSON.parse(bytes.toString('utf8')));
    return lens.package === sha256 ? lens : null;
  } catch {
    return null;
  }
}

import { join } from 'node:path';
import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { familyGolden, type FamilyCase } from '../support/family-golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Folder of a package with the small random model of a golden case, imported from its two GGUF files. */
export async function pairModel(name: FamilyCase): Promise<string> {
  const pair = join(familyGolden(name).folder, 'pair');
  const out = join(temporaryFolder(), 'package');
  const halves = { mmproj: join(pair, 'mmproj.gguf'), language: join(pair, 'language.gguf') };
  await importPair({ ...halves, out, vision: 'f32' });
  return out;
}

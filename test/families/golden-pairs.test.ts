import { join } from 'node:path';
import { describe, test } from 'vitest';

import { importPair } from '../../native-models/convert/pair/import-pair.ts';
import { familyCases, familyGolden } from '../support/family-golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { expectGolden } from './support.ts';

const folder = temporaryFolder();

describe('a pair of GGUF files becomes a package that computes what the independent implementation does', () => {
  test.each(familyCases)('%s', async (name) => {
    const golden = familyGolden(name);
    const pair = (file: string) => join(golden.folder, 'pair', file);
    const out = join(folder, name);
    await importPair({
      ...{ mmproj: pair('mmproj.gguf'), language: pair('language.gguf') },
      ...{ out, vision: 'f32' as const },
    });
    await expectGolden(out, golden);
  });
});

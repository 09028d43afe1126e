import { join } from 'node:path';
import { describe, test } from 'vitest';

import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { checkpointFolders, familyCases, familyGolden } from '../support/family-golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { expectGolden } from './support.ts';

const folder = temporaryFolder();
const layouts = familyCases.flatMap((name) =>
  checkpointFolders(name).map((layout) => [name, layout] as const),
);

describe('a checkpoint becomes a package that computes what the independent implementation does', () => {
  test.each(layouts)('%s, %s', async (name, layout) => {
    const golden = familyGolden(name);
    const out = join(folder, `${name}-${layout}`);
    await convertCheckpoint({ checkpoint: join(golden.folder, layout), out, vision: 'f32', llm: 'f32' });
    await expectGolden(out, golden);
  });
});

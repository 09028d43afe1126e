import { expect, test } from 'vitest';
import { pairFiles } from '../../native-models/install/jobs/pair-files.ts';
import { expectFault } from '../support/faults.ts';

const hash = { algorithm: 'sha256', value: '' } as const;
const found = async (...language: string[]) =>
  pairFiles(
    ['mmproj-Model.gguf', ...language].map((name) => ({ name, bytes: 1, hash })),
    {
      kind: 'hub-pair',
      repo: 'someone/Model-GGUF',
      revision: 'main',
      mmproj: ['mmproj-*.gguf'],
      language: ['Model-*.gguf'],
      languageBytes: 1,
    },
  ).language.map(({ name }) => name);

test('a model in parts is all of them, in their order', async () => {
  const parts = ['Model-Q8_0-00002-of-00002.gguf', 'Model-Q8_0-00001-of-00002.gguf'];
  expect(await found(...parts)).toEqual(parts.toReversed());
  await expectFault(found(parts[0]!), 'checkpoint-invalid', 'lacks part 1 of 2');
});

test('a part of no parts is no model', async () => {
  await expectFault(
    found('Model-Q8_0-00000-of-00000.gguf'),
    'checkpoint-invalid',
    'Model-Q8_0.gguf',
    'no parts',
  );
});

import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Packages } from '../../main/services/models/available-packages.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { testFolder } from './support/program.ts';

const card = {
  schema: 1,
  name: 'INF-LLaVA demo',
  training: {
    seed: 1,
    hours: 2.5,
    machine: '2 processor cores',
    scenes: 400_000,
    parameters: 3_000_000,
    versions: { torch: '2.11.0' },
  },
  bars: { all: 0.9, sign: 0.85 },
  ablation: [{ perspectives: 'base', accuracy: 0.5 }],
  ablationMethod: 'trained alike',
};

async function cardShown(written: unknown) {
  const folder = join(await testFolder(), 'demo');
  await mkdir(folder);
  await cp(await goldenPackage(), join(folder, 'package'), { recursive: true });
  await writeFile(join(folder, 'card.json'), JSON.stringify(written));
  const bundled = [{ folder: join(folder, 'package'), kind: 'demo' as const }];
  const [shown] = await new Packages({ bundled, installedFolder: join(folder, 'none') }).list();
  return shown?.card;
}

function measuredOf(sha256: string) {
  const accuracy = { sign: { right: 8, asked: 10 }, all: { right: 19, asked: 20 } };
  const heldOut = 'b'.repeat(64);
  return { package: sha256, scenes: 300, heldOut, precision: 'vision int8, language q8_0', accuracy };
}

test('a card is shown with its figures, those of all questions first, beside what was aimed for', async () => {
  const { contentSha256 } = await openPackage(await goldenPackage());
  expect(await cardShown({ ...card, measured: measuredOf(contentSha256) })).toEqual({
    hours: 2.5,
    machine: '2 processor cores',
    scenes: 400_000,
    parameters: 3_000_000,
    measuredScenes: 300,
    accuracy: [
      { kind: 'all', share: 0.95, bar: 0.9 },
      { kind: 'sign', share: 0.8, bar: 0.85 },
    ],
    ablation: [{ perspectives: 'base', accuracy: 0.5 }],
    ablationMethod: 'trained alike',
  });
});

test('figures of another package are not shown', async () => {
  const shown = await cardShown({ ...card, measured: measuredOf('a'.repeat(64)) });
  expect(shown).toMatchObject({ measuredScenes: null, accuracy: [] });
});

test('a card that does not hold is none', async () => {
  expect(await cardShown({ ...card, surprise: true })).toBeUndefined();
  expect(await cardShown({ ...card, bars: { all: 90 } })).toBeUndefined();
});

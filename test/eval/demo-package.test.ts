import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { Packages } from '../../main/services/models/available-packages.ts';
import { readCard } from '../../native-models/demo/card.ts';
import { evaluate } from './evaluate.ts';
import { heldOut } from './held-out.ts';

const demo = join(projectRoot, 'native-models', 'demo');
const folder = join(demo, 'package');
const isBundled = existsSync(join(folder, 'manifest.json'));

/** So few scenes say little of a model, but that it is the one that was measured. */
const scenes = 10;
/** How far below the card's figure chance may take a sample of some sixty questions: two and a half standard errors. */
const chance = 0.15;

test('the demo model comes with its card, measured for this very package', async () => {
  expect(existsSync(join(demo, 'card.json'))).toBe(isBundled);
  const packages = new Packages({ bundled: [{ folder, kind: 'demo' }], installedFolder: join(demo, 'none') });
  for (const { card, error } of await packages.list()) {
    expect(error).toBeNull();
    expect(card?.measuredScenes).toBe((await heldOut()).scenes.length);
  }
});

if (isBundled) {
  test('the demo model is as good as it has to be', async () => {
    const { bars, measured } = await readCard(join(demo, 'card.json'));
    expect(Object.keys(bars)).toEqual(['all', 'sign', 'description']);
    for (const [kind, bar] of Object.entries(bars)) {
      const { right, asked } = measured!.accuracy[kind]!;
      expect(right / asked, kind).toBeGreaterThanOrEqual(bar);
    }
  });

  test(
    'the demo model answers held-out questions as well as its card says',
    { timeout: 300_000 },
    async () => {
      const { measured } = await readCard(join(demo, 'card.json'));
      const { all } = measured!.accuracy;
      const { tally } = await evaluate(folder, (await heldOut()).scenes.slice(0, scenes), { threads: 1 });
      expect(tally['all']!.right / tally['all']!.asked).toBeGreaterThan(all!.right / all!.asked - chance);
    },
  );
}

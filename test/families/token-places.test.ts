import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { familyOf, type Seeing } from '../../native-models/families/index.ts';
import { embeddingsAt, embeddingsOver, placeOf } from '../../native-models/families/view-plan.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { familyCases, familyGolden, seeingOf } from '../support/family-golden.ts';

const photo = { x: 0, y: 0, width: 640, height: 420 };
const demo = await openPackage(join(projectRoot, 'native-models', 'demo', 'package'));
const families: [string, Seeing][] = [
  ['the demo model', demo.manifest],
  ...familyCases.map((name): [string, Seeing] => [name, seeingOf(familyGolden(name).expected)]),
];

test.each(families)('%s: the place of an embedding in the photo leads back to it', (_, seeing) => {
  const plan = familyOf(seeing).plan(photo);
  let lineEnds = 0;
  for (let embedding = 0; embedding < plan.rows; embedding++) {
    const found = placeOf(plan, embedding);
    if (found === null) {
      lineEnds++;
      continue;
    }
    const { place } = found;
    const middle = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
    expect(embeddingsAt(plan, middle)).toContain(embedding);
    expect(embeddingsOver(plan, place)).toContain(embedding);
  }
  expect(lineEnds).toBe(plan.order?.filter((run) => run === 'line-end').length ?? 0);
  expect(placeOf(plan, plan.rows)).toBeNull();
});

test('the embeddings of the demo model lie in rows over the padded square, one for every token of a crop', () => {
  const plan = familyOf(demo.manifest).plan(photo);
  const side = Math.sqrt(plan.rows);
  const token = photo.width / side;
  expect(placeOf(plan, 0)).toMatchObject({ row: 0, column: 0, place: { x: 0, y: -110, width: token } });
  expect(embeddingsAt(plan, { x: 320 + token / 2, y: 210 + token / 2 })).toEqual([
    (side / 2) * side + side / 2,
  ]);
  const twoByTwo = { x: 320, y: 210, width: 2 * token, height: 2 * token };
  expect(embeddingsOver(plan, twoByTwo)).toHaveLength(4);
  expect(embeddingsAt(plan, { x: -1, y: 0 })).toEqual([]);
});

test('a tile model saw a point in one tile and in the whole', () => {
  const plan = familyOf(seeingOf(familyGolden('smolvlm-a').expected)).plan(photo);
  const found = embeddingsAt(plan, { x: 200, y: 100 }).map((embedding) => placeOf(plan, embedding)!.view!);
  expect(found.map((view) => plan.views[view]!.kind)).toEqual(['local', 'global']);
});

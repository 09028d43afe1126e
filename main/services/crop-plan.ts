import { createHash } from 'node:crypto';
import { familyOf } from '../../native-models/families/index.ts';
import type { Seeing, View, ViewPlan } from '../../native-models/families/index.ts';
import type { Size } from '../../preload/contract/geometry.ts';
import { checkRegion, wholePhoto } from '../../native-models/image/geometry.ts';
import type { CropDetail, CropKind, CropPlan, CropView, Photo, Rect } from '../../preload/contract/api.ts';
import { publishedSeeing } from '../../native-models/families/dual/published.ts';
import { planOf, seeingOf } from './preparation/view.ts';

/** How a model that is not there yet would see a photo: the dimensions of the published one. */
export const published = publishedSeeing();

/** Names a way of seeing in addresses. */
export function seeingKey(seeing: Seeing): string {
  const facts = JSON.stringify(seeingOf(seeing));
  return createHash('sha256').update(facts).digest('base64url').slice(0, 22);
}

/**
 * Where every view of a photo, or of a part of it, lies, in photo pixels; without a package as the published model cuts.
 * @throws AppError wrong-usage for a part that is not inside the photo
 */
export function cropPlan(
  photo: Pick<Photo, 'id' | 'width' | 'height'>,
  seeing: Seeing = published,
  details: readonly CropDetail[] = [],
  part: Rect | null = null,
): CropPlan {
  if (part) checkRegion(part, photo);
  const family = familyOf(seeing);
  const picture = part ?? wholePhoto(photo);
  const plan = family.plan(picture);
  const all = family.plan(picture, { allViews: true });
  const blocks = all.views.filter(({ phase }) => phase !== undefined).length;
  const lattice = blocks === 0 ? null : Math.sqrt(blocks);
  const base = lattice === null ? undefined : plan.views[plan.connections[0]!.inputs['base']!.first];
  const firstGrid = plan.tokenGrids.find(({ first }) => first === 0);
  const firstRead = plan.views[firstGrid?.view ?? -1];
  const ofKind = (kind: CropKind) =>
    all.views
      .filter((view) => view.kind === kind)
      .map((view): CropView => {
        const at = plan.views.findIndex((each) => isSame(each, view));
        return {
          index: view.index,
          place: view.region,
          side: view.side,
          ...inPrompt(plan, at),
          reachesAnswer: at >= 0,
          isBase: base !== undefined && isSame(base, view),
          phase: view.phase ?? null,
        };
      });
  return {
    photoId: photo.id,
    part,
    seeing: seeingKey(seeing),
    region: plan.canvas,
    size: plan.size,
    grid: plan.grid,
    locals: ofKind('local'),
    globals: ofKind('global'),
    lattice,
    tokens: plan.rows,
    prompt: plan.pieces,
    wholeFirst: firstRead === undefined ? null : firstRead.kind === 'global',
    passes: plan.views.length,
    details,
  };
}

/** What can be chosen for a photo, or a part of one, of that size: of choices that come to the same views, the largest. */
export function cropDetails(
  photo: Size,
  own: Seeing,
  secondsFor: (cost: { passes: number; tokens: number }) => number | null,
): CropDetail[] {
  const family = familyOf(own);
  const choices = family.details.map((mostTiles) => {
    const { views, rows } = planOf(family.atDetail(mostTiles), photo);
    return { mostTiles, passes: views.length, tokens: rows };
  });
  return choices
    .filter(({ passes }, at) => passes !== choices[at + 1]?.passes)
    .map((choice) => ({ ...choice, seconds: secondsFor(choice) }));
}

const isSame = (a: View, b: View) => a.kind === b.kind && a.index === b.index;

/** What the language model reads of one view, and the text before it, where the prompt sets it apart. */
function inPrompt({ tokenGrids, pieces }: ViewPlan, at: number): Pick<CropView, 'tokens' | 'tag'> {
  const grid = tokenGrids.find(({ view }) => view === at);
  if (grid === undefined) return { tokens: null, tag: '' };
  const tokens = grid.columns * grid.rows;
  let first = 0;
  let text = '';
  for (const piece of pieces) {
    if ('text' in piece) text = piece.text;
    else {
      if (first === grid.first && piece.rows === tokens) return { tokens, tag: text };
      first += piece.rows;
      text = '';
    }
  }
  return { tokens, tag: '' };
}

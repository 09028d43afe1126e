import type { CropKind, CropPlan } from '../../../preload/contract/api.ts';
import { lossIn, lossOf, publishedLoss, type Loss } from '../../geometry/crops.ts';
import type { Format } from '../../i18n/format.ts';
import type { Dictionary } from '../../i18n/dictionary.ts';

/** What is said of the perspectives, derived from the plan of this very photo. */

type Words = Dictionary['viewer']['sees'];

/**
 * What a perspective is for, and how much of the photo's detail is in it.
 * @param published photo pixels of a line that would be one pixel for INF-LLaVA as published; null where nothing is said of it
 */
export function why(words: Words, plan: CropPlan, kind: CropKind, published: number | null = null): string {
  const detail = detailOf(words, lossIn(plan, kind));
  const { grid, lattice } = plan;
  if (kind === 'local') {
    return words.localWhy(
      `${grid.columns} × ${grid.rows}`,
      plan.locals[0]!.side,
      detail,
      published === null ? '' : words.published(Math.max(1, published)),
    );
  }
  return lattice === null ? words.wholeWhy(plan.globals[0]!.side, detail) : words.globalWhy(lattice, detail);
}

/** From here on a loss is worth telling: it shows in the first digit behind the point. */
const leastLoss = 1.05;

/** How much of the photo's detail is left, and whether its shape is kept. */
function detailOf(words: Words, { factor, stretch }: Loss): string {
  const detail = factor < leastLoss ? words.allDetail : words.detail(factor);
  return stretch === null ? detail : words.stretched[stretch.axis](detail, stretch.by);
}

/** The same in a few words. */
export function subtitle(words: Words, plan: CropPlan, kind: CropKind): string {
  if (kind === 'local') return words.localSubtitle;
  return plan.lattice === null ? words.wholeSubtitle : words.globalSubtitle(plan.lattice);
}

/** How much of a perspective the language model gets: tokens of each view, or the views that reach the answer. */
export function share(words: Words, { lattice, ...plan }: CropPlan, kind: CropKind): string {
  const views = kind === 'local' ? plan.locals : plan.globals;
  const tokens = views.map((view) => view.tokens ?? 0);
  const all = tokens.reduce((sum, count) => sum + count, 0);
  // Tiles on the edge of a padded canvas may have fewer than the others.
  if (lattice === null && all > 0)
    return tokens.every((count) => count === tokens[0])
      ? words.tokensEach(views.length, tokens[0]!)
      : words.tokensInAll(views.length, all);
  return words.reaching(views.filter(({ reachesAnswer }) => reachesAnswer).length, views.length);
}

/** Of three sentences the one for the order in which the language model reads both perspectives. */
export function inOrder(
  { wholeFirst }: CropPlan,
  together: string,
  inTurn: { wholeFirst: string; wholeLast: string },
): string {
  if (wholeFirst === null) return together;
  return wholeFirst ? inTurn.wholeFirst : inTurn.wholeLast;
}

/** What is said where the photo is seen once. */
export function single(words: Words, plan: CropPlan): string {
  return words.single(plan.size.width, plan.size.height, detailOf(words, lossOf(plan, plan.size)));
}

/** Text of a prompt with its line breaks to be seen. */
export const visible = (text: string) => text.replaceAll('\n', '↵');

/** How much of the photo's detail is in the views of a kind, in a few words. */
export function detailIn(words: Words, plan: CropPlan, kind: CropKind): string {
  const { factor } = lossIn(plan, kind);
  return factor < leastLoss ? words.allOfDetail : words.ofDetail(factor);
}

/** The part of the photo's detail that is left: "1/7.6"; null where it is all. */
export function fractionOf(format: Format, { factor }: Loss): string | null {
  return factor < leastLoss ? null : format.fraction(factor);
}

/** What `why` says of INF-LLaVA as published: nothing but where a model stands in for it and gets less of the photo. */
export function publishedFor(plan: CropPlan, photo: { width: number; height: number }, isDemo: boolean) {
  const published = publishedLoss(photo);
  return isDemo && plan.lattice !== null && lossOf(plan, plan.size).factor > Math.max(leastLoss, published)
    ? published
    : null;
}

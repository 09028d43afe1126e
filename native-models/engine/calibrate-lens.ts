/** Which heads of a model tell where it looks: found out on drawn scenes, in which the place of everything is known. */
import { throwIfCancelled } from '../../preload/contract/errors.ts';
import type { Rect } from '../../preload/contract/geometry.ts';
import { chooseScene } from '../demo/scenes/choose-scene.ts';
import { drawScene } from '../demo/scenes/draw-scene.ts';
import { sceneLooks } from '../demo/scenes/scene-looks.ts';
import { embeddingsOver, type ViewPlan } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';
import { sharp } from '../image/sharp.ts';
import type { ChatSession } from '../language/chat.ts';
import { imageEmbeddings } from '../language/prompt.ts';
import type { Head } from '../language/reread.ts';
import type { ImageEncoder } from '../vision/encode-image.ts';
import { type Attention, attentionOf, forEachFocused } from './lens.ts';

/** What was found out about a package's heads. */
export interface LensHeads {
  readonly heads: readonly Head[];
  /** Answers about one thing that it was found on. */
  readonly looks: number;
  /** Share of the maps' mass within a token of that thing, with these heads and if all rows had as much. */
  readonly near: number;
  readonly uniform: number;
}

export interface CalibrateOptions {
  /** Scenes; fewer where the time is over before, none below `fewestScenes`. */
  readonly scenes?: number;
  readonly milliseconds?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LensModel {
  readonly encoder: Pick<ImageEncoder, 'encodePhoto' | 'plan'>;
  /** A conversation in which nothing was said yet. */
  conversation(): ChatSession;
  readonly layers: number;
  readonly heads: number;
}

/** The scenes of the gallery, of training and of the held-out questions have other seeds. */
const firstSeed = 7_000_000;
const sceneSide = 336;
/** Larger than what the model sees, as photos are. */
export const drawnSide = 1008;
/** Below this, chance chooses. */
const fewestScenes = 6;
const mostHeads = 4;
/** A head that brings less than this more of the mass to the thing is left out. */
const leastGain = 0.005;

/** Of one answer: by head, the mass near the thing and all of it. */
type Masses = readonly { readonly near: number; readonly all: number }[];

/** Null where the time was over before enough was seen. Throws `cancelled`. */
export async function calibrateLens(
  model: LensModel,
  { scenes = 24, milliseconds = Infinity, signal }: CalibrateOptions = {},
): Promise<LensHeads | null> {
  // A timer and not a look at the clock between scenes: one scene may take a minute, and ends between two crops.
  const timeout = milliseconds === Infinity ? [] : [AbortSignal.timeout(milliseconds)];
  const ending = AbortSignal.any([...(signal ? [signal] : []), ...timeout]);
  const every = Array.from({ length: model.layers * model.heads }, (_, at): Head => ({
    layer: Math.floor(at / model.heads),
    head: at % model.heads,
  }));
  const found: Masses[] = [];
  let [seen, uniform] = [0, 0];
  try {
    for (; seen < scenes; seen++) {
      for (const { masses, share } of await looksAt(model, firstSeed + seen, every, ending)) {
        found.push(masses);
        uniform += share;
      }
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (!ending.aborted) throw error;
    if (seen < fewestScenes) return null;
  }
  const chosen = chooseHeads(found);
  return {
    heads: chosen.map((at) => every[at]!),
    looks: found.length,
    near: nearOf(found, chosen),
    uniform: uniform / found.length,
  };
}

/** The masses of the answers about one scene, and the share of the rows that are near what each is about. */
async function looksAt(model: LensModel, seed: number, every: readonly Head[], signal: AbortSignal) {
  const scene = chooseScene(seed, sceneSide);
  const { width, height, data } = drawScene(scene, drawnSide);
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const encoded = await model.encoder.encodePhoto(await openPhoto(png), { signal });
  const plan = model.encoder.plan({ x: 0, y: 0, width, height });
  const image = imageEmbeddings(encoded.embeddings, encoded.width, plan.pieces);
  const looks: { readonly masses: Masses; readonly share: number }[] = [];
  for (const { question, answer, thing } of sceneLooks(scene)) {
    const wish = { question: { text: question, pictures: [image] }, seen: [image], answer, heads: every };
    const near = nearThing(plan, scaled(thing, drawnSide / sceneSide));
    const masses: Masses[number][] = [];
    for await (const { attention } of attentionOf(model.conversation(), wish, { signal }))
      masses.push(...attention.heads.map((_, head) => massesOf(attention, head, near)));
    looks.push({ masses, share: near.length / plan.rows });
  }
  return looks;
}

function massesOf(attention: Attention, head: number, near: readonly number[]): Masses[number] {
  const mass = { near: 0, all: 0 };
  forEachFocused(attention, head, (_, row, weight) => {
    mass.all += weight * row.reduce((sum, value) => sum + value, 0);
    for (const at of near) mass.near += weight * row[at]!;
  });
  return mass;
}

/** The head that brings most, then the one that brings most beside it, and so on. */
function chooseHeads(found: readonly Masses[]): number[] {
  const chosen: number[] = [];
  for (;;) {
    const others = found[0]!.map((_, at) => at).filter((at) => !chosen.includes(at));
    const [best, near] = others
      .map((at) => [at, nearOf(found, [...chosen, at])] as const)
      .reduce((one, other) => (other[1] > one[1] ? other : one));
    if (chosen.length > 0 && near < nearOf(found, chosen) + leastGain) return chosen;
    chosen.push(best);
    if (chosen.length === Math.min(mostHeads, found[0]!.length)) return chosen;
  }
}

/** Mean over the answers of the share of the mass near the thing. */
function nearOf(found: readonly Masses[], heads: readonly number[]): number {
  const shares = found.map((masses) => {
    const [near, all] = [
      heads.reduce((sum, at) => sum + masses[at]!.near, 0),
      heads.reduce((sum, at) => sum + masses[at]!.all, 0),
    ];
    return all > 0 ? near / all : 0;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

export const scaled = ({ x, y, width, height }: Rect, factor: number): Rect => ({
  ...{ x: x * factor, y: y * factor },
  ...{ width: width * factor, height: height * factor },
});

/** The rows that saw the thing, or lie within a token of one of them in their own grid. */
export function nearThing(plan: Pick<ViewPlan, 'tokenGrids'>, thing: Rect): number[] {
  return plan.tokenGrids.flatMap((grid) => {
    const [across, down] = [grid.region.width / grid.columns, grid.region.height / grid.rows];
    const wider = {
      ...{ x: thing.x - across, y: thing.y - down },
      ...{ width: thing.width + 2 * across, height: thing.height + 2 * down },
    };
    return embeddingsOver({ tokenGrids: [grid] }, wider);
  });
}

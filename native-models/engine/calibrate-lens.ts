/** Which heads of a model tell where it looks: found out on drawn scenes, in which the place of everything is known. */
import { throwIfCancelled } from '../../preload/contract/errors.ts';
import type { Rect } from '../../preload/contract/geometry.ts';
import { chooseScene } from '../demo/scenes/choose-scene.ts';
import { drawScene } from '../demo/scenes/draw-scene.ts';
import { type SceneLook, sceneLooks } from '../demo/scenes/scene-looks.ts';
import { embeddingsOver, type ViewPlan } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';
import { sharp } from '../image/sharp.ts';
import type { ChatSession } from '../language/chat.ts';
import { type ImageEmbeddings, imageEmbeddings } from '../language/prompt.ts';
import type { Head } from '../language/reread.ts';
import type { ImageEncoder } from '../vision/encode-image.ts';
import { type Attention, forEachFocused, positionsOf } from './lens.ts';

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
/** Of finding the heads; a person waits for it, once. */
export const calibrationMilliseconds = 30_000;
/** A head that brings less than this more of the mass to the thing is left out. */
const leastGain = 0.005;

/** Of one answer: by head, the mass near the thing and all of it. */
type Masses = readonly { readonly near: number; readonly all: number }[];

/** Null where the time was over before enough was seen. Throws `cancelled`. */
export async function calibrateLens(
  model: LensModel,
  { scenes = 24, milliseconds = Infinity, signal }: CalibrateOptions = {},
): Promise<LensHeads | null> {
  const end = performance.now() + milliseconds;
  const every = Array.from({ length: model.layers * model.heads }, (_, at): Head => ({
    layer: Math.floor(at / model.heads),
    head: at % model.heads,
  }));
  const found: Masses[] = [];
  let uniform = 0;
  for (let seen = 0; seen < scenes; seen++) {
    throwIfCancelled(signal);
    if (performance.now() > end) {
      if (seen < fewestScenes) return null;
      break;
    }
    const scene = chooseScene(firstSeed + seen, sceneSide);
    const { width, height, data } = drawScene(scene, drawnSide);
    const png = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const encoded = await model.encoder.encodePhoto(await openPhoto(png), { signal });
    const plan = model.encoder.plan({ x: 0, y: 0, width, height });
    const image = imageEmbeddings(encoded.embeddings, encoded.width, plan.pieces);
    for (const look of sceneLooks(scene)) {
      const attention = await attentionTo(model.conversation(), image, look, every, signal);
      const near = nearThing(plan, scaled(look.thing, drawnSide / sceneSide));
      found.push(every.map((_, head) => massesOf(attention, head, near)));
      uniform += near.length / plan.rows;
    }
  }
  const chosen = chooseHeads(found);
  return {
    heads: chosen.map((at) => every[at]!),
    looks: found.length,
    near: nearOf(found, chosen),
    uniform: uniform / found.length,
  };
}

async function attentionTo(
  conversation: ChatSession,
  image: ImageEmbeddings,
  { question, answer }: Pick<SceneLook, 'question' | 'answer'>,
  heads: readonly Head[],
  signal: AbortSignal | undefined,
): Promise<Attention> {
  const { attention, context, tokens } = await conversation.reread(
    { text: question, pictures: [image] },
    answer,
    {
      look: (parts) => ({ heads, positions: positionsOf(parts, [image]) }),
      signal,
    },
  );
  return { values: attention!, queries: context + tokens.length, context, heads, rows: image.count };
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

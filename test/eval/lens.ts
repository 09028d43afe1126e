import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Card, LensFigures } from '../../native-models/demo/card.ts';
import { lensName, parseLens, type LensFile } from '../../native-models/demo/lens-file.ts';
import { drawScene } from '../../native-models/demo/scenes/draw-scene.ts';
import { boxOf, type SceneLook } from '../../native-models/demo/scenes/scene-looks.ts';
import type { Scene } from '../../native-models/demo/scenes/scene.ts';
import {
  calibrateLens,
  drawnSide,
  type LensHeads,
  nearThing,
  scaled,
} from '../../native-models/engine/calibrate-lens.ts';
import { everyHead } from '../../main/services/chat/look-of.ts';
import { meanColour } from '../../native-models/families/square.ts';
import { lookMaps, mapsInViews, positionsOf } from '../../native-models/engine/lens.ts';
import { embeddingsOver, placeOf, type TokenGrid } from '../../native-models/families/index.ts';
import { coveredPhoto } from '../../native-models/image/covered-photo.ts';
import { openPhoto } from '../../native-models/image/decode.ts';
import { intersect } from '../../native-models/image/geometry.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import { createDecoder } from '../../native-models/language/decoder.ts';
import { imageEmbeddings, type ImageEmbeddings } from '../../native-models/language/prompt.ts';
import type { Head } from '../../native-models/language/reread.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { openPackage, type OpenedPackage } from '../../native-models/package/open-package.ts';
import {
  createImageEncoder,
  type EncodedImage,
  type ImageEncoder,
} from '../../native-models/vision/encode-image.ts';
import { AppError } from '../../preload/contract/errors.ts';
import type { Rect } from '../../preload/contract/geometry.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import type { HeldOut, Turn } from './held-out.ts';

export type LensResult = Omit<NonNullable<Card['lens']>, 'heldOut'>;
type Kind = SceneLook['kind'];

/** Kinds of held-out conversations that may be about one thing, and which kind of look that is. */
const kinds: Readonly<Record<string, Kind>> = { position: 'place', colour: 'colour', sign: 'sign' };

interface Measured {
  readonly peak: boolean;
  readonly near: number;
  readonly uniform: { readonly peak: number; readonly near: number };
  readonly allHeads: { readonly peak: boolean; readonly near: number };
  readonly covered: boolean;
  readonly inViews: {
    readonly tile: boolean;
    readonly tiles: number;
    readonly peak: boolean;
    readonly on: number;
    readonly before: number;
  };
}

interface Model {
  readonly package: OpenedPackage;
  readonly encoder: ImageEncoder;
  readonly sequence: Sequence;
  readonly heads: readonly Head[];
}

/**
 * Asks the packaged model about one thing of each scene, through the code of the app, and holds the map of the whole of every right
 * answer against the place of that thing; then covers the thing and scores the answer again.
 */
export async function evaluateLens(
  folder: string,
  scenes: HeldOut['scenes'],
  {
    threads,
    calibrate,
    onScene,
  }: { threads: number | undefined; calibrate: boolean; onScene: (done: number) => void },
): Promise<LensResult> {
  const own = threads === undefined ? {} : { threads };
  const opened = await openPackage(folder);
  const encoder = await createImageEncoder(opened, own);
  const { contextTrained: contextTokens } = opened.manifest.language;
  const decoder = await createDecoder({
    gguf: opened.path('language.gguf'),
    contextTokens,
    gpu: 'off',
    ...own,
  });
  try {
    const sequence = new Sequence(decoder);
    const path = join(folder, '..', lensName);
    const model = { package: opened, encoder, sequence };
    const heads = calibrate ? await writeLens(path, model) : (await readLens(path, opened)).heads;
    const found: Record<Kind, Measured[]> = { place: [], colour: [], sign: [] };
    for (const [done, { scene, conversations }] of scenes.entries()) {
      for (const { kind: asked, turns } of conversations) {
        const kind = kinds[asked];
        const thing = kind && thingNamed(scene, turns[0]!.answer);
        const measured = thing && (await measure({ ...model, heads }, scene, turns[0]!, thing));
        if (measured) found[kind].push(measured);
      }
      onScene(done + 1);
    }
    const figures = Object.entries(found).filter(([, all]) => all.length > 0);
    return {
      package: opened.contentSha256,
      scenes: scenes.length,
      kinds: Object.fromEntries(figures.map(([kind, all]) => [kind, summed(all)])) as LensResult['kinds'],
    };
  } finally {
    await decoder.dispose();
    await encoder.dispose();
  }
}

async function writeLens(path: string, model: Omit<Model, 'heads'>): Promise<readonly Head[]> {
  const { manifest, contentSha256 } = model.package;
  const found = (await calibrateLens({
    encoder: model.encoder,
    conversation: () => new ChatSession(model.sequence, manifest),
    ...{ layers: manifest.language.layers, heads: manifest.language.heads },
  })) as LensHeads;
  const file: LensFile = { schema: 1, package: contentSha256, ...found, heads: [...found.heads] };
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return found.heads;
}

async function readLens(path: string, { contentSha256 }: OpenedPackage): Promise<LensFile> {
  const lens = parseLens(JSON.parse(await readFile(path, 'utf8')));
  if (lens.package === contentSha256) return lens;
  throw new AppError('wrong-usage', `${path} is of another package: add --calibrate.`);
}

/** Null where the answer is wrong. */
async function measure(model: Model, scene: Scene, turn: Turn, box: Rect): Promise<Measured | null> {
  const { encoder, sequence, heads } = model;
  const { manifest } = model.package;
  const { width, height, data } = drawScene(scene, drawnSide);
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const photo = await openPhoto(png);
  const embedded = (encoded: EncodedImage) => imageEmbeddings(encoded.embeddings, encoded.width);
  const encoded = await encoder.encodePhoto(photo);
  const image = embedded(encoded);
  const session = () => new ChatSession(sequence, manifest);
  const { text, ids } = await session().ask(turn.question, { images: [image], sampling: { temperature: 0 } });
  if (!isRight(text, turn)) return null;
  const question = { text: turn.question, pictures: [image] };
  const plan = encoder.plan({ x: 0, y: 0, width, height });
  const thing = scaled(box, drawnSide / scene.side);
  const [on, near] = [embeddingsOver(plan, thing), nearThing(plan, thing)];
  const every = everyHead(manifest.language);
  const mapOf = async (wanted: readonly Head[], isPlain: boolean): Promise<Float32Array> => {
    const look = (parts: Parameters<typeof positionsOf>[0]) => ({
      heads: wanted,
      positions: positionsOf(parts, [image]),
    });
    const { attention, context, tokens } = await session().reread(question, ids, { look });
    const queries = context + tokens.length;
    const own = { values: attention!, queries, context, heads: wanted, rows: image.count };
    return isPlain
      ? added(attention!.subarray(context * wanted.length * image.count), image.count)
      : added(lookMaps(own), image.count);
  };
  const [map, plain] = [await mapOf(heads, false), await mapOf(every, true)];
  const hidden = coveredPhoto(photo, thing, meanColour(manifest.normalisation.mean));
  const covered = embedded(await encoder.encodePhoto(hidden));
  const score = async (picture: ImageEmbeddings) => {
    const pictures = [picture];
    const { logLikelihood, tokens } = await session().reread({ text: turn.question, pictures }, ids, {
      likelihood: true,
      anew: true,
    });
    const [from, to] = attributeIn(text, turn);
    let at = 0;
    return tokens.reduce((sum, token, index) => {
      const [start, end] = [at, (at += token.text.length)];
      return end > from && start < to ? sum + logLikelihood![index]! : sum;
    }, 0);
  };
  return {
    ...figuresOf(map, on, near),
    uniform: { peak: on.length / plan.rows, near: near.length / plan.rows },
    allHeads: figuresOf(plain, on, near),
    covered: (await score(covered)) < (await score(image)),
    inViews: await measureInViews(encoder, encoded, map, thing),
  };
}

/** What DEM took from the local crops, held against the place of the thing. */
async function measureInViews(
  encoder: ImageEncoder,
  { plan, features }: EncodedImage,
  map: Float32Array,
  thing: Rect,
): Promise<Measured['inViews']> {
  const { columns, rows } = plan.grid;
  const attention = (await encoder.demAttention({ plan, features }))!;
  const deeper = mapsInViews(map, attention, columns * rows);
  const [grid] = plan.tokenGrids as [TokenGrid];
  const own = plan.views.slice(0, columns * rows).map(({ region }, index) => {
    const from = index * grid.columns * grid.rows;
    return { values: deeper.subarray(from, from + grid.columns * grid.rows), grid: { ...grid, region } };
  });
  const sizes = own.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const areas = own.map(({ grid: { region } }) => common(region, thing));
  const largest = (values: readonly number[]) => values.indexOf(Math.max(...values));
  return {
    tile: largest(sizes) === largest(areas),
    tiles: own.length,
    ...placeFigures(own, thing),
    before: placeFigures([{ values: map, grid }], thing).on,
  };
}

/** Of maps together: whether their peak is on the thing, and the share that lies on it. */
function placeFigures(
  parts: readonly { readonly values: Float32Array; readonly grid: TokenGrid }[],
  thing: Rect,
): { readonly peak: boolean; readonly on: number } {
  let [all, on, peak, isPeakOn] = [0, 0, 0, false];
  for (const { values, grid } of parts)
    values.forEach((value, at) => {
      const { place } = placeOf({ tokenGrids: [{ ...grid, first: 0 }] }, at)!;
      const area = common(place, thing);
      all += value;
      on += (value * area) / (place.width * place.height);
      if (value > peak) [peak, isPeakOn] = [value, area > 0];
    });
  return { peak: isPeakOn, on: on / all };
}

const common = (a: Rect, b: Rect) => {
  const both = intersect(a, b);
  return both ? both.width * both.height : 0;
};

/** Rows added up, one on the other. */
function added(values: Float32Array, rows: number): Float32Array {
  const sum = new Float32Array(rows);
  values.forEach((value, at) => (sum[at % rows]! += value));
  return sum;
}

function figuresOf(map: Float32Array, on: readonly number[], near: readonly number[]) {
  const all = map.reduce((sum, value) => sum + value, 0);
  return {
    peak: on.includes(map.indexOf(Math.max(...map))),
    near: near.reduce((sum, at) => sum + map[at]!, 0) / all,
  };
}

/** Where the words asked for stand in an answer: the whole of it where they are not there literally. */
function attributeIn(text: string, { must }: Turn): [number, number] {
  const wanted = must?.[0] ?? '';
  const from = text.toLowerCase().indexOf(wanted.toLowerCase());
  return from < 0 ? [0, text.length] : [from, from + wanted.length];
}

/** The place of the only thing of the scene that an exact answer can be about; null where it may be about several. */
function thingNamed(scene: Scene, answer: string): Rect | null {
  const words = answer.toLowerCase().split(/[^a-z0-9]+/);
  const quoted = [...answer.matchAll(/"([^"]*)"/g)].map(([, text]) => text);
  const things = [...scene.shapes, ...scene.signs].filter((thing) => {
    const kind = 'text' in thing ? 'sign' : thing.kind;
    if (!words.includes(kind)) return false;
    if (quoted.length > 0) return 'text' in thing && quoted.length === 1 && quoted[0] === thing.text;
    const colours = words.filter((word) =>
      [...scene.shapes, ...scene.signs].some(({ colour }) => colour === word),
    );
    return colours.every((colour) => colour === thing.colour);
  });
  return things.length === 1 ? boxOf(things[0]!) : null;
}

function summed(all: readonly Measured[]): LensFigures {
  const mean = (value: (each: Measured) => number | boolean) =>
    all.reduce((sum, each) => sum + Number(value(each)), 0) / all.length;
  return {
    asked: all.length,
    peak: mean(({ peak }) => peak),
    near: mean(({ near }) => near),
    uniform: { peak: mean(({ uniform }) => uniform.peak), near: mean(({ uniform }) => uniform.near) },
    allHeads: { peak: mean(({ allHeads }) => allHeads.peak), near: mean(({ allHeads }) => allHeads.near) },
    covered: mean(({ covered }) => covered),
    inViews: {
      tile: mean(({ inViews }) => inViews.tile),
      uniformTile: mean(({ inViews }) => 1 / inViews.tiles),
      peak: mean(({ inViews }) => inViews.peak),
      on: mean(({ inViews }) => inViews.on),
      before: mean(({ inViews }) => inViews.before),
    },
  };
}

export function lensTable({ kinds: found }: Pick<LensResult, 'kinds'>): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(8);
  const lines = Object.entries(found).map(([kind, figures]) => {
    const { asked, peak, near, uniform, allHeads, covered, inViews } = figures;
    const { tile = 0, peak: top = 0, on = 0, before = 0 } = inViews ?? {};
    const columns = [peak, near, uniform.peak, uniform.near, allHeads.peak, allHeads.near, covered];
    const deeper = [tile, top, on, before];
    return `${kind.padEnd(8)}${String(asked).padStart(6)}${[...columns, ...deeper].map(percent).join('')}`;
  });
  const titles =
    '    peak    near uni.peak    near all.peak    near  covered    tile dem.peak      on  before';
  return [`${''.padEnd(14)}${titles}`, ...lines].join('\n');
}

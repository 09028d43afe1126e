import { seeded, type Random } from './random.ts';
import {
  colourNames,
  sceneColours,
  groundKinds,
  shapeKinds,
  sizeNames,
  sizes,
  type Colour,
  type Ground,
  type Scene,
  type SceneColour,
  type SceneShape,
  type SceneSize,
} from './scene.ts';

/**
 * Chooses a scene from a seed, the same on every machine, spread as `make_scene` of `native-models/training/scenes.py`
 * spreads its own. The random numbers are others: no seed gives a scene of the training.
 */

/** Zero is left out: it is drawn as the letter O. */
const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789'];
const words =
  'OPEN EXIT STOP CAFE TAXI BUS SHOP HOTEL BANK ZOO PARK SALE MENU NORTH EAST GATE ROOM FIRE TEA BOOKS'.split(
    ' ',
  );
const mostLetters = 5;
/** Letters in pixels of the sharpest picture the model sees: a third of it leaves 5 to 7, too few to read. */
const letterHeight = [14, 22] as const;
/** Places that are tried for a thing before it is left out. */
const attempts = 30;
/** Pixels that stay free between two things. */
const gap = 6;
/** Distance of a colour from the ground's below which a thing might not stand out. */
const leastContrast = 100;

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** @param side of the sharpest picture the model sees, in pixels: n * tile */
export function chooseScene(seed: number, side: number): Scene {
  const random = seeded(`scene/${seed}`);
  const ground = chooseGround(random);
  const tones = [ground.first, ground.second];
  const visible = colourNames.filter((name) =>
    tones.every((tone) => distance(sceneColours[name], tone) > leastContrast),
  );
  const scene: Scene = { side, ground, shapes: [], signs: [] };
  const signs = random.pick([0, 1, 1, 1, 2, 2]);
  for (const colour of random.shuffled(visible).slice(0, signs)) addSign(random, scene, colour);
  let alike: Pick<SceneShape, 'kind' | 'colour'> | null = null;
  for (let left = random.whole(2, 5); left > 0; left--) {
    // Often several alike, so that there is something to count.
    if (alike === null || random.chance(0.55)) {
      alike = { kind: random.pick(shapeKinds), colour: random.pick(visible) };
    }
    addShape(random, scene, alike, chooseSize(random));
  }
  return scene;
}

/** Muted, so that no thing is taken for it. */
function chooseGround(random: Random): Ground {
  const level = random.between(40, 225);
  const first = triple(() => level + random.between(-22, 22));
  const step = (random.chance(0.5) ? 1 : -1) * random.between(14, 36);
  const second = triple((channel) => first[channel]! + step + random.between(-8, 8));
  const kind = random.pick(groundKinds);
  return {
    kind,
    first: toRgb(first),
    second: toRgb(kind === 'plain' ? first : second),
    angle: random.between(0, 2 * Math.PI),
    period: random.between(0.04, 0.15),
    seed: random.whole(0, 2 ** 20 - 1),
  };
}

function chooseSize(random: Random): SceneSize {
  const shares = [0.25, 0.3, 0.25, 0.2];
  let at = random.next();
  return sizeNames.find((_, index) => (at -= shares[index]!) < 0) ?? 'large';
}

function addShape(
  random: Random,
  scene: Scene,
  alike: Pick<SceneShape, 'kind' | 'colour'>,
  size: SceneSize,
): void {
  const { side } = scene;
  const [least, most] = sizes[size];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const r = random.between(least, most) * side;
    const [x, y] = [random.between(r + 2, side - r - 2), random.between(r + 2, side - r - 2)];
    if (isNearBorderOfThirds(x, side) || isNearBorderOfThirds(y, side)) continue;
    if (!isFree(scene, [x - r, y - r, x + r, y + r])) continue;
    const angle = random.between(-0.3, 0.3);
    scene.shapes.push({ ...alike, size, x, y, r, angle, rgb: jittered(random, alike.colour) });
    return;
  }
}

function addSign(random: Random, scene: Scene, colour: Colour): void {
  const { side } = scene;
  const text = random.chance(0.25) ? random.pick(words) : chooseText(random);
  const height = random.between(...letterHeight);
  const width = (text.length - 1 / 3) * height;
  const w = width + height * random.between(0.9, 1.8);
  const h = height * random.between(1.9, 2.8);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [x, y] = [chooseMiddle(random, side, width, w), chooseMiddle(random, side, height, h)];
    if (x === null || y === null || isNearBorderOfThirds(x, side) || isNearBorderOfThirds(y, side)) continue;
    if (!isFree(scene, [x - w / 2, y - h / 2, x + w / 2, y + h / 2])) continue;
    const rgb = jittered(random, colour);
    const isDark = rgb[0] + rgb[1] + rgb[2] < 3 * 125;
    const ink = toRgb(triple(() => (isDark ? random.between(225, 255) : random.between(0, 45))));
    const stroke = height * random.between(0.13, 0.2);
    scene.signs.push({ colour, text, x, y, w, h, height, stroke, rgb, ink });
    return;
  }
}

/**
 * The middle of a sign along one axis: of its text one local crop shows all, its plate may reach into the next one; null if
 * the crop that was drawn has no room.
 */
function chooseMiddle(random: Random, side: number, text: number, plate: number): number | null {
  const tile = side / 3;
  const start = random.whole(0, 2) * tile;
  const least = Math.max(start + text / 2, plate / 2) + 2;
  const most = Math.min(start + tile - text / 2, side - plate / 2) - 2;
  return least < most ? random.between(least, most) : null;
}

function chooseText(random: Random): string {
  return Array.from({ length: random.whole(2, mostLetters) }, () => random.pick(alphabet)).join('');
}

/** Of two places on either side of such a border, "at the top" and "in the middle" are both half true. */
function isNearBorderOfThirds(at: number, side: number): boolean {
  return [1 / 3, 2 / 3].some((border) => Math.abs(at / side - border) < 0.042);
}

function isFree({ shapes, signs }: Scene, box: Box): boolean {
  const taken: Box[] = [
    ...shapes.map(({ x, y, r }): Box => [x - r, y - r, x + r, y + r]),
    ...signs.map(({ x, y, w, h }): Box => [x - w / 2, y - h / 2, x + w / 2, y + h / 2]),
  ];
  return taken.every(
    (other) =>
      box[0] >= other[2] + gap ||
      other[0] >= box[2] + gap ||
      box[1] >= other[3] + gap ||
      other[1] >= box[3] + gap,
  );
}

function jittered(random: Random, colour: Colour): SceneColour {
  return toRgb(triple((channel) => sceneColours[colour][channel]! + random.between(-14, 14)));
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, index) => value - b[index]!));
}

const triple = (make: (channel: number) => number): number[] => [0, 1, 2].map(make);

const toRgb = (values: readonly number[]): SceneColour =>
  values.map((value) => Math.round(Math.min(255, Math.max(0, value)))) as SceneColour;

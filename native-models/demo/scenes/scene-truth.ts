import type { SceneTruth } from '../../../preload/contract/photos.ts';
import type { Scene, SceneShape, SceneSign } from './scene.ts';

/** What can be said of a scene, in the words of `native-models/training/questions.py`, which the demo model knows. */

interface SceneQuestion {
  readonly question: string;
  readonly answer: string;
  /** What a right answer has to say; left out, everything that the exact one says. */
  readonly must?: readonly string[];
}

const places = [
  ['at the top left', 'at the top', 'at the top right'],
  ['on the left', 'in the middle', 'on the right'],
  ['at the bottom left', 'at the bottom', 'at the bottom right'],
] as const;
const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
/** Over the scene's side: how far one thing has to be beside another for a question about it. */
const clearGap = 0.15;

/** Places are in pixels of the scene's side. */
export function sceneTruth(scene: Scene): SceneTruth & { readonly questions: readonly SceneQuestion[] } {
  const makers = [askSign, askCount, askPlace, askLargest, askBeside, askExists];
  const made = makers.flatMap((make) => make(scene) ?? []);
  // Another kind first from scene to scene: a gallery shows the first one alone.
  const first = scene.ground.seed % Math.max(1, made.length);
  const questions = [...made.slice(first), ...made.slice(0, first)];
  const description = describe(scene);
  return {
    description,
    things: [...scene.shapes.map(shownShape), ...scene.signs.map(shownSign)],
    questions: [...questions, { question: 'Describe the picture.', answer: description }],
  };
}

const shownShape = (shape: SceneShape) => ({
  name: nameOf(shape),
  place: { x: shape.x - shape.r, y: shape.y - shape.r, width: 2 * shape.r, height: 2 * shape.r },
});

const shownSign = ({ text, x, y, w, h }: SceneSign) => ({
  name: `sign "${text}"`,
  place: { x: x - w / 2, y: y - h / 2, width: w, height: h },
});

function describe(scene: Scene): string {
  const parts = inOrder([...scene.shapes, ...scene.signs], scene).map(
    (thing) => `${phrase(thing)} ${placeInScene(thing, scene)}`,
  );
  const ground = `a ${scene.ground.kind} ground`;
  return parts.length > 0
    ? `On ${ground} there is ${parts.join(', ')}.`
    : `There is nothing on the ${scene.ground.kind} ground.`;
}

function askSign({ signs }: Scene): SceneQuestion | null {
  const [sign] = signs;
  if (!sign) return null;
  const name = signs.length === 1 ? 'sign' : `${sign.colour} sign`;
  return {
    question: `What does the ${name} say?`,
    answer: `The ${name} says "${sign.text}".`,
    must: [sign.text],
  };
}

/** Of the kind of which there are most. What is counted is told first: who has named them all knows how many there are. */
function askCount(scene: Scene): SceneQuestion | null {
  const { shapes } = scene;
  const count = (kind: SceneShape['kind']) => shapes.filter((shape) => shape.kind === kind).length;
  const most = [...shapes].sort((a, b) => count(b.kind) - count(a.kind))[0];
  if (!most) return null;
  const many = most.kind === 'cross' ? 'crosses' : `${most.kind}s`;
  const alike = shapes.filter(({ kind }) => kind === most.kind);
  const each = inOrder(alike, scene).map(
    (shape) => `${article(nameOf(shape))} ${placeInScene(shape, scene)}`,
  );
  const total = `${numbers[alike.length]!} ${alike.length === 1 ? most.kind : many}`;
  const answer = `There is ${each.join(', ')}: ${total} in all.`;
  return { question: `How many ${many} are there?`, answer, must: [total] };
}

function askPlace(scene: Scene): SceneQuestion | null {
  const [shape] = uniqueShapes(scene);
  if (!shape) return null;
  return {
    question: `Where is the ${nameOf(shape)}?`,
    answer: `The ${nameOf(shape)} is ${placeInScene(shape, scene)}.`,
    must: [placeInScene(shape, scene)],
  };
}

function askLargest({ shapes }: Scene): SceneQuestion | null {
  const [first, second] = [...shapes].sort((a, b) => b.r - a.r);
  if (!first || !second || first.size === second.size) return null;
  const name = nameOf(first);
  return {
    question: 'Which shape is the largest?',
    answer: `The largest shape is the ${name}.`,
    must: [name],
  };
}

function askBeside(scene: Scene): SceneQuestion | null {
  const [first, second] = uniqueShapes(scene);
  if (!first || !second || Math.abs(first.x - second.x) < clearGap * scene.side) return null;
  const [one, other] = [nameOf(first), nameOf(second)];
  const isLeft = first.x < second.x ? 'Yes' : 'No';
  const seen = `the ${one} is ${placeInScene(first, scene)} and the ${other} is ${placeInScene(second, scene)}`;
  return {
    question: `Is the ${one} to the left of the ${other}?`,
    answer: `${isLeft}, ${seen}.`,
    must: [isLeft],
  };
}

/** Of a thing that could be there: the kind of one, the colour of another. */
function askExists({ shapes }: Scene): SceneQuestion | null {
  const [first] = shapes;
  const other = shapes.find(({ colour }) => colour !== first?.colour);
  if (!first || !other) return null;
  const isThere = shapes.some(({ colour, kind }) => colour === other.colour && kind === first.kind);
  if (isThere) return null;
  const name = `${other.colour} ${first.kind}`;
  return { question: `Is there ${article(name)}?`, answer: `No, there is no ${name}.`, must: ['no'] };
}

/** Shapes that their colour and kind tell from all others. */
export function uniqueShapes({ shapes }: Scene): SceneShape[] {
  return shapes.filter((shape) => shapes.filter((other) => nameOf(other) === nameOf(shape)).length === 1);
}

/** From the top left to the bottom right, place by place. */
function inOrder<Thing extends SceneShape | SceneSign>(things: readonly Thing[], { side }: Scene): Thing[] {
  const order = ({ x, y }: Thing) => 3 * third(y, side) + third(x, side);
  return things.toSorted((a, b) => order(a) - order(b) || a.x - b.x);
}

export const nameOf = ({ colour, kind }: SceneShape): string => `${colour} ${kind}`;

function phrase(thing: SceneShape | SceneSign): string {
  if ('text' in thing) return `${article(thing.colour)} sign that says "${thing.text}"`;
  return `a ${thing.size} ${nameOf(thing)}`;
}

const article = (words: string): string => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;

const third = (at: number, side: number): number => Math.min(2, Math.floor((at / side) * 3));

export const placeInScene = ({ x, y }: SceneShape | SceneSign, { side }: Scene): string =>
  places[third(y, side)]![third(x, side)]!;

import * as v from 'valibot';

/**
 * A drawn scene as plain data: what the demo model was trained on, in the form that `native-models/training/scenes.py`
 * makes and reads. Lengths are in pixels of the scene's `side`, the sharpest picture the model sees (n * tile); x to the
 * right, y down, origin at the top left. A scene may be drawn at any size.
 */

/** sRGB of the middle of each colour; a thing's own colour is a little beside it. */
export const sceneColours = {
  red: [214, 40, 40],
  orange: [240, 130, 30],
  yellow: [245, 210, 50],
  green: [50, 160, 70],
  blue: [40, 90, 200],
  purple: [130, 60, 170],
  pink: [240, 130, 180],
  brown: [120, 75, 40],
  white: [245, 245, 240],
  black: [25, 25, 28],
} as const satisfies Record<string, readonly [number, number, number]>;

/**
 * Radius over the scene's side. The gaps between the ranges keep the words decidable; the least of them, 7 pixels of the
 * sharpest picture the smallest model sees, is what tells a hexagon from a circle.
 */
export const sizes = {
  tiny: [0.022, 0.028],
  small: [0.038, 0.05],
  medium: [0.068, 0.095],
  large: [0.13, 0.18],
} as const;

export type Colour = keyof typeof sceneColours;
export type SceneSize = keyof typeof sizes;

export const colourNames = Object.keys(sceneColours) as Colour[];
export const sizeNames = Object.keys(sizes) as SceneSize[];
export const shapeKinds = [
  'circle',
  'square',
  'triangle',
  'star',
  'diamond',
  'hexagon',
  'cross',
  'heart',
  'ring',
] as const;
export const groundKinds = ['plain', 'graded', 'striped', 'checked', 'speckled'] as const;

const length = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(8192));
const angle = v.pipe(v.number(), v.finite(), v.minValue(-10), v.maxValue(10));
const channel = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const rgb = v.tuple([channel, channel, channel]);

const groundSchema = v.object({
  kind: v.picklist(groundKinds),
  first: rgb,
  second: rgb,
  angle,
  /** Of the pattern, as a share of the scene's side. */
  period: v.pipe(v.number(), v.minValue(0.001), v.maxValue(1)),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 20)),
});

const shapeSchema = v.object({
  kind: v.picklist(shapeKinds),
  colour: v.picklist(colourNames),
  size: v.picklist(sizeNames),
  /** Centre and radius of the circle that holds the shape. */
  x: length,
  y: length,
  r: length,
  /** Clockwise, in radians. */
  angle,
  rgb,
});

const signSchema = v.object({
  colour: v.picklist(colourNames),
  text: v.pipe(v.string(), v.regex(/^[A-Z0-9]{1,5}$/)),
  /** Centre, width and height of the plate. */
  x: length,
  y: length,
  w: length,
  h: length,
  /** Of the letters, and the width of their strokes. */
  height: length,
  stroke: length,
  rgb,
  /** Colour of the letters. */
  ink: rgb,
});

export const sceneSchema = v.object({
  side: v.pipe(length, v.integer(), v.minValue(1)),
  ground: groundSchema,
  shapes: v.pipe(v.array(shapeSchema), v.maxLength(10)),
  signs: v.pipe(v.array(signSchema), v.maxLength(3)),
});

export type Scene = v.InferOutput<typeof sceneSchema>;
export type Ground = Scene['ground'];
export type SceneShape = Scene['shapes'][number];
export type SceneSign = Scene['signs'][number];
export type SceneColour = SceneShape['rgb'];

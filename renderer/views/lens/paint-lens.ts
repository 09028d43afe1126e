import type { LookedAt, Rect } from '../../../preload/contract/api.ts';
import { fieldOf } from '../../geometry/look.ts';

/** Numbers along the longer side: finer than any model's tokens, and smooth when it is made larger. */
const longest = 128;
/** Over a photo, which is as bright as it is: what is not looked at is darker, what is has the colour of the lens. */
const [red, green, blue] = [176, 108, 255];
const darkest = 0.42;
const strongest = 0.62;

/** Draws a map over `area` of a photo, brightest where it is `densest`; the canvas gets a small size of the same shape. */
export function paintLens(
  canvas: HTMLCanvasElement,
  picture: Pick<LookedAt, 'grids'>,
  map: Float32Array,
  area: Rect,
  densest?: number,
): void {
  const scale = longest / Math.max(area.width, area.height);
  canvas.width = Math.max(1, Math.round(area.width * scale));
  canvas.height = Math.max(1, Math.round(area.height * scale));
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(canvas.width, canvas.height);
  fieldOf(picture, map, area, canvas, densest).forEach((value, at) => {
    const strength = value ** 0.8;
    const opacity = 255 * (darkest + (strongest - darkest) * strength);
    image.data.set([red * strength, green * strength, blue * strength, opacity], 4 * at);
  });
  context.putImageData(image, 0, 0);
}

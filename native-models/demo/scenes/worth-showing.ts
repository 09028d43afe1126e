import type { Scene, SceneColour } from './scene.ts';

/** Whether a scene is worth a person's while: there is something to count and compare, something to read, and all of it is seen. */
export function isWorthShowing({ ground, shapes, signs }: Scene): boolean {
  const tones = [ground.first, ground.second];
  const isSeen = ({ rgb }: { readonly rgb: SceneColour }) =>
    tones.every((tone) => contrast(rgb, tone) >= leastContrast);
  return shapes.length >= leastShapes && signs.length >= 1 && [...shapes, ...signs].every(isSeen);
}

const leastShapes = 3;
/** Half of what text needs (WCAG 2): things are larger than letters. */
const leastContrast = 1.5;

/** Ratio of relative luminances (WCAG 2.2), 1..21. */
function contrast(one: SceneColour, other: SceneColour): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance([red, green, blue]: SceneColour): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

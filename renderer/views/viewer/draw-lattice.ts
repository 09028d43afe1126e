import type { CropPlan, Rect } from '../../../preload/contract/api.ts';
import { type CropRef } from '../../geometry/crops.ts';
import { colours, strokeRect } from './paint.ts';

/**
 * The global lattice: which pixel of every n x n block of model pixels goes to which global crop. One block is painted
 * once and repeated over the square, so that a frame costs the same however many pixels are in view.
 */
export interface LatticeScene {
  readonly width: number;
  readonly height: number;
  readonly plan: Pick<CropPlan, 'globals' | 'lattice' | 'size'>;
  readonly hovered: CropRef | null;
  readonly picked: CropRef | null;
}

/** Side of a model pixel in CSS pixels from which single pixels are drawn; smaller ones would only flicker. */
export const leastLatticeCell = 5;
/** Side from which a phase's number fits into its pixel. */
const leastNumberedCell = 20;

/** Side of a model pixel in CSS pixels. */
export const latticeCell = (scene: { readonly plan: Pick<CropPlan, 'size'> }, picture: Rect) =>
  picture.width / scene.plan.size.width;

/** @param square the padded square on the screen: only one has a lattice */
export function drawLattice(context: CanvasRenderingContext2D, scene: LatticeScene, square: Rect): void {
  const { plan } = scene;
  if (plan.lattice === null) return;
  const cell = latticeCell(scene, square);
  if (cell >= leastLatticeCell) {
    // Painted in pixels of the screen, so that numbers stay sharp on dense ones.
    const density = context.getTransform().a;
    const block = paintBlock(scene, plan.lattice, Math.ceil(cell * density), density);
    const pattern = block && context.createPattern(block, 'repeat');
    if (block && pattern) {
      const scale = (cell * plan.lattice) / block.width;
      pattern.setTransform(new DOMMatrix().translate(square.x, square.y).scale(scale));
      fillVisible(context, scene, square, pattern);
    }
  }
  strokeRect(context, square, { colour: colours.global, width: 1.5, dash: [2, 3] });
}

function fillVisible(
  context: CanvasRenderingContext2D,
  scene: LatticeScene,
  square: Rect,
  fill: CanvasPattern,
): void {
  const left = Math.max(0, square.x);
  const top = Math.max(0, square.y);
  const right = Math.min(scene.width, square.x + square.width);
  const bottom = Math.min(scene.height, square.y + square.height);
  if (right <= left || bottom <= top) return;
  context.fillStyle = fill;
  context.fillRect(left, top, right - left, bottom - top);
}

/**
 * One block of n x n model pixels, `side` pixels of the screen each.
 * @param density pixels of the screen per CSS pixel
 */
function paintBlock(scene: LatticeScene, n: number, side: number, density: number): OffscreenCanvas | null {
  const { globals } = scene.plan;
  const block = new OffscreenCanvas(n * side, n * side);
  const context = block.getContext('2d');
  if (!context) return null;
  const only = globalOf(scene.hovered) ?? globalOf(scene.picked);
  for (const { index, phase, reachesAnswer } of globals) {
    const isStrong = only === null ? reachesAnswer : index === only;
    const x = phase!.column * side;
    const y = phase!.row * side;
    context.fillStyle = isStrong ? colours.global : `hsl(${(index * 360) / globals.length} 70% 62%)`;
    context.globalAlpha = isStrong ? 0.5 : only === null ? 0.2 : 0.05;
    context.fillRect(x, y, side, side);
    context.globalAlpha = isStrong ? 1 : 0.35;
    context.strokeStyle = isStrong ? colours.global : colours.plain;
    context.lineWidth = density * (isStrong ? 2 : 0.5);
    const inset = context.lineWidth / 2;
    context.strokeRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset);
    if (side >= leastNumberedCell * density) paintNumber(context, String(index + 1), x, y, side, isStrong);
  }
  return block;
}

function paintNumber(
  context: OffscreenCanvasRenderingContext2D,
  label: string,
  x: number,
  y: number,
  side: number,
  isStrong: boolean,
): void {
  context.globalAlpha = isStrong ? 1 : 0.75;
  context.font = `${isStrong ? 700 : 500} ${Math.round(side * 0.4)}px ${colours.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = 3;
  context.strokeStyle = colours.halo;
  context.strokeText(label, x + side / 2, y + side / 2);
  context.fillStyle = colours.plain;
  context.fillText(label, x + side / 2, y + side / 2);
}

const globalOf = (crop: CropRef | null) => (crop?.kind === 'global' ? crop.index : null);

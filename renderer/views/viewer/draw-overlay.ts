import type { CropPlan, Rect } from '../../../preload/contract/api.ts';
import { cropKeyOf, hasCrops, sameCrop, viewOf, type CropRef } from '../../geometry/crops.ts';
import { rectToScreen, type Viewport } from '../../geometry/viewport.ts';
import type { OverlayName } from '../../stores/viewer.svelte.ts';
import { drawLattice, latticeCell } from './draw-lattice.ts';
import { colours, strokePath, strokeRect } from './paint.ts';

/** What lies over the photo, drawn in CSS pixels of the stage. Everything is placed by `view` alone. */
export interface OverlayScene {
  readonly view: Viewport;
  /** Size of the stage in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly photo: { readonly width: number; readonly height: number };
  readonly plan: CropPlan;
  readonly overlays: Readonly<Record<OverlayName, boolean>>;
  /** From here on, 0..1 of the width, the model's pixels are shown; null where only the photo is. */
  readonly wipe: number | null;
  /** All the detail the model gets; null until it has loaded. */
  readonly whole: CanvasImageSource | null;
  /** The global crop whose pixels are shown instead of the photo: one pointed at or picked; null until it has loaded. */
  readonly globalPicture: { readonly crop: CropRef; readonly picture: CanvasImageSource } | null;
  readonly hovered: CropRef | null;
  readonly picked: CropRef | null;
  /** Crops already encoded while others are not; null when nothing is being encoded. */
  readonly encoded: ReadonlySet<string> | null;
  /** The label of a local tile, for example "1". */
  readonly tileLabel: (index: number) => string;
}

export function drawOverlays(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  context.clearRect(0, 0, scene.width, scene.height);
  const square = rectToScreen(scene.view, scene.plan.region);
  drawModelPicture(context, scene, square);
  if (scene.globalPicture) drawGlobal(context, scene, scene.globalPicture);
  if (scene.overlays.square || (scene.overlays.tiles && hasCrops(scene.plan)))
    drawPadding(context, scene, square);
  if (scene.overlays.lattice) drawLattice(context, scene, square);
  if (scene.encoded) drawUnencoded(context, scene);
  if (scene.picked) drawPicked(context, scene, scene.picked);
  if (scene.overlays.tiles && hasCrops(scene.plan)) drawTiles(context, scene);
  if (scene.hovered && !sameCrop(scene.hovered, scene.picked)) drawHovered(context, scene, scene.hovered);
}

function drawModelPicture(context: CanvasRenderingContext2D, scene: OverlayScene, square: Rect): void {
  if (scene.wipe === null || !scene.whole) return;
  const border = Math.round(scene.wipe * scene.width);
  context.save();
  context.beginPath();
  context.rect(border, 0, scene.width - border, scene.height);
  context.clip();
  drawPixels(context, scene.whole, square, latticeCell(scene, square));
  context.restore();
}

/** Draws a picture into `place`; its pixels are the squares they are wherever each covers more than one of the screen. */
function drawPixels(
  context: CanvasRenderingContext2D,
  picture: CanvasImageSource,
  place: Rect,
  magnification: number,
): void {
  context.save();
  context.imageSmoothingEnabled = magnification < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, place.x, place.y, place.width, place.height);
  context.restore();
}

/** The photo as a global crop shows it: at the resolution of that crop. */
function drawGlobal(
  context: CanvasRenderingContext2D,
  { view, plan }: OverlayScene,
  { crop, picture }: NonNullable<OverlayScene['globalPicture']>,
): void {
  const { place, side } = viewOf(plan, crop);
  const box = rectToScreen(view, place);
  drawPixels(context, picture, box, box.width / side);
}

/** Everything the square adds to the photo: faint, or with the square itself hatched in the colour the model gets. */
function drawPadding(context: CanvasRenderingContext2D, scene: OverlayScene, square: Rect): void {
  const photo = rectToScreen(scene.view, { x: 0, y: 0, ...scene.photo });
  context.save();
  context.beginPath();
  context.rect(square.x, square.y, square.width, square.height);
  context.rect(photo.x, photo.y, photo.width, photo.height);
  context.clip('evenodd');
  context.fillStyle = scene.overlays.square ? colours.padding : colours.faintPadding;
  context.fillRect(square.x, square.y, square.width, square.height);
  if (!scene.overlays.square) {
    context.restore();
    return;
  }
  context.strokeStyle = colours.hatch;
  context.lineWidth = 1;
  context.beginPath();
  const step = 12;
  const reach = scene.width + scene.height;
  for (let offset = -(scene.height % step); offset < reach; offset += step) {
    context.moveTo(offset, 0);
    context.lineTo(offset - scene.height, scene.height);
  }
  context.stroke();
  context.restore();
  strokeRect(context, square, { colour: colours.plain, width: 1.5, dash: [6, 4] });
}

/** Tiles that the encoder has not looked at yet stay in the dark. */
function drawUnencoded(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  context.fillStyle = colours.dim;
  for (const { index, place } of scene.plan.locals) {
    if (scene.encoded!.has(cropKeyOf({ kind: 'local', index }))) continue;
    const { x, y, width, height } = rectToScreen(scene.view, place);
    context.fillRect(x, y, width, height);
  }
}

/** The grid of tiles, each line drawn once however many tiles it borders. */
function drawTiles(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  const { grid, locals, region } = scene.plan;
  const { x, y, width, height } = rectToScreen(scene.view, region);
  context.beginPath();
  for (let line = 0; line <= grid.columns; line++) {
    const across = Math.round(x + (line * width) / grid.columns);
    context.moveTo(across, y);
    context.lineTo(across, y + height);
  }
  for (let line = 0; line <= grid.rows; line++) {
    const down = Math.round(y + (line * height) / grid.rows);
    context.moveTo(x, down);
    context.lineTo(x + width, down);
  }
  strokePath(context, { colour: colours.plain, width: 1 });
  for (const { index, place } of locals) {
    drawBadge(context, scene, rectToScreen(scene.view, place), scene.tileLabel(index));
  }
}

/** What stands at the top of the stage while photo and model are compared, in CSS pixels. */
const wipeLabels = 38;

/** A number in the tile's corner, kept inside the stage while any of the tile is, and below what is written at its top. */
function drawBadge(context: CanvasRenderingContext2D, scene: OverlayScene, tile: Rect, label: string): void {
  const height = 18;
  context.font = `600 11px ${colours.font}`;
  const width = Math.max(height, context.measureText(label).width + 10);
  if (tile.width < width + 12 || tile.height < height + 12) return;
  const inset = 5;
  const x = Math.min(Math.max(tile.x, 0) + inset, tile.x + tile.width - width - inset);
  const top = scene.wipe === null ? 0 : wipeLabels;
  const y = Math.min(Math.max(tile.y, top) + inset, tile.y + tile.height - height - inset);
  if (x < -width || y < -height || x > scene.width || y > scene.height) return;
  context.fillStyle = colours.dark;
  context.beginPath();
  context.roundRect(x, y, width, height, 4);
  context.fill();
  context.fillStyle = colours.plain;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(label, x + width / 2, y + height / 2 + 0.5);
}

function drawHovered(context: CanvasRenderingContext2D, scene: OverlayScene, hovered: CropRef): void {
  strokeRect(context, rectToScreen(scene.view, viewOf(scene.plan, hovered).place), {
    colour: colours[hovered.kind],
    width: 3,
  });
  if (hovered.kind === 'global') return;
  const { x, y, width, height } = rectToScreen(scene.view, viewOf(scene.plan, hovered).place);
  context.save();
  context.globalAlpha = 0.12;
  context.fillStyle = colours.local;
  context.fillRect(x, y, width, height);
  context.restore();
}

function drawPicked(context: CanvasRenderingContext2D, scene: OverlayScene, picked: CropRef): void {
  const place = rectToScreen(scene.view, viewOf(scene.plan, picked).place);
  context.save();
  context.beginPath();
  context.rect(0, 0, scene.width, scene.height);
  context.rect(place.x, place.y, place.width, place.height);
  context.fillStyle = colours.dim;
  context.fill('evenodd');
  context.restore();
  strokeRect(context, place, { colour: colours[picked.kind], width: 3 });
}

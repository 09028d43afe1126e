/**
 * The picture that explains the crops: the padded photo with the local tiles numbered on it, and below it the lattice
 * of the global crops on enlarged pixels, as the window draws them. Tiles are fine lines with numbers, the global perspective
 * is cyan dots: never told apart by colour alone.
 */
import type { OpenedPhoto } from './decode.ts';
import { globalPhase, globalsThatReachAnswer, localRectangle, type CropGrid } from './dual-crops.ts';
import type { Rect } from '../../preload/contract/geometry.ts';
import { photoRectangleToModel, type ModelSquare } from './geometry.ts';
import { padAndResize } from './pillow-resize.ts';
import type { Rgb, RgbImage } from './pixels.ts';
import type { PreprocessedPhoto } from './preprocess.ts';
import { drawSvg, sharp } from './sharp.ts';
import { strokeText, strokeTextWidth } from './stroke-font.ts';

/** Side of the drawn square and height of the strip below it, in pixels of the drawing. */
const side = 1536;
const stripHeight = 336;
const margin = 40;

const local = '#ffb23e';
const global = '#37cfe3';
const ink = '#f2f3f5';
const paper = '#17191c';

/** Between two diagonals of the hatching. */
const hatchPitch = 26;

/** Blocks of n x n pixels that the magnifier shows, across and down. */
const magnifiedBlocks = { across: 4, down: 2 };
/** Below this many pixels a cell of the magnifier is too small for its number. */
const smallestNumberedCell = 26;

/** @returns a PNG, `side` wide */
export async function drawOverlay(
  photo: OpenedPhoto,
  { shown, square, info }: PreprocessedPhoto,
  grid: CropGrid,
  padColour: Rgb,
): Promise<Buffer> {
  const drawn: ModelSquare = { ...square, pixels: side };
  const picture = await drawnPicture(photo, drawn, padColour, info.notes.includes('partial'));
  const glass = magnifier(grid.n);
  const lines = [
    paddingHatch(drawn),
    latticeDots(),
    localTiles(grid),
    magnifierLattice(glass, grid.n),
    legend(square, grid),
  ];
  const drawing = await drawSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side + stripHeight}" fill="none" ` +
      `stroke-linecap="round" stroke-linejoin="round">${lines.join('')}</svg>`,
  );
  const enlarged = await enlarge(shown, glass, grid.n);
  return sharp(picture.data, { raw: { width: side, height: side, channels: 3 } })
    .extend({ bottom: stripHeight, background: paper })
    .composite([
      { input: enlarged, left: glass.x, top: glass.y },
      { input: drawing, left: 0, top: 0 },
    ])
    .removeAlpha()
    .png()
    .toBuffer();
}

async function drawnPicture(
  photo: OpenedPhoto,
  drawn: ModelSquare,
  background: Rgb,
  allowPartial: boolean,
): Promise<RgbImage> {
  const { width, height } = drawn.region;
  const scale = Math.min(1, drawn.pixels / drawn.side);
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const { image } = await photo.pixels({ region: drawn.region, size, background, allowPartial });
  return padAndResize(image, drawn, background);
}

/** Hatching over the padding, and a fine frame around the photo. */
function paddingHatch(drawn: ModelSquare): string {
  const photo = photoRectangleToModel(drawn.region, drawn);
  const { x, y, width, height } = photo;
  return (
    '<clipPath id="padding">' +
    `<path clip-rule="evenodd" d="M0 0H${side}V${side}H0ZM${x} ${y}h${width}v${height}h${-width}Z"/></clipPath>` +
    `<g clip-path="url(#padding)">${hatching({ x: 0, y: 0, width: side, height: side })}</g>` +
    `<rect ${box(photo)} stroke="#000" stroke-opacity=".5" stroke-width="4"/>` +
    `<rect ${box(photo)} stroke="#fff" stroke-width="1.5"/>`
  );
}

/** Diagonals through a rectangle and, at its right, beyond it: drawn one by one, because SVG patterns take seconds. */
function hatching({ x, y, width, height }: Rect): string {
  let d = '';
  for (let at = -height; at < width; at += hatchPitch) d += `M${x + at} ${y}l${height} ${height}`;
  return `<path d="${d}" stroke="#fff" stroke-opacity=".16" stroke-width="2"/>`;
}

/** The global crops are everywhere at once: dots over the whole square say so. */
function latticeDots(): string {
  const pitch = side / 24;
  const dots: string[] = [];
  for (let y = pitch / 2; y < side; y += pitch) {
    for (let x = pitch / 2; x < side; x += pitch) dots.push(`M${x} ${y}h0`);
  }
  const d = dots.join('');
  return `<path d="${d}" stroke="#000" stroke-opacity=".55" stroke-width="9"/><path d="${d}" stroke="${global}" stroke-width="6"/>`;
}

function localTiles({ n }: CropGrid): string {
  const tile = side / n;
  const lines = Array.from({ length: n + 1 }, (_, i) => {
    const at = Math.min(Math.max(i * tile, 1), side - 1);
    return `M${at} 1V${side - 1}M1 ${at}H${side - 1}`;
  }).join('');
  const height = Math.max(12, Math.min(26, tile * 0.1));
  const plates = Array.from({ length: n * n }, (_, k) => {
    const { x, y } = localRectangle(k, { n, tile });
    return plate(String(k + 1), x + height * 0.5, y + height * 0.5, height);
  });
  return (
    `<path d="${lines}" stroke="#000" stroke-opacity=".45" stroke-width="4.5"/>` +
    `<path d="${lines}" stroke="#fff" stroke-width="2"/>${plates.join('')}`
  );
}

/** A number on a dark plate. */
function plate(text: string, x: number, y: number, height: number): string {
  const inset = height * 0.45;
  const width = strokeTextWidth(text, height) + 2 * inset;
  const d = strokeText(text, x + inset, y + inset, height);
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height + 2 * inset}" rx="${inset}" fill="#000" fill-opacity=".72"/>` +
    `<path d="${d}" stroke="#fff" stroke-width="${height / 7}"/>`
  );
}

/** Where the magnifier stands in the drawing, and the side of one enlarged pixel. */
interface Magnifier extends Rect {
  readonly cell: number;
}

function magnifier(n: number): Magnifier {
  const room = stripHeight - 2 * margin;
  const cell = Math.floor(room / (magnifiedBlocks.down * n));
  const width = magnifiedBlocks.across * n * cell;
  const height = magnifiedBlocks.down * n * cell;
  return { x: side - margin - width, y: side + margin, width, height, cell };
}

/** Pixels around the middle of the model's picture, each a square of `cell` pixels. */
async function enlarge({ width, height, data }: RgbImage, glass: Magnifier, n: number): Promise<Buffer> {
  const columns = magnifiedBlocks.across * n;
  const rows = magnifiedBlocks.down * n;
  const left = Math.max(0, Math.floor((width - columns) / 2 / n) * n);
  const top = Math.max(0, Math.floor((height - rows) / 2 / n) * n);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left, top, width: Math.min(columns, width), height: Math.min(rows, height) })
    .resize(glass.width, glass.height, { kernel: 'nearest', fit: 'fill' })
    .png()
    .toBuffer();
}

function magnifierLattice({ x, y, width, height, cell }: Magnifier, n: number): string {
  const block = n * cell;
  let grid = '';
  for (let at = 0; at <= width; at += block) grid += `M${x + at} ${y}v${height}`;
  for (let at = 0; at <= height; at += block) grid += `M${x} ${y + at}h${width}`;
  const answering = globalsThatReachAnswer(n);
  const marks: string[] = [];
  for (let row = 0; row < magnifiedBlocks.down; row++) {
    for (let column = 0; column < magnifiedBlocks.across; column++) {
      for (let k = 0; k < n * n; k++) {
        const phase = globalPhase(k, n);
        const left = x + column * block + phase.column * cell;
        const top = y + row * block + phase.row * cell;
        marks.push(phaseMark(k, left, top, cell, answering.includes(k), column === 0 && row === 0));
      }
    }
  }
  return (
    `<path d="${grid}" stroke="#000" stroke-opacity=".6" stroke-width="7"/><path d="${grid}" stroke="${global}" stroke-width="3.5"/>` +
    marks.join('')
  );
}

/** A phase that reaches the answer has a filled disc in every block; the first block numbers all of them. */
function phaseMark(
  k: number,
  left: number,
  top: number,
  cell: number,
  answers: boolean,
  numbered: boolean,
): string {
  const [x, y] = [left + cell / 2, top + cell / 2];
  const disc = answers
    ? `<circle cx="${x}" cy="${y}" r="${cell * 0.36}" fill="${global}" stroke="#000" stroke-opacity=".7" stroke-width="2"/>`
    : '';
  if (!numbered || cell < smallestNumberedCell) return disc;
  const height = cell * 0.34;
  const number = String(k + 1);
  const d = strokeText(number, x - strokeTextWidth(number, height) / 2, y - height / 2, height);
  const halo = answers
    ? ''
    : `<path d="${d}" stroke="#000" stroke-opacity=".75" stroke-width="${height / 2.4}"/>`;
  return `${disc}${halo}<path d="${d}" stroke="${answers ? '#04191d' : '#fff'}" stroke-width="${height / 6}"/>`;
}

function legend({ region, side: padded, pixels }: ModelSquare, { n, tile }: CropGrid): string {
  const letters = 19;
  const lineHeight = 44;
  const top = side + margin;
  const answering = globalsThatReachAnswer(n).length;
  const sizes = `${region.width} x ${region.height}, padded to ${padded}, resized to ${pixels}`;
  const lines = [
    { colour: ink, sign: '', text: sizes },
    {
      colour: local,
      sign: plateSign(top + lineHeight),
      text: `local crops: ${n * n} tiles of ${tile} x ${tile}`,
    },
    {
      colour: global,
      sign: dotSign(top + 2 * lineHeight),
      text: `global crops: one pixel of every ${n} x ${n} block`,
    },
    {
      colour: global,
      sign: discSign(top + 3 * lineHeight),
      text: `global crops that reach the answer: ${answering} of ${n * n}`,
    },
    { colour: ink, sign: hatchSign(top + 4 * lineHeight), text: 'padding' },
  ];
  return lines
    .map(({ colour, sign, text }, i) => {
      const x = sign === '' ? margin : margin + 56;
      const d = strokeText(text, x, top + i * lineHeight + 6, letters);
      return `${sign}<path d="${d}" stroke="${colour}" stroke-width="2.6"/>`;
    })
    .join('');
}

const plateSign = (y: number): string => plate('1', margin + 4, y, 16);
const dotSign = (y: number): string =>
  `<path d="M${margin + 4} ${y + 15}h0m14 0h0m14 0h0" stroke="${global}" stroke-width="7"/>`;
const discSign = (y: number): string =>
  `<circle cx="${margin + 18}" cy="${y + 15}" r="12" fill="${global}"/>`;
const hatchSign = (y: number): string => {
  const sign = { x: margin + 2, y: y + 3, width: 32, height: 25 };
  return (
    `<clipPath id="sign"><rect ${box(sign)}/></clipPath><rect ${box(sign)} fill="#7a7468"/>` +
    `<g clip-path="url(#sign)">${hatching(sign)}</g>`
  );
};

function box({ x, y, width, height }: Rect): string {
  return `x="${x}" y="${y}" width="${width}" height="${height}"`;
}

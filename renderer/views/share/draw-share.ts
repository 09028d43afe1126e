import type { Photo, Rect } from '../../../preload/contract/api.ts';

/**
 * One picture to share: the photo, beside it at the same size what the model was given of it or where it looked, the question,
 * the answer, and one line of facts. Drawn in the window; nothing of it leaves unless the person saves or copies it.
 */
export const shareSize = { width: 1600, height: 1000 } as const;

export interface SharePicture {
  readonly theme: 'light' | 'dark';
  readonly photo: Pick<Photo, 'width' | 'height'>;
  readonly left: Shown;
  readonly right: Shown;
  /** Null where nothing has been asked yet. */
  readonly turn: { readonly question: string; readonly answer: string } | null;
  readonly facts: string;
  readonly appName: string;
}

export interface Shown {
  readonly label: string;
  readonly pieces: readonly Piece[];
}

/** A part of what is shown, with its place in photo pixels; what is beyond the photo is cut off. */
export interface Piece {
  readonly picture: CanvasImageSource;
  readonly place: Rect;
  readonly isSmooth: boolean;
}

const palettes = {
  light: { ground: '#ffffff', ink: '#1b1b1b', soft: '#5a5a5a', place: '#e3e3e3' },
  dark: { ground: '#171717', ink: '#eeeeee', soft: '#ababab', place: '#0c0c0c' },
} as const;

const margin = 48;
const gap = 32;
const pictureTop = 92;
/** For the name of the program behind the facts. */
const nameWidth = 320;
const font = (size: number, weight = 400) =>
  `${weight} ${size}px system-ui, 'Noto Sans', 'Noto Sans CJK KR', sans-serif`;

type Canvas2d = CanvasRenderingContext2D;

export function drawShare(context: Canvas2d, share: SharePicture): void {
  const { width, height } = shareSize;
  const palette = palettes[share.theme];
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  const across = (width - 2 * margin - gap) / 2;
  const down = share.turn ? 560 : 800;
  const boxes = [margin, margin + across + gap].map((x) => ({
    x,
    y: pictureTop,
    width: across,
    height: down,
  }));
  context.textBaseline = 'alphabetic';
  const whole = { x: 0, y: 0, ...share.photo };
  for (const [index, { label, pieces }] of [share.left, share.right].entries()) {
    const box = boxes[index]!;
    context.font = font(28, 600);
    context.fillStyle = palette.ink;
    context.fillText(label, box.x, pictureTop - 22);
    context.fillStyle = palette.place;
    context.fillRect(box.x, pictureTop, across, down);
    const fit = fitted(whole, box);
    for (const piece of pieces) draw(context, piece, fit);
  }

  const bottom = height - margin;
  if (share.turn) {
    const textTop = pictureTop + down + 60;
    context.fillStyle = palette.soft;
    context.font = font(30);
    write(context, share.turn.question, textTop, 1);
    context.fillStyle = palette.ink;
    context.font = font(40, 600);
    write(context, share.turn.answer, textTop + 60, 3);
  }
  context.fillStyle = palette.soft;
  context.font = font(24);
  write(context, share.facts, bottom, 1, width - 2 * margin - nameWidth);
  context.textAlign = 'right';
  context.fillText(share.appName, width - margin, bottom);
  context.textAlign = 'left';
}

interface Fit extends Rect {
  readonly zoom: number;
}

/** The photo in the middle of a box, as large as it fits. */
function fitted(photo: Rect, box: Rect): Fit {
  const zoom = Math.min(box.width / photo.width, box.height / photo.height);
  const [width, height] = [photo.width * zoom, photo.height * zoom];
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height, zoom };
}

function draw(context: Canvas2d, { picture, place, isSmooth }: Piece, fit: Fit): void {
  context.save();
  context.beginPath();
  context.rect(fit.x, fit.y, fit.width, fit.height);
  context.clip();
  context.imageSmoothingEnabled = isSmooth;
  context.imageSmoothingQuality = 'high';
  const { zoom } = fit;
  context.drawImage(
    picture,
    fit.x + place.x * zoom,
    fit.y + place.y * zoom,
    place.width * zoom,
    place.height * zoom,
  );
  context.restore();
}

/** Writes at most `most` lines no wider than `width`; what does not fit ends with an ellipsis. */
function write(
  context: Canvas2d,
  text: string,
  top: number,
  most: number,
  width = shareSize.width - 2 * margin,
): void {
  const lines = wrap(text, width, most, (part) => context.measureText(part).width);
  const step = Number.parseInt(/\d+(?=px)/.exec(context.font)![0], 10) * 1.3;
  for (const [index, line] of lines.entries()) context.fillText(line, margin, top + index * step);
}

/** Lines of words no wider than `width` by `measure`; a word that is wider is cut between its letters. */
export function wrap(
  text: string,
  width: number,
  most: number,
  measure: (text: string) => number,
): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (measure(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const letter of word) {
      if (line !== '' && measure(line + letter) > width) {
        lines.push(line);
        line = '';
      }
      line += letter;
    }
  }
  if (line !== '') lines.push(line);
  if (lines.length <= most) return lines;
  const last = [...lines[most - 1]!];
  while (last.length > 0 && measure(`${last.join('')}…`) > width) last.pop();
  return [...lines.slice(0, most - 1), `${last.join('').trimEnd()}…`];
}

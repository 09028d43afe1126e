import type { CropPlan, Photo, Rect } from '../../../preload/contract/api.ts';

/**
 * One picture to share: the photo, what the model was given of it at the same size, the question, the answer, and one line
 * of facts. Drawn in the window; nothing of it leaves unless the person saves or copies it.
 */
export const shareSize = { width: 1600, height: 1000 } as const;

export interface SharePicture {
  readonly theme: 'light' | 'dark';
  readonly photo: Pick<Photo, 'width' | 'height'>;
  /** Pieces of the photo with their places in photo pixels. */
  readonly pieces: readonly { readonly picture: CanvasImageSource; readonly place: Rect }[];
  readonly plan: Pick<CropPlan, 'region'>;
  /** All the detail the model gets; it lies over the plan's region. */
  readonly model: CanvasImageSource;
  readonly photoLabel: string;
  readonly modelLabel: string;
  /** Null where nothing has been asked yet. */
  readonly turn: { readonly question: string; readonly answer: string } | null;
  readonly facts: string;
  readonly appName: string;
}

const palettes = {
  light: { ground: '#ffffff', ink: '#1b1b1b', soft: '#5a5a5a', place: '#e3e3e3' },
  dark: { ground: '#171717', ink: '#eeeeee', soft: '#ababab', place: '#0c0c0c' },
} as const;

const margin = 48;
const gap = 32;
const pictureTop = 92;
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
  for (const [index, label] of [share.photoLabel, share.modelLabel].entries()) {
    context.font = font(28, 600);
    context.fillStyle = palette.ink;
    context.fillText(label, boxes[index]!.x, pictureTop - 22);
    context.fillStyle = palette.place;
    context.fillRect(boxes[index]!.x, pictureTop, across, down);
  }
  const whole = { x: 0, y: 0, ...share.photo };
  const [left, right] = boxes.map((box) => fitted(whole, box)) as [Fit, Fit];
  for (const { picture, place } of share.pieces) draw(context, picture, left, place, true);
  // Padding is not part of the photo: both show the same.
  draw(context, share.model, right, share.plan.region, false);

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
  context.fillText(share.facts, margin, bottom);
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

function draw(context: Canvas2d, picture: CanvasImageSource, fit: Fit, place: Rect, isSmooth: boolean): void {
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

/** Writes at most `most` lines as wide as the picture; what does not fit ends with an ellipsis. */
function write(context: Canvas2d, text: string, top: number, most: number): void {
  const lines = wrap(text, shareSize.width - 2 * margin, most, (part) => context.measureText(part).width);
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

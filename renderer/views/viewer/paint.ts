import { paddingColour, type Rect } from '../../../preload/contract/api.ts';

const padding = (percent: number) => `rgb(${paddingColour.join(' ')} / ${percent}%)`;

/** Colours over a photo. They do not follow the theme: a photo is as bright as it is. */
export const colours = {
  local: '#ffb23e',
  global: '#37cfe3',
  plain: '#ffffff',
  halo: 'rgb(0 0 0 / 45%)',
  dim: 'rgb(0 0 0 / 50%)',
  dark: 'rgb(0 0 0 / 72%)',
  padding: padding(92),
  faintPadding: padding(28),
  hatch: 'rgb(255 255 255 / 16%)',
  font: 'system-ui, sans-serif',
} as const;

export interface Line {
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
}

/** A rectangle's outline with a dark halo, so that it shows on light and dark photos alike. */
export function strokeRect(context: CanvasRenderingContext2D, rect: Rect, line: Line): void {
  context.beginPath();
  context.rect(Math.round(rect.x), Math.round(rect.y), Math.round(rect.width), Math.round(rect.height));
  strokePath(context, line);
}

/** Strokes the current path, with the same halo. */
export function strokePath(context: CanvasRenderingContext2D, line: Line): void {
  context.save();
  context.lineJoin = 'round';
  context.strokeStyle = colours.halo;
  context.lineWidth = line.width + 1.5;
  context.stroke();
  context.setLineDash([...(line.dash ?? [])]);
  context.strokeStyle = line.colour;
  context.lineWidth = line.width;
  context.stroke();
  context.restore();
}

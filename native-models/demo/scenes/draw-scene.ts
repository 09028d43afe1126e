import type { RgbImage, Rgb } from '../../image/pixels.ts';
import { strokesOf } from '../../image/stroke-font.ts';
import { outlines } from './outlines.ts';
import type { Ground, Scene, SceneShape, SceneSign } from './scene.ts';

/**
 * Draws a scene as antialiased pixels, `pixels` a side: what `Renderer` of `native-models/training/scenes.py` draws by
 * the batch. Of every pixel a thing covers as much as the distance of its outline from the pixel's centre says.
 */
export function drawScene(scene: Scene, pixels: number): RgbImage {
  const scale = pixels / scene.side;
  const canvas = new Canvas(pixels);
  canvas.fill(groundMix(scene.ground, pixels), scene.ground);
  for (const shape of scene.shapes) drawShape(canvas, scaledShape(shape, scale));
  for (const sign of scene.signs) drawSign(canvas, scaledSign(sign, scale));
  return { width: pixels, height: pixels, data: canvas.bytes() };
}

/** How much of a pixel lies inside, from the signed distance of its centre in pixels, negative inside. */
const cover = (distance: number): number => clamp(0.5 - distance, 0, 1);

class Canvas {
  readonly #side: number;
  /** Channel values 0..255, three a pixel. */
  readonly #values: Float32Array;

  constructor(side: number) {
    this.#side = side;
    this.#values = new Float32Array(3 * side * side);
  }

  /** @param mix share of the second colour at the centre of a pixel */
  fill(mix: (x: number, y: number) => number, { first, second }: Ground): void {
    let at = 0;
    for (let row = 0; row < this.#side; row++) {
      for (let column = 0; column < this.#side; column++) {
        const share = mix(column + 0.5, row + 0.5);
        for (let channel = 0; channel < 3; channel++) {
          this.#values[at++] = first[channel]! + share * (second[channel]! - first[channel]!);
        }
      }
    }
  }

  /** Lays a colour over the box around (x, y), as thick as `covered` says at the centre of every pixel, 0..1. */
  paint(
    { x, y, halfWidth, halfHeight }: { x: number; y: number; halfWidth: number; halfHeight: number },
    rgb: Rgb,
    covered: (x: number, y: number) => number,
  ): void {
    const inside = (at: number) => clamp(at, 0, this.#side);
    const [left, right] = [inside(Math.floor(x - halfWidth)), inside(Math.ceil(x + halfWidth))];
    const [top, bottom] = [inside(Math.floor(y - halfHeight)), inside(Math.ceil(y + halfHeight))];
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const share = covered(column + 0.5, row + 0.5);
        if (share <= 0) continue;
        const at = 3 * (row * this.#side + column);
        for (let channel = 0; channel < 3; channel++) {
          const below = this.#values[at + channel]!;
          this.#values[at + channel] = below + share * (rgb[channel]! - below);
        }
      }
    }
  }

  bytes(): Uint8Array {
    // Stored clamped and rounded.
    return new Uint8Array(Uint8ClampedArray.from(this.#values).buffer);
  }
}

/** The share of the ground's second colour; `x` and `y` in pixels of a picture of `side`. */
function groundMix({ kind, angle, period, seed }: Ground, side: number): (x: number, y: number) => number {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const along = (x: number, y: number) => (x * cos + y * sin) / side;
  const across = (x: number, y: number) => (y * cos - x * sin) / side;
  const wave = (u: number) => Math.sin((u * 2 * Math.PI) / period);
  // The steepest part of a wave is one pixel wide.
  const step = (value: number) => clamp((value * side * period) / Math.PI, -1, 1) * 0.5 + 0.5;
  switch (kind) {
    case 'plain':
      return () => 0;
    case 'graded':
      return (x, y) => clamp((along(x, y) - 0.5 * (cos + sin)) * 0.9 + 0.5, 0, 1);
    case 'striped':
      return (x, y) => step(wave(along(x, y)));
    case 'checked':
      return (x, y) => step(wave(along(x, y)) * wave(across(x, y)));
    case 'speckled':
      return (x, y) => clamp(speckles(x / side, y / side, period, seed * 0.001) * 0.25 + 0.5, 0, 1);
  }
}

function speckles(x: number, y: number, period: number, phase: number): number {
  return (
    Math.sin((x * 9.1 + y * 2.3) / period + phase) +
    Math.sin((x * -4.7 + y * 8.3) / period + phase * 1.7) +
    Math.sin((x * 3.1 + y * -6.9) / period + phase * 2.3) +
    Math.sin((x * 12.7 + y * 11.3) / period + phase * 3.1)
  );
}

function drawShape(canvas: Canvas, { kind, x, y, r, angle, rgb }: SceneShape): void {
  const outline = outlines[kind];
  const [cos, sin] = [Math.cos(angle) / r, Math.sin(angle) / r];
  canvas.paint({ x, y, halfWidth: r + 1, halfHeight: r + 1 }, rgb, (px, py) => {
    const dx = px - x;
    const dy = py - y;
    return cover(outline(dx * cos + dy * sin, dy * cos - dx * sin) * r);
  });
}

function drawSign(canvas: Canvas, sign: SceneSign): void {
  const { text, x, y, w, h, height, stroke, rgb, ink } = sign;
  canvas.paint(
    { x, y, halfWidth: w / 2 + 1, halfHeight: h / 2 + 1 },
    rgb,
    (px, py) => cover(Math.abs(px - x) - w / 2) * cover(Math.abs(py - y) - h / 2),
  );
  const left = x - ((text.length - 1 / 3) * height) / 2;
  const segments = strokesOf(text, left, y - height / 2, height);
  const reach = stroke / 2 + 1;
  canvas.paint({ x, y, halfWidth: w / 2, halfHeight: height / 2 + reach }, ink, (px, py) => {
    let least = Infinity;
    for (const { 0: x0, 1: y0, 2: x1, 3: y1 } of segments) {
      if (px < Math.min(x0, x1) - reach || px > Math.max(x0, x1) + reach) continue;
      const dx = x1 - x0;
      const dy = y1 - y0;
      const along = clamp(((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy), 0, 1);
      least = Math.min(least, Math.hypot(px - x0 - along * dx, py - y0 - along * dy));
    }
    return cover(least - stroke / 2);
  });
}

function scaledShape(shape: SceneShape, scale: number): SceneShape {
  return { ...shape, x: shape.x * scale, y: shape.y * scale, r: shape.r * scale };
}

function scaledSign(sign: SceneSign, scale: number): SceneSign {
  const [x, y, w, h] = [sign.x * scale, sign.y * scale, sign.w * scale, sign.h * scale];
  return { ...sign, x, y, w, h, height: sign.height * scale, stroke: sign.stroke * scale };
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

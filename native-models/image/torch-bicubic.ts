/** PyTorch's cubic convolution coefficient; Pillow's is -0.5. */
const a = -0.75;

/** For every output position, the four input positions it reads and their weights. */
interface Taps {
  readonly positions: Int32Array;
  readonly weights: Float64Array;
}

/**
 * `F.interpolate(pixels, size=target, mode='bicubic', align_corners=False)` of PyTorch on a square picture: half-pixel
 * centres, four taps a side at every scale (no antialiasing), the border repeated.
 * @param pixels [channels, side, side]
 * @returns [channels, target, target], within 1e-6 of PyTorch
 */
export function torchBicubic(pixels: Float32Array, side: number, target: number, channels = 3): Float32Array {
  if (pixels.length !== channels * side * side) {
    throw new RangeError(`${pixels.length} values are not [${channels}, ${side}, ${side}]`);
  }
  const taps = bicubicTaps(side, target);
  const out = new Float32Array(channels * target * target);
  for (let channel = 0; channel < channels; channel++) {
    const plane = pixels.subarray(channel * side * side, (channel + 1) * side * side);
    const narrow = resizeRows(plane, side, target, taps);
    resizeColumns(
      narrow,
      target,
      taps,
      out.subarray(channel * target * target, (channel + 1) * target * target),
    );
  }
  return out;
}

/** [side, side] to [side, target]. */
function resizeRows(
  plane: Float32Array,
  side: number,
  target: number,
  { positions, weights }: Taps,
): Float64Array {
  const out = new Float64Array(side * target);
  for (let y = 0; y < side; y++) {
    const from = y * side;
    for (let x = 0; x < target; x++) {
      let sum = 0;
      for (let tap = 4 * x; tap < 4 * x + 4; tap++) sum += weights[tap]! * plane[from + positions[tap]!]!;
      out[y * target + x] = sum;
    }
  }
  return out;
}

/** [side, target] to [target, target]. */
function resizeColumns(
  narrow: Float64Array,
  target: number,
  { positions, weights }: Taps,
  out: Float32Array,
): void {
  const sums = new Float64Array(target);
  for (let y = 0; y < target; y++) {
    sums.fill(0);
    for (let tap = 4 * y; tap < 4 * y + 4; tap++) {
      const weight = weights[tap]!;
      const from = positions[tap]! * target;
      for (let x = 0; x < target; x++) sums[x]! += weight * narrow[from + x]!;
    }
    out.set(sums, y * target);
  }
}

function bicubicTaps(side: number, target: number): Taps {
  const positions = new Int32Array(4 * target);
  const weights = new Float64Array(4 * target);
  const scale = side / target;
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    const whole = Math.floor(centre);
    for (let tap = 0; tap < 4; tap++) {
      const position = whole - 1 + tap;
      positions[4 * i + tap] = Math.min(Math.max(position, 0), side - 1);
      weights[4 * i + tap] = cubic(Math.abs(centre - position));
    }
  }
  return { positions, weights };
}

/** Keys' cubic convolution kernel at distance 0 <= x <= 2. */
function cubic(x: number): number {
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

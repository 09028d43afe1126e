import { hash32 } from '../../random.ts';

/** A smooth random function of the plane. */
export type Noise = (x: number, y: number) => number;

export const mix = (from: number, to: number, t: number) => from + (to - from) * t;
export const clamp = (value: number, low = 0, high = 1) => Math.min(high, Math.max(low, value));
/** 0 below `low`, 1 above `high`, smooth between; `low` may be the greater. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/** Well mixed 32 bits for a lattice point. */
export function latticeHash(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Value noise on the unit lattice, -1..1, with a quintic fade. */
export function valueNoise(name: string): Noise {
  const seed = hash32(name);
  const at = (x: number, y: number) => latticeHash(x, y, seed) / 2 ** 31 - 1;
  return (x, y) => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
    const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
    return mix(mix(at(x0, y0), at(x0 + 1, y0), u), mix(at(x0, y0 + 1), at(x0 + 1, y0 + 1), u), v);
  };
}

/** Octaves of value noise, each twice as fine and half as strong; about -1..1. */
export function fractalNoise(name: string, octaves: number): Noise {
  const layers = Array.from({ length: octaves }, (_, i) => valueNoise(`${name}/${i}`));
  const total = 2 - 2 ** (1 - octaves);
  return (x, y) => {
    let sum = 0;
    for (let i = 0; i < octaves; i++) {
      const scale = 2 ** i;
      sum += layers[i]!(x * scale, y * scale) / scale;
    }
    return sum / total;
  };
}

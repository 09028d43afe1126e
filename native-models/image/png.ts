/** The cICP chunk of a PNG (PNG, third edition, 11.3.2.6): it goes before a profile and every other chunk about colour. */
import type { CodedColour } from './coded-colour.ts';

/** Null where there is none, or one that is not for RGB. */
export function readPngColour(bytes: Uint8Array): CodedColour | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') return null;
    if (type !== 'cICP' || file.readUInt32BE(at) !== 4) continue;
    const [primaries, transfer, matrix, range] = file.subarray(at + 8, at + 12) as unknown as number[];
    return matrix === 0 ? { primaries: primaries!, transfer: transfer!, fullRange: range === 1 } : null;
  }
  return null;
}

/** What sharp does not tell of a PNG. Sections are those of its third edition. */
import type { CodedColour } from './coded-colour.ts';
import type { Size } from '../../preload/contract/geometry.ts';

/** From the IHDR chunk (11.2.1), which comes first; null where it does not. */
export function readPngSize(bytes: Uint8Array): Size | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < 24 || file.toString('latin1', 12, 16) !== 'IHDR') return null;
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
}

/** From the cICP chunk (11.3.2.6), which goes before a profile and every other chunk about colour. Null where there is none, or one that is not for RGB. */
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

/**
 * What the boxes of a HEIF or AVIF file say about its primary picture (ISO/IEC 23008-12, ISO/IEC 14496-12): how it is coded
 * and which colours its values stand for. libheif decodes; sharp tells neither. Every loop ends with the bytes there.
 */
import type { CodedColour } from './coded-colour.ts';

export interface HeifFacts {
  /** `hvc1`, `av01`, `grid`, ...; null where it cannot be told. */
  readonly codec: string | null;
  /** From a `colr` box of the type `nclx`. */
  readonly colour: CodedColour | null;
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

/** A `grid` or another picture made of others. */
const derived = ['grid', 'iovl', 'iden', 'tmap'];

export function readHeif(bytes: Uint8Array): HeifFacts {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const meta = find(boxes(file), 'meta')?.subarray(4);
  if (!meta) return { codec: null, colour: null };
  const parts = [...boxes(meta)];
  const primary = primaryItem(find(parts, 'pitm'));
  const types = itemTypes(find(parts, 'iinf'));
  const own = types.get(primary ?? -1) ?? null;
  const codec = own !== null && derived.includes(own) ? mainCodec(types) : own;
  return { codec, colour: colourOf(find(parts, 'iprp'), primary) };
}

function* boxes(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const isLong = size === 1 && at + 16 <= bytes.length;
    const header = isLong ? 16 : 8;
    const whole = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : size === 0 ? bytes.length - at : size;
    if (whole < header) return;
    yield { type, body: bytes.subarray(at + header, at + whole) };
    at += whole;
  }
}

function find(all: Iterable<Box>, type: string): Buffer | undefined {
  for (const box of all) if (box.type === type) return box.body;
  return undefined;
}

function primaryItem(pitm: Buffer | undefined): number | null {
  if (!pitm || pitm.length < 6) return null;
  if (pitm[0] === 0) return pitm.readUInt16BE(4);
  return pitm.length >= 8 ? pitm.readUInt32BE(4) : null;
}

function itemTypes(iinf: Buffer | undefined): Map<number, string> {
  const types = new Map<number, string>();
  for (const { type, body } of boxes(iinf?.subarray(iinf[0] === 0 ? 6 : 8) ?? Buffer.alloc(0))) {
    // Version 3 has wider numbers.
    const [id, at] = body[0] === 3 ? [4, 10] : [2, 8];
    if (type === 'infe' && body.length >= at + 4)
      types.set(body.readUIntBE(4, id), body.toString('latin1', at, at + 4));
  }
  return types;
}

/** Of the tiles: the first item that is neither made of others nor something else than a picture. */
function mainCodec(types: ReadonlyMap<number, string>): string | null {
  const other = [...derived, 'Exif', 'mime', 'uri '];
  return [...types.values()].find((type) => !other.includes(type)) ?? null;
}

/** The primary item's; where it has none (a picture made of tiles), the file's first. */
function colourOf(iprp: Buffer | undefined, primary: number | null): CodedColour | null {
  const parts = [...boxes(iprp ?? Buffer.alloc(0))];
  const properties = [...boxes(find(parts, 'ipco') ?? Buffer.alloc(0))];
  const mine = associated(find(parts, 'ipma'), primary)
    .map((index) => properties[index - 1])
    .filter((box) => box !== undefined);
  const colours = (mine.some(isColour) ? mine : properties).filter(isColour).map(({ body }) => body);
  const nclx = colours.find((body) => body.length >= 11 && body.toString('latin1', 0, 4) === 'nclx');
  // libheif brings the values to full range.
  return nclx ? { primaries: nclx.readUInt16BE(4), transfer: nclx.readUInt16BE(6), fullRange: true } : null;
}

function isColour({ type }: Box): boolean {
  return type === 'colr';
}

/** Numbers, from 1, of the properties that belong to the item. */
function associated(ipma: Buffer | undefined, item: number | null): number[] {
  if (!ipma || ipma.length < 8) return [];
  const idBytes = ipma[0] === 0 ? 2 : 4;
  const indexBytes = (ipma[3]! & 1) === 0 ? 1 : 2;
  let at = 8;
  while (at + idBytes + 1 <= ipma.length) {
    const id = ipma.readUIntBE(at, idBytes);
    const count = ipma[at + idBytes]!;
    const from = at + idBytes + 1;
    const end = from + count * indexBytes;
    if (id === item && end <= ipma.length) {
      // The highest bit says that the property is essential.
      return Array.from({ length: count }, (_, i) =>
        indexBytes === 1 ? ipma[from + i]! & 0x7f : ipma.readUInt16BE(from + 2 * i) & 0x7fff,
      );
    }
    at = end;
  }
  return [];
}

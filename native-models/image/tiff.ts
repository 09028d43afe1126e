/**
 * The directories of a TIFF (TIFF 6.0, section 2), a BigTIFF, or one of the camera files built like it. Counts and offsets
 * are the file's own claims: every loop ends with the bytes that are there, and with a limit on the work.
 */

export const tiffTags = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  make: 271,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  stripByteCounts: 279,
  resolutionUnit: 296,
  subIfds: 330,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  jpegOffset: 513,
  jpegBytes: 514,
  /** Panasonic's RW2: the preview's bytes. */
  jpgFromRaw: 46,
  dngVersion: 50706,
} as const;

export type TiffTag = (typeof tiffTags)[keyof typeof tiffTags];

const known: ReadonlySet<number> = new Set(Object.values(tiffTags));

/** Files have a dozen directories and some dozens of entries in each; a scanned book has a directory a page. */
const mostDirectories = 256;
const mostEntries = 1024;
/** Values that are read of one entry: a directory names no more pictures, and a pixel has no more samples worth telling. */
const mostValues = 64;

/** Bytes of the field types 1 to 18. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where the values begin in the file. */
  readonly at: number;
}

/** One picture of the file, as its entries describe it. */
export class TiffDirectory {
  /** Where it begins in the file. */
  readonly at: number;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #entries: ReadonlyMap<number, Entry>;

  constructor(at: number, view: DataView, little: boolean, entries: ReadonlyMap<number, Entry>) {
    this.at = at;
    this.#view = view;
    this.#little = little;
    this.#entries = entries;
  }

  has(tag: TiffTag): boolean {
    return this.#entries.has(tag);
  }

  /** How many values the entry claims; 0 for none. */
  count(tag: TiffTag): number {
    return this.#entries.get(tag)?.count ?? 0;
  }

  /** Where the entry's values begin in the file. */
  placeOf(tag: TiffTag): number | undefined {
    return this.#entries.get(tag)?.at;
  }

  /** The whole numbers of an entry, as far as they are there. */
  values(tag: TiffTag): number[] {
    const entry = this.#entries.get(tag);
    if (!entry) return [];
    const size = typeBytes[entry.type] ?? 0;
    const numbers: number[] = [];
    for (let i = 0; i < Math.min(entry.count, mostValues); i++) {
      const at = entry.at + i * size;
      if (size === 0 || at + size > this.#view.byteLength) break;
      numbers.push(readWhole(this.#view, at, size, this.#little));
    }
    return numbers;
  }

  value(tag: TiffTag): number | undefined {
    return this.values(tag)[0];
  }

  text(tag: TiffTag): string {
    return String.fromCharCode(...this.values(tag)).split('\0')[0]!;
  }

  get width(): number {
    return this.value(tiffTags.width) ?? 0;
  }

  get height(): number {
    return this.value(tiffTags.height) ?? 0;
  }
}

export interface TiffFile {
  /** The pages, in their order. */
  readonly pages: readonly TiffDirectory[];
  /** Pictures that belong to a page: previews, and the sensor's data of cameras. */
  readonly below: readonly TiffDirectory[];
  readonly little: boolean;
  readonly big: boolean;
}

/** Never throws: what cannot be read is left out. */
export function readTiff(bytes: Uint8Array): TiffFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === 0x49;
  const big = bytes.length >= 16 && view.getUint16(2, little) === 43;
  const seen = new Set<number>();
  const chain = (from: number): TiffDirectory[] => {
    const directories: TiffDirectory[] = [];
    for (let at = from; at !== 0 && !seen.has(at) && seen.size < mostDirectories;) {
      seen.add(at);
      const read = readDirectory(view, at, little, big);
      if (!read) break;
      directories.push(read.directory);
      at = read.next;
    }
    return directories;
  };
  if (bytes.length < 8) return { pages: [], below: [], little, big };
  const pages = chain(big ? readWhole(view, 8, 8, little) : view.getUint32(4, little));
  const below = pages.flatMap((page) => page.values(tiffTags.subIfds).flatMap(chain));
  return { pages, below, little, big };
}

function readDirectory(
  view: DataView,
  at: number,
  little: boolean,
  big: boolean,
): { directory: TiffDirectory; next: number } | null {
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  if (at + countBytes > view.byteLength) return null;
  const count = readWhole(view, at, countBytes, little);
  const first = at + countBytes;
  const entries = new Map<number, Entry>();
  const end = Math.min(first + entryBytes * Math.min(count, mostEntries), view.byteLength - entryBytes + 1);
  for (let entryAt = first; entryAt < end; entryAt += entryBytes) {
    const tag = view.getUint16(entryAt, little);
    if (!known.has(tag) || entries.has(tag)) continue;
    const type = view.getUint16(entryAt + 2, little);
    const values = readWhole(view, entryAt + 4, offsetBytes, little);
    const place = entryAt + 4 + offsetBytes;
    const fits = values * (typeBytes[type] ?? 0) <= offsetBytes;
    entries.set(tag, { type, count: values, at: fits ? place : readWhole(view, place, offsetBytes, little) });
  }
  const nextAt = first + entryBytes * count;
  const next = nextAt + offsetBytes <= view.byteLength ? readWhole(view, nextAt, offsetBytes, little) : 0;
  return { directory: new TiffDirectory(at, view, little, entries), next };
}

/** Unsigned; of 8 bytes what a number holds exactly is enough for every place in a file. */
function readWhole(view: DataView, at: number, size: number, little: boolean): number {
  if (size === 8) return Number(view.getBigUint64(at, little));
  if (size === 4) return view.getUint32(at, little);
  return size === 2 ? view.getUint16(at, little) : view.getUint8(at);
}

/** A copy of the file in which `directory` comes first, so that every reader takes it for the picture. */
export function withFirst(
  bytes: Uint8Array,
  directory: TiffDirectory,
  { little, big }: TiffFile,
): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  if (big) view.setBigUint64(8, BigInt(directory.at), little);
  else view.setUint32(4, directory.at, little);
  return copy;
}

/** A copy of the file in which every value of the directory's 16-bit entry is another. */
export function withValue(
  bytes: Uint8Array,
  directory: TiffDirectory,
  tag: TiffTag,
  value: number,
  { little }: TiffFile,
): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = directory.placeOf(tag);
  if (at === undefined) return copy;
  const view = new DataView(copy.buffer);
  for (let i = 0; i < directory.count(tag) && at + 2 * i + 2 <= copy.length; i++)
    view.setUint16(at + 2 * i, value, little);
  return copy;
}

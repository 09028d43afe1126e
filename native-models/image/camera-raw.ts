/**
 * The sensor's data of a camera is no picture yet, and how it becomes one is the camera maker's own. Most of these files
 * carry the picture that the camera made of it, as a JPEG: that one is opened.
 */
import { readJpegFrame } from './jpeg.ts';
import { readTiff, tiffTags, type TiffDirectory, type TiffFile } from './tiff.ts';

export interface CameraRaw {
  /** DNG, NEF, ...; "camera raw" where the maker is not known. */
  readonly kind: string;
  /** The largest JPEG in the file that can serve as the photo. */
  readonly preview: Uint8Array | null;
  /** EXIF orientation that the file gives its pictures. */
  readonly orientation: number | undefined;
}

/** Values of PhotometricInterpretation for sensors with a colour filter and for such data made linear (TIFF/EP, DNG). */
const colourFilterArray = 32803;
const linearRaw = 34892;

/** A preview with a shorter long side is a thumbnail, unless the raw picture itself is hardly larger. */
const leastPreviewSide = 640;

/** What the files of a maker are called. */
const kindOfMake: readonly (readonly [RegExp, string])[] = [
  [/^nikon/i, 'NEF'],
  [/^canon/i, 'CR2'],
  [/^sony/i, 'ARW'],
  [/^(pentax|ricoh)/i, 'PEF'],
  [/^samsung/i, 'SRW'],
  [/^hasselblad/i, '3FR'],
  [/^phase ?one/i, 'IIQ'],
  [/^kodak|^eastman/i, 'DCR'],
];

/** Kinds that their first bytes tell, and no picture format shares. */
const signatures: readonly (readonly [RegExp, string])[] = [
  [/^FUJIFILMCCD-RAW /, 'RAF'],
  [/^(IIU\0|IIUS)/, 'RW2'],
  [/^(IIR[OS]|MMOR)/, 'ORF'],
  [/^(II\*\0|MM\0\*)[^]{4}CR/, 'CR2'],
  [/^[^]{4}ftypcrx /, 'CR3'],
  [/^FOVb/, 'X3F'],
  [/^\0MRM/, 'MRW'],
];

/** The kind of raw file that `head`, the first bytes as Latin-1, gives away; null leaves open that it is one. */
export function rawKindOf(head: string): string | null {
  return signatures.find(([pattern]) => pattern.test(head))?.[1] ?? null;
}

/** Null when the file holds no sensor data. */
export function readCameraRaw(bytes: Uint8Array): CameraRaw | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 0, 16);
  const kind = rawKindOf(head);
  if (kind === 'RAF') return { kind, preview: usable([fujiPreview(bytes)], 0), orientation: undefined };
  if (kind !== null && !/^(II|MM)/.test(head)) return { kind, preview: null, orientation: undefined };
  return readTiffRaw(bytes, readTiff(bytes), kind);
}

function readTiffRaw(bytes: Uint8Array, tiff: TiffFile, kind: string | null): CameraRaw | null {
  const directories = [...tiff.pages, ...tiff.below];
  const raws = directories.filter((one) =>
    [colourFilterArray, linearRaw].includes(one.value(tiffTags.photometric) ?? 0),
  );
  if (kind === null && raws.length === 0) return null;
  const [first] = tiff.pages;
  const side = Math.max(0, ...raws.map(({ width, height }) => Math.max(width, height)));
  return {
    kind: kind ?? (directories.some((one) => one.has(tiffTags.dngVersion)) ? 'DNG' : kindByMaker(first)),
    preview: usable(
      directories.map((one) => jpegOf(bytes, one)),
      side,
    ),
    orientation: first?.value(tiffTags.orientation),
  };
}

function kindByMaker(first: TiffDirectory | undefined): string {
  const make = first?.text(tiffTags.make) ?? '';
  return kindOfMake.find(([pattern]) => pattern.test(make))?.[1] ?? 'camera raw';
}

/** The JPEG that is the whole picture of a directory: in a place of its own, as its only strip, or as a value. */
function jpegOf(bytes: Uint8Array, directory: TiffDirectory): Uint8Array | null {
  const at = directory.placeOf(tiffTags.jpgFromRaw);
  if (at !== undefined) return bytes.subarray(at, at + directory.count(tiffTags.jpgFromRaw));
  const offset = directory.value(tiffTags.jpegOffset);
  if (offset !== undefined)
    return bytes.subarray(offset, offset + (directory.value(tiffTags.jpegBytes) ?? 0));
  const isJpeg = [6, 7].includes(directory.value(tiffTags.compression) ?? 0);
  if (!isJpeg || directory.has(tiffTags.jpegTables) || directory.count(tiffTags.stripOffsets) !== 1)
    return null;
  const strip = directory.value(tiffTags.stripOffsets) ?? 0;
  return bytes.subarray(strip, strip + (directory.value(tiffTags.stripByteCounts) ?? 0));
}

/** Where a RAF says its JPEG lies. */
function fujiPreview(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < 92) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = view.getUint32(84);
  return bytes.subarray(at, at + view.getUint32(88));
}

/** The largest of the JPEGs that any program opens, if it is large enough beside `rawSide`, the raw picture's (0: unknown). */
function usable(jpegs: readonly (Uint8Array | null)[], rawSide: number): Uint8Array | null {
  const least = rawSide === 0 ? leastPreviewSide : Math.min(leastPreviewSide, rawSide / 2);
  let best: { jpeg: Uint8Array; area: number } | null = null;
  for (const jpeg of jpegs) {
    if (!jpeg || jpeg[0] !== 0xff || jpeg[1] !== 0xd8) continue;
    const frame = readJpegFrame(jpeg);
    if (!frame || frame.isLossless || frame.precision !== 8) continue;
    const area = frame.width * frame.height;
    if (Math.max(frame.width, frame.height) >= least && area > (best?.area ?? 0)) best = { jpeg, area };
  }
  return best?.jpeg ?? null;
}

/** What a file is by its first bytes; its name says nothing. */

import { rawKindOf } from './camera-raw.ts';

/** `raw`: a camera's sensor data, of which the preview is opened. */
export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'heic' | 'gif' | 'tiff' | 'bmp' | 'raw';

/** `ftyp` brands of HEVC in HEIF (ISO/IEC 23008-12, annex B) and of AV1 in HEIF (AVIF specification, section 8). */
const heicBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];
const avifBrands = ['avif', 'avis'];
/** HEIF of any coding: pictures, and sequences of them. */
const heifBrands = ['mif1', 'mif2', 'msf1'];

const bmpHeaderSizes = [12, 16, 40, 52, 56, 64, 108, 124];

/** Enough for the longest `ftyp` box that is worth reading. */
const headBytes = 256;

export function sniffPhotoFormat(bytes: Uint8Array): PhotoFormat | null {
  const head = latin1(bytes, 0, headBytes);
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp';
  if (/^GIF8[79]a/.test(head)) return 'gif';
  if (rawKindOf(head) !== null) return 'raw';
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return 'tiff';
  if (head.startsWith('ftyp', 4)) return heifFormat(head);
  // "BM" alone opens many a text: the header that follows must have a known size.
  if (
    head.startsWith('BM') &&
    bmpHeaderSizes.includes(head.charCodeAt(14)) &&
    head.startsWith('\0\0\0', 15)
  ) {
    return 'bmp';
  }
  return null;
}

function heifFormat(head: string): PhotoFormat | null {
  const size = head.charCodeAt(2) * 256 + head.charCodeAt(3);
  const brands = (head.slice(8, 12) + head.slice(16, size)).match(/.{4}/gs) ?? [];
  if (brands.some((brand) => heicBrands.includes(brand))) return 'heic';
  if (brands.some((brand) => avifBrands.includes(brand))) return 'avif';
  if (brands.some((brand) => heifBrands.includes(brand))) return 'heic';
  return null;
}

/** Says in a few words what a file is that is no photo; for messages only. */
export function describeOther(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  const head = latin1(bytes, 0, 1024);
  if (/<svg[\s>]/i.test(head)) return 'SVG drawings are not opened; export it as PNG';
  if (head.startsWith('%PDF')) return 'this is a PDF document, not a photo';
  if (/^\s*<(!doctype|html|\?xml)/i.test(head)) return 'this is a web page or XML, not a photo';
  if (head.startsWith('ftyp', 4)) return 'this is a video or an unknown kind of HEIF, not a photo';
  if (head.startsWith('\xff\x0a') || head.startsWith('JXL ', 4)) return 'JPEG XL is not supported';
  // Control characters do not occur in text, bytes above 127 do (UTF-8).
  // eslint-disable-next-line no-control-regex
  if (!/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(head)) return 'this is text, not a photo';
  return 'not a photo in a known format (JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF, BMP, camera raw with a preview)';
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', from, to);
}

/** What a photo says of its size in its first bytes: libraries refuse one that is too large without saying so. */
import type { Size } from '../../preload/contract/geometry.ts';
import { readJpegFrame } from './jpeg.ts';
import type { PhotoFormat } from './photo-format.ts';
import { readPngSize } from './png.ts';
import { tiffSize } from './tiff-picture.ts';

/** As stored, before orientation; null where it is not told so, or its decoder tells. */
export function statedSize(bytes: Uint8Array, format: PhotoFormat): Size | null {
  if (format === 'png') return readPngSize(bytes);
  if (format === 'jpeg') return readJpegFrame(bytes);
  return format === 'tiff' ? tiffSize(bytes) : null;
}

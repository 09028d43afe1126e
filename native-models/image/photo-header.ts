/** What a photo file says about itself before any pixel is decoded, the same for every format. */
import { decodeBmp, readBmpHeader } from './bmp.ts';
import type { PhotoSize } from './geometry.ts';
import { openHeic } from './heic.ts';
import { isSrgbProfile } from './icc.ts';
import { toOrientation, type Orientation } from './orientation.ts';
import { photoDamaged } from './photo-errors.ts';
import type { PhotoFile } from './photo-file.ts';
import type { PhotoFormat } from './photo-format.ts';
import { toTiff, type RawPicture } from './raw-picture.ts';
import { sharp } from './sharp.ts';

/**
 * What a person should know about how a photo was read: only the first frame or page is used, only a part could be
 * decoded, an alpha channel was put on the padding colour, colours were converted to sRGB.
 */
export type PhotoNote = 'first-frame' | 'first-page' | 'partial' | 'alpha-flattened' | 'colour-converted';

export interface PhotoHeader {
  /** As stored, before orientation. */
  readonly size: PhotoSize;
  readonly orientation: Orientation;
  readonly hasAlpha: boolean;
  /** The embedded profile, if any, is plain sRGB. */
  readonly isSrgb: boolean;
  /** RGB with 16 bits a channel and an embedded profile: see `decode.ts`. */
  readonly isDeepWithProfile: boolean;
  readonly notes: readonly PhotoNote[];
  /** The picture as a file that sharp opens: the photo itself, or what our own decoder made of it. */
  sharpInput(): SharpInput;
}

export interface SharpInput {
  readonly bytes: Uint8Array;
  /** False when our own decoder found the file to end early. */
  readonly complete: boolean;
}

/** Throws `photo-damaged` and `photo-unsupported`. */
export function readHeader(file: PhotoFile, format: PhotoFormat): Promise<PhotoHeader> {
  if (format === 'bmp') return bmpHeader(file);
  if (format === 'heic') return heicHeader(file);
  return sharpHeader(file, format);
}

async function sharpHeader({ bytes, name }: PhotoFile, format: PhotoFormat): Promise<PhotoHeader> {
  const found = await sharp(bytes, { failOn: 'none', limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw photoDamaged(name, format, 'the header cannot be read', error);
    });
  const { width, height, space, hasAlpha } = found;
  const isSrgb = found.icc ? isSrgbProfile(found.icc) : space !== 'cmyk';
  const notes: PhotoNote[] = [];
  if ((found.pages ?? 1) > 1)
    notes.push(format === 'gif' || format === 'webp' ? 'first-frame' : 'first-page');
  if (hasAlpha) notes.push('alpha-flattened');
  if (!isSrgb) notes.push('colour-converted');
  return {
    size: { width, height },
    orientation: toOrientation(found.orientation),
    hasAlpha,
    isSrgb,
    isDeepWithProfile: space === 'rgb16' && found.icc !== undefined,
    notes,
    sharpInput: () => ({ bytes, complete: true }),
  };
}

async function bmpHeader({ bytes, name }: PhotoFile): Promise<PhotoHeader> {
  const header = readBmpHeader(bytes, name);
  return {
    size: header.size,
    orientation: 1,
    hasAlpha: header.hasAlpha,
    isSrgb: true,
    isDeepWithProfile: false,
    notes: header.hasAlpha ? ['alpha-flattened'] : [],
    sharpInput: once(() => decodeBmp(bytes, header)),
  };
}

async function heicHeader({ bytes, name }: PhotoFile): Promise<PhotoHeader> {
  const heic = await openHeic(bytes, name);
  const isSrgb = heic.icc === null || isSrgbProfile(heic.icc);
  const notes: PhotoNote[] = [];
  if (heic.pictures > 1) notes.push('first-page');
  if (heic.hasAlpha) notes.push('alpha-flattened');
  if (!isSrgb) notes.push('colour-converted');
  return {
    size: heic.size,
    orientation: 1,
    hasAlpha: heic.hasAlpha,
    isSrgb,
    isDeepWithProfile: false,
    notes,
    sharpInput: once(() => heic.decode()),
  };
}

/** Decodes at the first call and keeps the result: several parts of one photo may be asked for. */
function once(decode: () => RawPicture): () => SharpInput {
  let input: SharpInput | undefined;
  return () => {
    if (!input) {
      const picture = decode();
      input = { bytes: toTiff(picture), complete: picture.complete };
    }
    return input;
  };
}

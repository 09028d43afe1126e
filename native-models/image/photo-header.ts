/** What a photo file says about itself before any pixel is decoded, the same for every format. */
import type { PhotoNote } from '../../preload/contract/photos.ts';
import { decodeBmp, readBmpHeader } from './bmp.ts';
import { readCameraRaw, type CameraRaw } from './camera-raw.ts';
import { codedToSrgb, isHighRange, isSrgbCoded, type CodedColour } from './coded-colour.ts';
import type { Size } from '../../preload/contract/geometry.ts';
import { openHeic } from './heic.ts';
import { readHeif } from './heif-boxes.ts';
import { isSrgbProfile } from './icc.ts';
import { readJpegFrame } from './jpeg.ts';
import { toOrientation, type Orientation } from './orientation.ts';
import { photoDamaged, photoUnsupported } from './photo-errors.ts';
import type { PhotoFile } from './photo-file.ts';
import type { PhotoFormat } from './photo-format.ts';
import { readPngColour } from './png.ts';
import { toTiff, type RawPicture } from './raw-picture.ts';
import { chooseTiffPicture, decodeTiffSamples } from './tiff-picture.ts';

export interface PhotoHeader {
  readonly format: PhotoFormat;
  /** As stored, before orientation. */
  readonly size: Size;
  readonly orientation: Orientation;
  readonly hasAlpha: boolean;
  /** The embedded profile, if any, is plain sRGB. */
  readonly isSrgb: boolean;
  /** RGB with 16 bits a channel and an embedded profile: see `decode.ts`. */
  readonly isDeepWithProfile: boolean;
  readonly notes: readonly PhotoNote[];
  /**
   * The picture as a file that sharp opens: the photo itself, or what our own decoder made of it. With `none` as much as
   * can be read of a damaged one.
   */
  sharpInput(failOn: FailOn): Promise<SharpInput>;
}

/** Whether damage is an error. */
export type FailOn = 'none' | 'error';

export interface SharpInput {
  readonly bytes: Uint8Array;
  /** False when our own decoder found the file to end early. */
  readonly complete: boolean;
}

/** Throws `photo-damaged` and `photo-unsupported`. */
export async function readHeader(file: PhotoFile, format: PhotoFormat): Promise<PhotoHeader> {
  switch (format) {
    case 'bmp':
      return bmpHeader(file);
    case 'heic':
      return heicHeader(file);
    case 'avif':
      return avifHeader(file);
    case 'jpeg':
      return jpegHeader(file);
    case 'png':
      return codedHeader(file, await sharpHeader(file, 'png'), readPngColour(file.bytes));
    case 'tiff':
    case 'raw':
      return tiffHeader(file);
    default:
      return sharpHeader(file, format);
  }
}

interface SharpHeader extends PhotoHeader {
  readonly channels: number;
  /** Bits a sample, where the file says it. */
  readonly bits: number | undefined;
  readonly isDeep: boolean;
  readonly hasProfile: boolean;
}

async function sharpHeader({ bytes, name }: PhotoFile, format: PhotoFormat): Promise<SharpHeader> {
  const { sharp } = await import('./sharp.ts');
  const found = await sharp(bytes, { failOn: 'none', limitInputPixels: false, limitInputChannels: false })
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
    format,
    size: { width, height },
    orientation: toOrientation(found.orientation),
    hasAlpha,
    isSrgb,
    isDeepWithProfile: space === 'rgb16' && found.icc !== undefined,
    notes,
    channels: found.channels,
    bits: found.bitsPerSample,
    isDeep: found.depth === 'ushort',
    hasProfile: found.icc !== undefined,
    sharpInput: async () => ({ bytes, complete: true }),
  };
}

async function jpegHeader(file: PhotoFile): Promise<PhotoHeader> {
  const frame = readJpegFrame(file.bytes);
  if (frame?.isLossless) {
    throw photoUnsupported(file.name, 'this is a lossless JPEG, which cannot be opened', {
      reason: 'compression',
      name: 'lossless JPEG',
    });
  }
  if (frame && frame.precision > 8) {
    throw photoUnsupported(file.name, `this JPEG has ${frame.precision} bits a colour instead of 8`, {
      reason: 'samples',
      name: `uint${frame.precision}`,
    });
  }
  return sharpHeader(file, 'jpeg');
}

async function avifHeader(file: PhotoFile): Promise<PhotoHeader> {
  const isSequence = Buffer.from(file.bytes.subarray(8, 12)).toString('latin1') === 'avis';
  // The first frame of an animation is a picture of its own, which libvips would take by the other brand.
  const bytes = isSequence ? Uint8Array.from(file.bytes) : file.bytes;
  if (isSequence) bytes.set(Buffer.from('avif'), 8);
  const header = await sharpHeader({ ...file, bytes }, 'avif').catch((error: unknown) => {
    if (!isSequence) throw error;
    const reason = 'this is an animated AVIF without a picture of its own; save a frame as PNG';
    throw photoUnsupported(file.name, reason, { reason: 'animation', name: 'AVIF' });
  });
  const { colour } = readHeif(bytes);
  const notes: PhotoNote[] = isSequence ? ['first-frame', ...header.notes] : [...header.notes];
  return codedHeader({ ...file, bytes }, { ...header, notes }, header.hasProfile ? null : colour);
}

/** A picture whose colours are given by code points: decoded as a whole, and converted to sRGB by `coded-colour.ts`. */
function codedHeader(file: PhotoFile, header: SharpHeader, colour: CodedColour | null): PhotoHeader {
  if (!colour || isSrgbCoded(colour)) return header;
  const { size, hasAlpha, isDeep, bits = 16 } = header;
  const channels = hasAlpha ? 4 : 3;
  // libvips moves values of fewer bits up to 16.
  const white = !isDeep ? 255 : header.format === 'png' ? 65_535 : (2 ** bits - 1) << (16 - bits);
  return {
    ...header,
    isSrgb: true,
    isDeepWithProfile: false,
    notes: [...header.notes.filter((note) => note !== 'colour-converted'), ...colourNotes(colour)],
    sharpInput: once(async (failOn) => {
      const { sharp } = await import('./sharp.ts');
      const data = await sharp(file.bytes, { failOn, limitInputPixels: false, ignoreIcc: true })
        .toColourspace(isDeep ? 'rgb16' : 'srgb')
        .raw({ depth: isDeep ? 'ushort' : 'uchar' })
        .toBuffer();
      const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
      const converted = codedToSrgb(samples, channels, white, colour);
      return { ...size, channels, data: converted, icc: null, complete: true };
    }),
  };
}

function colourNotes(colour: CodedColour): PhotoNote[] {
  return [isHighRange(colour) ? 'tone-mapped' : 'colour-converted'];
}

async function tiffHeader(file: PhotoFile): Promise<PhotoHeader> {
  const raw = readCameraRaw(file.bytes);
  if (raw) return rawHeader(file, raw);
  const picture = chooseTiffPicture(file.bytes, file.name);
  const header = await sharpHeader({ ...file, bytes: picture.bytes }, 'tiff');
  const { conversion, alpha } = picture;
  const hasAlpha = alpha >= 0;
  // libvips adds an opaque channel to some kinds.
  const notes = header.notes.filter((note) => note !== 'alpha-flattened' || hasAlpha);
  if (conversion === null) return { ...header, notes };
  if (conversion === 'scaled') notes.push('values-scaled');
  const { sharp } = await import('./sharp.ts');
  if (/lab/.test(conversion) && !notes.includes('colour-converted')) notes.push('colour-converted');
  return {
    ...header,
    hasAlpha,
    isSrgb: true,
    isDeepWithProfile: false,
    notes,
    sharpInput: once((failOn) =>
      decodeTiffSamples(picture, header.size, header.channels, () => {
        const ignoreIcc = header.isSrgb || conversion !== 'extras';
        const opened = sharp(picture.bytes, {
          ...{ failOn, ignoreIcc },
          ...{ limitInputPixels: false, limitInputChannels: false },
        });
        return header.isDeepWithProfile && !ignoreIcc ? opened.withIccProfile('srgb') : opened;
      }),
    ),
  };
}

async function rawHeader(file: PhotoFile, { kind, preview, orientation }: CameraRaw): Promise<PhotoHeader> {
  if (!preview) {
    const reason = `this is a camera raw file (${kind}) without a preview of its own; export it as JPEG`;
    throw photoUnsupported(file.name, reason, { reason: 'camera-raw', name: kind });
  }
  const header = await jpegHeader({ ...file, bytes: preview });
  const own = header.orientation === 1 ? toOrientation(orientation) : header.orientation;
  return { ...header, format: 'raw', orientation: own, notes: ['camera-preview', ...header.notes] };
}

async function bmpHeader({ bytes, name }: PhotoFile): Promise<PhotoHeader> {
  const header = readBmpHeader(bytes, name);
  return {
    format: 'bmp',
    size: header.size,
    orientation: 1,
    hasAlpha: header.hasAlpha,
    isSrgb: true,
    isDeepWithProfile: false,
    notes: header.hasAlpha ? ['alpha-flattened'] : [],
    sharpInput: once(async () => decodeBmp(bytes, header)),
  };
}

/** Item types of HEVC, and of codings that this build of libheif does not decode. */
const hevc = ['hvc1', 'hev1', 'lhv1'];
const codecNames: Readonly<Record<string, string>> = {
  j2k1: 'JPEG 2000',
  jpeg: 'JPEG in HEIF',
  vvc1: 'VVC',
  evc1: 'EVC',
  avc1: 'AVC',
  unci: 'uncompressed HEIF',
};

async function heicHeader(file: PhotoFile): Promise<PhotoHeader> {
  const { codec, colour: coded } = readHeif(file.bytes);
  // Files with the brand of HEIF alone may hold AV1.
  if (codec === 'av01') return avifHeader(file);
  if (codec !== null && !hevc.includes(codec)) {
    const name = codecNames[codec] ?? codec;
    const reason = `this HEIF file uses ${name}, which cannot be opened`;
    throw photoUnsupported(file.name, reason, { reason: 'compression', name });
  }
  const heic = await openHeic(file.bytes, file.name);
  const colour = coded && !heic.icc && !isSrgbCoded(coded) ? coded : null;
  const isSrgb = heic.icc === null || isSrgbProfile(heic.icc);
  const notes: PhotoNote[] = [];
  if (heic.pictures > 1) notes.push('first-page');
  if (heic.hasAlpha) notes.push('alpha-flattened');
  if (!isSrgb) notes.push('colour-converted');
  if (colour) notes.push(...colourNotes(colour));
  return {
    format: 'heic',
    size: heic.size,
    orientation: 1,
    hasAlpha: heic.hasAlpha,
    isSrgb,
    isDeepWithProfile: false,
    notes,
    sharpInput: once(async () => {
      if (!colour) return heic.decode();
      const { samples, white, ...picture } = heic.decodeSamples();
      const data = codedToSrgb(samples, picture.channels, white, colour);
      return { ...picture, data, icc: null, complete: true };
    }),
  };
}

/** Decodes at the first call and keeps the result: several parts of one photo may be asked for. */
function once(decode: (failOn: FailOn) => Promise<RawPicture>): PhotoHeader['sharpInput'] {
  const kept = new Map<FailOn, Promise<SharpInput>>();
  return (failOn) => {
    const input =
      kept.get(failOn) ??
      decode(failOn).then((picture) => ({ bytes: toTiff(picture), complete: picture.complete }));
    kept.set(failOn, input);
    return input;
  };
}

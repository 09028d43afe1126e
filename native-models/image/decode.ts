/**
 * From a photo file to upright 8-bit sRGB pixels. `openPhoto` reads the header only and refuses what would be too large;
 * pixels come on demand, of the whole photo or a part of it, at any size. `decodePhoto` does both.
 */
import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import type { Size } from '../../preload/contract/geometry.ts';
import { checkRegion, wholePhoto, type Border, type Region } from './geometry.ts';
import { turnedSize, transformOf, uprightToStored, type Orientation } from './orientation.ts';
import { photoDamaged, photoUnsupported } from './photo-errors.ts';
import { readPhotoFile, type PhotoSource } from './photo-file.ts';
import { describeOther, sniffPhotoFormat, type PhotoFormat } from './photo-format.ts';
import { paddingColour, type PhotoNote } from '../../preload/contract/photos.ts';
import { readHeader, type FailOn, type PhotoHeader } from './photo-header.ts';
import type { Rgb, RgbImage } from './pixels.ts';
import type { Sharp } from './sharp.ts';
import { statedSize } from './stated-size.ts';

export interface PhotoInfo {
  /** Base name of the file. */
  readonly name: string;
  readonly format: PhotoFormat;
  /** Upright size in pixels. */
  readonly width: number;
  readonly height: number;
  /** As stored; 1 for HEIC and AVIF, which are turned by their decoder. */
  readonly orientation: Orientation;
  readonly notes: readonly PhotoNote[];
  /** Size of the file. */
  readonly bytes: number;
  /** Of the file's bytes. */
  readonly sha256: string;
}

export interface OpenOptions {
  /** Photos with more pixels are refused before anything is decoded. */
  readonly maxPixels?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PixelOptions {
  /** Part of the upright photo; the whole of it without. */
  readonly region?: Region | undefined;
  /** Size to give the region: antialiased cubic. Its own size without. */
  readonly size?: Size | undefined;
  /** Pixels of the background put around it, once it has its size. */
  readonly border?: Border | undefined;
  /** sRGB behind transparent pixels; CLIP's mean colour without. */
  readonly background?: Rgb;
  /** Give what can be read of a damaged file instead of throwing. */
  readonly allowPartial?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface DecodedPixels {
  readonly image: RgbImage;
  /** The file is damaged and pixels are missing; only with `allowPartial`. */
  readonly partial: boolean;
}

export interface OpenedPhoto {
  readonly info: PhotoInfo;
  /** Throws `photo-damaged`, `wrong-usage` for a region outside, `out-of-memory`, `cancelled`. */
  pixels(options?: PixelOptions): Promise<DecodedPixels>;
}

/**
 * 400 megapixels: above any camera (the largest sensors have 200), and 1.2 GB as 8-bit pixels, which the machines that
 * can run the model hold.
 */
const defaultMaxPixels = 400e6;

/** libvips addresses no more than ten million pixels a side, and no photo comes near. */
const maxSide = 1e6;
/** libjpeg reads no more, though the format goes to 65,535. */
const maxJpegSide = 65_500;

const noBorder: Border = { left: 0, top: 0, right: 0, bottom: 0 };

/**
 * Throws `file-missing`, `file-unreadable`, `photo-unsupported`, `photo-damaged` (the header), `photo-too-large`,
 * `cancelled`.
 */
export async function openPhoto(source: PhotoSource, options: OpenOptions = {}): Promise<OpenedPhoto> {
  const { maxPixels = defaultMaxPixels, signal } = options;
  const file = await readPhotoFile(source, signal);
  const format = sniffPhotoFormat(file.bytes);
  if (!format) throw photoUnsupported(file.name, describeOther(file.bytes));
  const stated = statedSize(file.bytes, format);
  if (stated) checkSize(stated, format, maxPixels, file.name);
  const header = await readHeader(file, format);
  if (Math.min(header.size.width, header.size.height) < 1) {
    throw photoDamaged(file.name, header.format, 'it has no pixels');
  }
  checkSize(header.size, format, maxPixels, file.name);
  throwIfCancelled(signal);
  const info: PhotoInfo = {
    name: file.name,
    format: header.format,
    ...turnedSize(header.size, header.orientation),
    orientation: header.orientation,
    notes: header.notes,
    bytes: file.bytes.length,
    sha256: file.sha256,
  };
  return { info, pixels: (wanted = {}) => decodePixels(info, header, wanted) };
}

/** The whole photo, or a region of it, at its own size; a damaged file's notes say `partial` where that is allowed. */
export async function decodePhoto(
  source: PhotoSource,
  options: OpenOptions & PixelOptions = {},
): Promise<{ image: RgbImage; info: PhotoInfo }> {
  const photo = await openPhoto(source, options);
  const { image, partial } = await photo.pixels(options);
  return { image, info: withPartial(photo.info, partial) };
}

export function withPartial(info: PhotoInfo, partial: boolean): PhotoInfo {
  return partial ? { ...info, notes: [...info.notes, 'partial'] } : info;
}

function checkSize({ width, height }: Size, format: PhotoFormat, maxPixels: number, file: string): void {
  const mostASide = format === 'jpeg' ? maxJpegSide : maxSide;
  if (width * height <= maxPixels && Math.max(width, height) <= mostASide) return;
  const limit = Math.floor(maxPixels / 1e6);
  throw new AppError(
    'photo-too-large',
    `${file}: ${width} x ${height} pixels are more than the limit of ${limit} megapixels (and ${mostASide} a side).`,
    { file, width, height, limit },
  );
}

async function decodePixels(
  info: PhotoInfo,
  header: PhotoHeader,
  options: PixelOptions,
): Promise<DecodedPixels> {
  const { allowPartial = false, signal } = options;
  const region = options.region ?? wholePhoto(info);
  checkRegion(region, info);
  throwIfCancelled(signal);
  const wanted = { ...options, region };
  const attempt = async (failOn: FailOn): Promise<RgbImage> => {
    const { bytes, complete } = await header.sharpInput(failOn);
    throwIfCancelled(signal);
    if (!complete && failOn === 'error') throw new Error('it ends early');
    const image = await render(
      await pipeline(bytes, failOn, info, header, wanted),
      wanted,
      failOn === 'none',
    );
    throwIfCancelled(signal);
    return image;
  };
  try {
    return { image: await attempt('error'), partial: false };
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (/out of memory|allocation failed/i.test(String(error))) throw outOfMemory(info, error);
    if (!allowPartial) throw damaged(info, error);
  }
  try {
    const image = await attempt('none');
    // What could not be read is of one colour: where that is all there is, nothing could be.
    if (isWhole(region, info) && isPlain(image, options.border)) throw new Error('nothing of it can be read');
    return { image, partial: true };
  } catch (error) {
    throw error instanceof AppError ? error : damaged(info, error);
  }
}

/** Whether all pixels within the border are alike. */
function isPlain({ width, height, data }: RgbImage, border: Border = noBorder): boolean {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const pixel = (x: number, y: number): number => bytes.readUIntBE(3 * (y * width + x), 3);
  const first = pixel(border.left, border.top);
  for (let y = border.top; y < height - border.bottom; y++)
    for (let x = border.left; x < width - border.right; x++) if (pixel(x, y) !== first) return false;
  return true;
}

function isWhole({ width, height }: Region, photo: Size): boolean {
  return width === photo.width && height === photo.height;
}

function damaged({ name, format }: PhotoInfo, error: unknown): AppError {
  const [reason = ''] = (error as Error).message.split('\n');
  return photoDamaged(name, format, reason, error);
}

function outOfMemory({ name: file, width, height }: PhotoInfo, cause: unknown): AppError {
  return new AppError(
    'out-of-memory',
    `${file}: not enough memory to decode ${width} x ${height} pixels.`,
    { file },
    { cause },
  );
}

/**
 * sharp's pipeline runs in a fixed order: cut, convert colours, flatten, resize, turn, extend; all of it while decoding. Transparency
 * is left to `over` where nothing is resized.
 */
async function pipeline(
  bytes: Uint8Array,
  failOn: FailOn,
  info: PhotoInfo,
  header: PhotoHeader,
  { region, size, border, background: [r, g, b] = paddingColour }: PixelOptions & { region: Region },
): Promise<Sharp> {
  const { sharp } = await import('./sharp.ts');
  const background = { r, g, b };
  const { orientation } = header;
  const limitInputPixels = header.size.width * header.size.height;
  const picture = sharp(bytes, { failOn, limitInputPixels, ignoreIcc: header.isSrgb });
  if (!isWhole(region, info)) {
    const { x: left, y: top, width, height } = uprightToStored(region, header.size, orientation);
    picture.extract({ left, top, width, height });
  }
  if (size) {
    const { width, height } = turnedSize(size, orientation);
    // WebP's own scaler is a plain average; JPEG's halving keeps what a resize to less than that shows.
    picture.resize(width, height, { fit: 'fill', kernel: 'cubic', fastShrinkOnLoad: info.format === 'jpeg' });
  }
  const { flip, flop, rotate } = transformOf(orientation);
  picture.flip(flip).flop(flop).rotate(rotate);
  if (border) picture.extend({ ...border, background });
  if (header.hasAlpha && size) picture.flatten({ background });
  // sharp converts 16-bit pictures with a profile to Display P3 and calls the result sRGB; asking for an sRGB profile
  // makes it convert once more (sharp 0.35, pipeline.cc, "processingProfile").
  if (header.isDeepWithProfile) picture.withIccProfile('srgb');
  return picture.toColourspace('srgb').raw();
}

/**
 * libjpeg only warns of broken data within a JPEG, and its warnings must not count as errors: "extraneous bytes" are in
 * the files of many cameras and harmless.
 */
const brokenData = /Corrupt JPEG data: (?!\d+ extraneous)/;

async function render(
  picture: Sharp,
  { background = paddingColour }: PixelOptions,
  allowBroken: boolean,
): Promise<RgbImage> {
  let broken: string | undefined;
  picture.on('warning', (warning: string) => {
    if (brokenData.test(warning)) broken = warning;
  });
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  if (broken !== undefined && !allowBroken) throw new Error(broken);
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels instead of 3`);
  return { width, height, data: channels === 4 ? over(data, background) : data };
}

/**
 * RGBA over a background, rounded to the nearest as Pillow's `alpha_composite` does; libvips rounds down. It is written where the RGBA
 * stood: of a large photo there is no room for both.
 */
function over(pixels: Uint8Array, background: Rgb): Uint8Array {
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    const alpha = pixels[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const sum = pixels[from + channel]! * alpha + background[channel]! * (255 - alpha);
      pixels[to + channel] = Math.floor(sum / 255 + 0.5);
    }
  }
  return pixels.subarray(0, (pixels.length / 4) * 3);
}

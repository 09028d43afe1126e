/** HEIC (HEVC in HEIF) with libheif compiled to WebAssembly: sharp's own build leaves HEVC out for its patents. */
import type { LibHeif } from 'libheif-js/libheif-wasm/libheif-bundle.js';
import type { Size } from '../../preload/contract/geometry.ts';
import { photoDamaged } from './photo-errors.ts';
import type { RawPicture } from './raw-picture.ts';

/** Enumerations of `heif_image.h`. */
const colourSpaceRgb = 1;
const chromaInterleavedRgb = 10;
const chromaInterleavedRgba = 11;
const chromaInterleavedDeepRgb = 14;
const chromaInterleavedDeepRgba = 15;
const channelInterleaved = 10;

export interface HeicFile {
  /** Upright: libheif applies the rotation and mirroring that the file asks for. */
  readonly size: Size;
  readonly hasAlpha: boolean;
  /** Pictures in the file; the primary one is decoded. */
  readonly pictures: number;
  readonly icc: Uint8Array | null;
  /** Blocks for about a second per 12 megapixels. Throws `photo-damaged`. */
  decode(): RawPicture;
  /** The same with all the bits that the file has. */
  decodeSamples(): HeicSamples;
}

export interface HeicSamples extends Size {
  readonly channels: 3 | 4;
  readonly samples: Uint8Array | Uint16Array;
  /** The largest value that a sample can have. */
  readonly white: number;
}

/**
 * Reads the structure of a HEIC file, no pixels. Every file gets an instance of libheif of its own: the memory of one
 * never shrinks, and goes with it when the file is no longer referenced. Throws `photo-damaged`.
 */
export async function openHeic(bytes: Uint8Array, name: string): Promise<HeicFile> {
  const { default: libheif } = await import('libheif-js/libheif-wasm/libheif-bundle.js');
  const heif = new Heif(libheif(), name);
  const handle = heif.guard(() => heif.open(bytes));
  const { lib } = heif;
  return {
    size: {
      width: lib._heif_image_handle_get_width(handle),
      height: lib._heif_image_handle_get_height(handle),
    },
    hasAlpha: lib._heif_image_handle_has_alpha_channel(handle) !== 0,
    pictures: heif.pictures,
    icc: heif.guard(() => heif.profile(handle)),
    decode: () => heif.guard(() => heif.decode(handle)),
    decodeSamples: () => heif.guard(() => heif.decodeSamples(handle)),
  };
}

class Heif {
  readonly lib: LibHeif;
  pictures = 0;
  private readonly name: string;
  /** Room for one `heif_error` (code, subcode, message), and for one pointer or size that a function gives back. */
  private readonly error: number;
  private readonly result: number;

  constructor(lib: LibHeif, name: string) {
    this.lib = lib;
    this.name = name;
    this.error = lib._malloc(12);
    this.result = lib._malloc(4);
  }

  /** A damaged file may also end in a WebAssembly trap: that too is the file's fault, and this instance's end. */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) {
        throw photoDamaged(this.name, 'heic', error.message, error);
      }
      throw error;
    }
  }

  /** The primary picture's handle. */
  open(bytes: Uint8Array): number {
    const { lib } = this;
    const copy = lib._malloc(bytes.length);
    lib.HEAPU8.set(bytes, copy);
    const context = lib._heif_context_alloc();
    lib._heif_context_read_from_memory_without_copy(this.error, context, copy, bytes.length, 0);
    this.check();
    this.pictures = lib._heif_context_get_number_of_top_level_images(context);
    lib._heif_context_get_primary_image_handle(this.error, context, this.result);
    this.check();
    return this.number(this.result);
  }

  profile(handle: number): Uint8Array | null {
    const { lib } = this;
    const size = lib._heif_image_handle_get_raw_color_profile_size(handle);
    if (size === 0) return null;
    const profile = lib._malloc(size);
    lib._heif_image_handle_get_raw_color_profile(this.error, handle, profile);
    this.check();
    return lib.HEAPU8.slice(profile, profile + size);
  }

  decode(handle: number): RawPicture {
    const { data, ...picture } = this.rows(handle, false);
    return { ...picture, data, icc: this.profile(handle), complete: true };
  }

  decodeSamples(handle: number): HeicSamples {
    const bits = this.lib._heif_image_handle_get_luma_bits_per_pixel(handle);
    const isDeep = bits > 8;
    const { data, ...picture } = this.rows(handle, isDeep);
    // WebAssembly is little-endian, as is every system that this program runs on.
    const samples = isDeep ? new Uint16Array(data.buffer) : data;
    return { ...picture, samples, white: isDeep ? 2 ** bits - 1 : 255 };
  }

  private rows(handle: number, isDeep: boolean): Size & { channels: 3 | 4; data: Uint8Array } {
    const { lib } = this;
    const width = lib._heif_image_handle_get_width(handle);
    const height = lib._heif_image_handle_get_height(handle);
    const channels = lib._heif_image_handle_has_alpha_channel(handle) !== 0 ? 4 : 3;
    const [rgb, rgba] = isDeep
      ? [chromaInterleavedDeepRgb, chromaInterleavedDeepRgba]
      : [chromaInterleavedRgb, chromaInterleavedRgba];
    const chroma = channels === 4 ? rgba : rgb;
    lib._heif_decode_image(this.error, handle, this.result, colourSpaceRgb, chroma, 0);
    this.check();
    const image = this.number(this.result);
    const plane = lib._heif_image_get_plane_readonly2(image, channelInterleaved, this.result);
    const stride = this.number(this.result);
    const rowBytes = width * channels * (isDeep ? 2 : 1);
    const data = new Uint8Array(rowBytes * height);
    for (let y = 0; y < height; y++) {
      const row = plane + y * stride;
      data.set(lib.HEAPU8.subarray(row, row + rowBytes), y * rowBytes);
    }
    return { width, height, channels, data };
  }

  private check(): void {
    if (this.number(this.error) === 0) return;
    const { HEAPU8 } = this.lib;
    const message = this.number(this.error + 8);
    const text = Buffer.from(HEAPU8.subarray(message, HEAPU8.indexOf(0, message))).toString();
    throw photoDamaged(this.name, 'heic', text);
  }

  private number(at: number): number {
    const { buffer } = this.lib.HEAPU8;
    return new DataView(buffer).getUint32(at, true);
  }
}

/**
 * The part of libheif's C interface that `heic.ts` calls, as Emscripten exports it: pointers and sizes are numbers, and
 * a function that returns a `heif_error` takes the place for it as its first argument.
 */
declare module 'libheif-js/libheif-wasm/libheif-bundle.js' {
  export interface LibHeif {
    /** The module's memory; a new array whenever it has grown. */
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _heif_context_alloc(): number;
    _heif_context_read_from_memory_without_copy(
      error: number,
      context: number,
      bytes: number,
      size: number,
      options: number,
    ): void;
    _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
    _heif_context_get_number_of_top_level_images(context: number): number;
    _heif_image_handle_get_width(handle: number): number;
    _heif_image_handle_get_height(handle: number): number;
    _heif_image_handle_get_luma_bits_per_pixel(handle: number): number;
    _heif_image_handle_has_alpha_channel(handle: number): number;
    _heif_image_handle_get_raw_color_profile_size(handle: number): number;
    _heif_image_handle_get_raw_color_profile(error: number, handle: number, profile: number): void;
    _heif_decode_image(
      error: number,
      handle: number,
      image: number,
      colourSpace: number,
      chroma: number,
      options: number,
    ): void;
    _heif_image_get_plane_readonly2(image: number, channel: number, stride: number): number;
  }

  /** Makes an instance with a memory of its own. */
  export default function libheif(): LibHeif;
}

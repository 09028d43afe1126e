import type { PreparedPicture, Seeing } from '../families/index.ts';
import type { PhotoNote } from '../../preload/contract/photos.ts';
import type { Region } from '../image/geometry.ts';
import type { PhotoSource } from '../image/photo-file.ts';

/**
 * The methods of the images process: everything that touches the pixels of a photo. Rectangles are in photo pixels
 * (upright, origin at the top left).
 */

/** A photo and the content it had when it was opened; other content is refused with `photo-changed`. */
export interface PhotoRef {
  readonly source: PhotoSource;
  readonly sha256: string;
}

export interface PhotoFacts {
  /** Upright size in pixels. */
  readonly width: number;
  readonly height: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly format: string;
  readonly notes: readonly PhotoNote[];
  readonly sha256: string;
}

export interface ImageFile {
  readonly mediaType: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
  /** The file is damaged: what could not be read of it is missing in the picture. */
  readonly partial: boolean;
}

/** The picture that a photo or a part of it becomes: what the encoder starts from. */
export interface ModelPicture extends Pick<PreparedPicture, 'picture' | 'plan'> {
  /** sha256 of its pixels and of how they lie: names it in prompts and caches. */
  readonly key: string;
  readonly partial: boolean;
}

export interface ImagesMethods {
  /** A scene of the demo model, PNG, `pixels` a side. `side` is that of the picture the model sees. */
  drawScene: {
    input: { seed: number; side: number; pixels: number };
    progress: never;
    result: ImageFile;
  };
  /** Reads the header and hashes the file, without decoding. */
  inspect: { input: { source: PhotoSource }; progress: never; result: PhotoFacts };
  /** The photo, or a part of it, so that its longer side has at most `side` pixels. */
  thumbnail: {
    input: { photo: PhotoRef; region: Region | null; side: number };
    progress: never;
    result: ImageFile;
  };
  /** One tile of the viewer's pyramid. `levels` is the number of levels; level 0 is the coarsest. */
  tile: {
    input: { photo: PhotoRef; tileSize: number; levels: number; level: number; column: number; row: number };
    progress: never;
    result: ImageFile;
  };
  /** One view of the photo, or of a part of it, exactly as the encoder gets it, PNG, tile x tile. Throws `wrong-usage` for one that the model does not know. */
  crop: {
    input: {
      photo: PhotoRef;
      region: Region | null;
      seeing: Seeing;
      kind: 'local' | 'global';
      index: number;
    };
    progress: never;
    result: ImageFile;
  };
  /** All the detail the model gets of the photo, or of a part of it, PNG: see `Family.whole`. */
  whole: {
    input: { photo: PhotoRef; region: Region | null; seeing: Seeing };
    progress: never;
    result: ImageFile;
  };
  /** What the encoder starts from, of the photo or a part of it; with the padding colour over the parts in `covered`, in photo pixels. */
  modelPicture: {
    input: {
      photo: PhotoRef;
      region: Region | null;
      seeing: Seeing;
      covered?: readonly Region[] | undefined;
    };
    progress: never;
    result: ModelPicture;
  };
}

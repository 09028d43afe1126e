/** Photos as the window sees them: what is opened, how it is cut, and its way into the model. Part of the contract in `./api.ts`. */
import type { AppFailure } from './errors.ts';
import type { Localised } from './language.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type PhotoId = string;

/** A kind of file that opens as a photo, for places that go by names: pickers, folders, the system's file associations. */
export interface PhotoKind {
  readonly name: string;
  readonly mediaType: string;
  /** In lower case; names are compared without regard to case. */
  readonly extensions: readonly string[];
}

export const photoKinds: readonly PhotoKind[] = [
  { name: 'JPEG image', mediaType: 'image/jpeg', extensions: ['jpg', 'jpeg', 'jpe', 'jfif'] },
  { name: 'PNG image', mediaType: 'image/png', extensions: ['png'] },
  { name: 'WebP image', mediaType: 'image/webp', extensions: ['webp'] },
  { name: 'AVIF image', mediaType: 'image/avif', extensions: ['avif', 'avifs'] },
  { name: 'HEIF image', mediaType: 'image/heif', extensions: ['heic', 'heif', 'hif', 'heics', 'heifs'] },
  { name: 'TIFF image', mediaType: 'image/tiff', extensions: ['tif', 'tiff'] },
  { name: 'GIF image', mediaType: 'image/gif', extensions: ['gif'] },
  { name: 'Bitmap image', mediaType: 'image/bmp', extensions: ['bmp', 'dib'] },
];

export const photoExtensions: readonly string[] = photoKinds.flatMap(({ extensions }) => extensions);

/** Whether a file is taken for a photo by its name; what it is, its content says when it is opened. */
export function isPhotoName(name: string): boolean {
  return photoExtensions.some((extension) => name.toLowerCase().endsWith(`.${extension}`));
}

/**
 * What a person should know about how a file was read; the sentence for each is made in the window. Only the first frame or
 * page is used; only a part could be decoded; an alpha channel was put on the padding colour; colours were converted to sRGB;
 * high range was brought down to it; numbers that are no brightness were spread from black to white; of a camera's raw file
 * the preview in it is used; the photo was reduced to fit into memory.
 */
export type PhotoNote =
  | 'first-frame'
  | 'first-page'
  | 'partial'
  | 'alpha-flattened'
  | 'colour-converted'
  | 'tone-mapped'
  | 'values-scaled'
  | 'camera-preview'
  | 'reduced-to-fit';

/** `changed` and `missing` are noticed when the photo is used again: the file differs from, or is no longer, what was opened. */
export type PhotoState = 'ready' | 'changed' | 'missing' | 'unreadable';

export interface Photo {
  readonly id: PhotoId;
  /** File name for display; never a path. */
  readonly name: string;
  /** Upright size in photo pixels. */
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Sniffed from content: 'jpeg', 'heic', ... */
  readonly format: string;
  /** `scene`: drawn by the program for the demo model. */
  readonly origin: 'file' | 'upload' | 'sample' | 'scene';
  readonly notes: readonly PhotoNote[];
  readonly sha256: string;
  readonly state: PhotoState;
  readonly error: AppFailure | null;
  /** Milliseconds since 1970, when it was last opened. */
  readonly openedAt: number;
}

/** A picture of the gallery, drawn by the project, with questions whose answers lie in its small details. */
export interface Sample {
  readonly photo: Photo;
  readonly title: Localised;
  readonly questions: readonly Localised[];
}

/** What is in a drawn scene: not to be shown before the person asks for it. In English, as the demo model is. */
export interface SceneTruth {
  readonly description: string;
  readonly questions: readonly { readonly question: string; readonly answer: string }[];
}

/** How the model will see a photo (DCM of the paper), in photo pixels; regions may lie outside the photo: the padding. */
export interface CropPlan {
  readonly photoId: PhotoId;
  /** Crops a side. */
  readonly n: number;
  /** Side of a crop in model pixels. */
  readonly tile: number;
  /** The padded square in photo pixels; its origin is negative on the padded sides. */
  readonly square: Rect;
  /** n*n local crops in row-major order, in photo pixels. */
  readonly locals: readonly CropPlace[];
  /** n*n global crops in row-major order of their phase. */
  readonly globals: readonly GlobalCrop[];
  /** Model pixels per photo pixel: below 1 when detail is lost, above 1 when the photo is smaller than the model's input. */
  readonly scale: number;
  /** Tokens of the language model that the picture becomes, and tokens a side of that grid. */
  readonly tokens: number;
  readonly grid: number;
  /** Encoder passes one photo costs. */
  readonly passes: number;
}

export interface CropPlace {
  readonly index: number;
  readonly place: Rect;
  readonly reachesAnswer: boolean;
}

export interface GlobalCrop {
  readonly index: number;
  /** Row and column inside every n x n block of model pixels that this crop takes. */
  readonly row: number;
  readonly column: number;
  readonly reachesAnswer: boolean;
  /** True for the crop that equals the base image. */
  readonly isBase: boolean;
}

export type CropKind = 'local' | 'global';

/** Side of a viewer tile in pixels. */
export const viewerTileSize = 512;

/** What stands before the path of every picture: nothing in Electron. */
let pictureRoot = '';

/** The window of the web host says once, before it shows anything, where its pictures are. */
export function servePicturesFrom(root: string): void {
  pictureRoot = root;
}

/** Addresses of pictures. `level` 0 is the coarsest, as in Deep Zoom. */
export const photoUrls = {
  thumbnail: (id: PhotoId) => `${pictureRoot}/photos/${id}/thumbnail`,
  tile: (id: PhotoId, level: number, column: number, row: number) =>
    `${pictureRoot}/photos/${id}/tiles/${level}/${column}_${row}`,
  /** One crop exactly as the encoder gets it, tile x tile, PNG. */
  crop: (id: PhotoId, kind: CropKind, index: number, n: number, tile: number) =>
    `${pictureRoot}/photos/${id}/crops/${kind}-${index}?n=${n}&tile=${tile}`,
  /** The padded, resized picture, n*tile a side, PNG. */
  square: (id: PhotoId, n: number, tile: number) => `${pictureRoot}/photos/${id}/square?n=${n}&tile=${tile}`,
} as const;

/** Levels of the viewer's pyramid: level L has the size ceil(size / 2^(levels - 1 - L)). */
export function viewerLevels(width: number, height: number): number {
  return 1 + Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / viewerTileSize)));
}

export type PreparationStage =
  'queued' | 'decode' | 'preprocess' | 'encode' | 'enhance' | 'prefill' | 'ready' | 'failed' | 'cancelled';

/** Where a photo stands on its way into the model. */
export interface Preparation {
  readonly photoId: PhotoId;
  readonly stage: PreparationStage;
  /** Crops already encoded, in the order they finished. */
  readonly encoded: readonly { readonly kind: CropKind; readonly index: number }[];
  /** 0..1 over the whole preparation. */
  readonly fraction: number;
  /** Null until it can be said honestly. */
  readonly secondsLeft: number | null;
  /** True when the embeddings came from the cache and no encoder pass was needed. */
  readonly fromCache: boolean;
  readonly error: AppFailure | null;
}

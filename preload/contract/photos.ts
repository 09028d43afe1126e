/** Photos as the window sees them: what is opened, how it is cut, and its way into the model. Part of the contract in `./api.ts`. */
import type { AppFailure } from './errors.ts';
import type { Rect } from './geometry.ts';
import type { Localised } from './language.ts';

export type PhotoId = string;

/** sRGB that the published model's photos are padded with: CLIP's mean colour (docs/inference.md, Preprocessing). */
export const paddingColour = [122, 116, 104] as const satisfies [number, number, number];

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

export interface SampleQuestion extends Localised {
  /** Of the answer, in photo pixels; null where it is in no one place. */
  readonly place: Rect | null;
  /** The model in use answers it by the detail of the photo, and wrongly by its overview alone. */
  readonly needsDetail?: boolean | undefined;
}

/** A picture of the gallery, drawn by the project, with questions whose answers lie in its small details. */
export interface Sample {
  readonly photo: Photo;
  readonly title: Localised;
  readonly questions: readonly SampleQuestion[];
}

/** What is in a drawn scene: not to be shown before the person asks for it. In English, as the demo model is. */
export interface SceneTruth {
  readonly description: string;
  /** Everything that is in it, and where, in photo pixels. */
  readonly things: readonly { readonly name: string; readonly place: Rect }[];
  readonly questions: readonly { readonly question: string; readonly answer: string }[];
}

/** How the model will see a photo or a part of it, in photo pixels; places may lie outside of that: the padding. */
export interface CropPlan {
  readonly photoId: PhotoId;
  /** The part of the photo; null for all of it. */
  readonly part: Rect | null;
  /** Names, in the addresses of pictures, how the photo is seen: another for another package or another detail. */
  readonly seeing: string;
  /** The photo, or the part of it, with its padding: what the model's picture shows. Its origin is negative on the padded sides. */
  readonly region: Rect;
  /** Pixels of that picture: what the local views are cut from, or the only view where there are none. */
  readonly size: { readonly width: number; readonly height: number };
  /** How the local views lie; 0 x 0 where there are none. */
  readonly grid: { readonly columns: number; readonly rows: number };
  /** In row-major order. */
  readonly locals: readonly CropView[];
  /** In row-major order of their phase; or the one view of the whole, made smaller. */
  readonly globals: readonly CropView[];
  /** n, where every global view takes one pixel of every n x n block of the picture; null where none does. */
  readonly lattice: number | null;
  /** Tokens of the language model that the photo becomes. */
  readonly tokens: number;
  /** The photo in the prompt: `rows` tokens of it in turn, and the text around them. */
  readonly prompt: readonly ({ readonly text: string } | { readonly rows: number })[];
  /** Whether the language model reads the view of the whole before those of the parts; null where it reads both as one. */
  readonly wholeFirst: boolean | null;
  /** Encoder passes one photo costs. */
  readonly passes: number;
  /** What a person can choose between for this photo, ascending, the model's own last; empty where there is no choice. */
  readonly details: readonly CropDetail[];
}

/** How much of a photo is looked at, and what that costs. */
export interface CropDetail {
  /** At most so many local views. */
  readonly mostTiles: number;
  readonly passes: number;
  readonly tokens: number;
  /** From the photo to the first word, as measured on this machine; null where nothing was. */
  readonly seconds: number | null;
}

/** One sub-image as the encoder gets it. */
export interface CropView {
  readonly index: number;
  readonly place: Rect;
  /** Pixels a side. */
  readonly side: number;
  /** Tokens made of this view alone; null where tokens are made of several together. */
  readonly tokens: number | null;
  /** The text in front of these tokens in the prompt; empty where they follow those of the view before. */
  readonly tag: string;
  readonly reachesAnswer: boolean;
  /** True for the view that equals the base image. */
  readonly isBase: boolean;
  /** Row and column inside every block of `lattice` that this view takes; null for a view of neighbours. */
  readonly phase: { readonly row: number; readonly column: number } | null;
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

type Seen = Pick<CropPlan, 'photoId' | 'seeing' | 'part'>;

const seenAs = ({ seeing, part }: Seen) =>
  part === null
    ? `seeing=${seeing}`
    : `seeing=${seeing}&part=${[part.x, part.y, part.width, part.height].join()}`;

/** Addresses of pictures. `level` 0 is the coarsest, as in Deep Zoom. */
export const photoUrls = {
  thumbnail: (id: PhotoId) => `${pictureRoot}/photos/${id}/thumbnail`,
  tile: (id: PhotoId, level: number, column: number, row: number) =>
    `${pictureRoot}/photos/${id}/tiles/${level}/${column}_${row}`,
  /** One view exactly as the encoder gets it, PNG. */
  crop: (seen: Seen, kind: CropKind, index: number) =>
    `${pictureRoot}/photos/${seen.photoId}/crops/${kind}-${index}?${seenAs(seen)}`,
  /** All the detail the model gets, in one picture of the plan's `size`, PNG. */
  whole: (seen: Seen) => `${pictureRoot}/photos/${seen.photoId}/whole?${seenAs(seen)}`,
} as const;

/** Levels of the viewer's pyramid: level L has the size ceil(size / 2^(levels - 1 - L)). */
export function viewerLevels(width: number, height: number): number {
  return 1 + Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / viewerTileSize)));
}

export type PreparationStage =
  'queued' | 'decode' | 'preprocess' | 'encode' | 'enhance' | 'prefill' | 'ready' | 'failed' | 'cancelled';

/** Where a photo, or a part of it, stands on its way into the model. */
export interface Preparation {
  readonly photoId: PhotoId;
  /** In photo pixels; null for all of the photo. */
  readonly region: Rect | null;
  readonly stage: PreparationStage;
  /** Crops already encoded, in the order they finished. */
  readonly encoded: readonly { readonly kind: CropKind; readonly index: number }[];
  /** 0..1 over the whole preparation. */
  readonly fraction: number;
  /** Share of its prompt that the language model has read, 0..1. */
  readonly read: number;
  /** Null until it can be said honestly. */
  readonly secondsLeft: number | null;
  /** True when the embeddings came from the cache and no encoder pass was needed. */
  readonly fromCache: boolean;
  readonly error: AppFailure | null;
}

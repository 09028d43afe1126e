import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ImageFile } from '../../native-models/engine/images-protocol.ts';
import type { Seeing } from '../../native-models/families/index.ts';
import { readRegularFile } from '../../native-models/files/regular-file.ts';
import { viewerLevels, viewerTileSize } from '../../preload/contract/api.ts';
import type { CropKind, PhotoId, Rect } from '../../preload/contract/api.ts';
import { AppError } from '../../preload/contract/errors.ts';
import { isCancelled } from './abort.ts';
import { inWords, type HttpRequest, type HttpResponse } from './http-messages.ts';
import { toFailure } from './failure.ts';
import { replaceFile } from '../../native-models/files/replace-file.ts';
import type { PhotoImages } from './photos/photo-images.ts';
import type { PhotoRegistry } from './photos/registry.ts';

/** Longer side of a thumbnail: sharp in a film strip on a screen with two device pixels a pixel. */
const thumbnailSide = 320;

/** Bytes of a thumbnail: more than any of that side. */
const largestThumbnail = 2 ** 20;

export interface PicturesOptions {
  readonly images: PhotoImages;
  readonly photos: PhotoRegistry;
  /** The way of seeing that a `CropPlan` names so; null for one that is not, or no longer, in use. */
  readonly seeing: (key: string) => Promise<Seeing | null>;
  /** Null keeps no thumbnails on disk. */
  readonly thumbnailFolder: string | null;
}

type Wanted =
  | { readonly kind: 'thumbnail' }
  | { readonly kind: 'tile'; readonly level: number; readonly column: number; readonly row: number }
  | {
      readonly kind: 'crop';
      readonly perspective: CropKind;
      readonly index: number;
      readonly seeing: string;
      readonly region: Rect | null;
    }
  | { readonly kind: 'whole'; readonly seeing: string; readonly region: Rect | null };

/** The pictures behind `photoUrls` of the contract. */
export class Pictures {
  readonly #options: PicturesOptions;

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  /** Answers a GET or HEAD request for a picture; null when its path names none. */
  async respond(request: HttpRequest): Promise<HttpResponse | null> {
    const url = new URL(request.url);
    const [, first, id, ...rest] = url.pathname.split('/');
    if (first !== 'photos') return null;
    const wanted = id === undefined ? null : parsePicture(rest.join('/'), url.searchParams);
    if (!wanted || id === undefined) return inWords(404, 'No such picture.');
    try {
      return await this.#answer(id, wanted, request);
    } catch (error) {
      if (isCancelled(error)) return { status: 499, headers: {}, body: null };
      const { code } = toFailure(error);
      const status = statusOf[code] ?? 500;
      return inWords(status, code, { 'cache-control': 'no-store' });
    }
  }

  async #answer(id: PhotoId, wanted: Wanted, request: HttpRequest): Promise<HttpResponse> {
    const { photos } = this.#options;
    // Looks at the file first: of a photo that changed or vanished nothing is shown, not even from a cache.
    const { sha256 } = await photos.use(id);
    const seeing = 'seeing' in wanted ? await this.#options.seeing(wanted.seeing) : null;
    if ('seeing' in wanted && !seeing) throw new AppError('wrong-usage', 'No model sees photos this way.');
    const etag = tagOf([sha256, wanted, seeing]);
    const headers = {
      etag,
      // Asked for again every time, which costs nothing here and shows a photo that changed; a private one leaves no trace.
      'cache-control': photos.isPrivate(id) ? 'no-store' : 'private, no-cache',
    };
    if (request.headers.get('if-none-match') === etag) return { status: 304, headers, body: null };
    const { mediaType, bytes } = await this.#make(id, wanted, seeing, request.signal);
    return {
      status: 200,
      headers: { ...headers, 'content-type': mediaType, 'content-length': String(bytes.length) },
      body: request.method === 'HEAD' ? null : bytes,
    };
  }

  async #make(id: PhotoId, wanted: Wanted, seeing: Seeing | null, signal: AbortSignal): Promise<ImageFile> {
    if (wanted.kind === 'thumbnail') return this.#thumbnail(id, signal);
    const { images, photos } = this.#options;
    if (wanted.kind === 'tile') {
      const { width, height } = photos.record(id);
      const { level, column, row } = wanted;
      const levels = viewerLevels(width, height);
      return images.make(id, 'tile', { tileSize: viewerTileSize, levels, level, column, row }, signal);
    }
    const { region } = wanted;
    if (wanted.kind === 'whole') return images.make(id, 'whole', { region, seeing: seeing! }, signal);
    const { perspective: kind, index } = wanted;
    return images.make(id, 'crop', { region, seeing: seeing!, kind, index }, signal);
  }

  /** Kept on disk by the photo's content, except of private photos. */
  async #thumbnail(id: PhotoId, signal: AbortSignal): Promise<ImageFile> {
    const { images, photos, thumbnailFolder } = this.#options;
    const isKept = thumbnailFolder !== null && !photos.isPrivate(id);
    const path = isKept ? join(thumbnailFolder, `${photos.record(id).sha256}-${thumbnailSide}`) : null;
    const stored = path === null ? null : await readThumbnail(path);
    if (stored) return stored;
    const made = await images.make(id, 'thumbnail', { region: null, side: thumbnailSide }, signal);
    // Of a damaged file the next decoding shall say so again. A disk that cannot be written costs a thumbnail only.
    if (path !== null && !made.partial) await replaceFile(path, made.bytes).catch(() => undefined);
    return made;
  }
}

/** What went wrong, as a browser understands it. */
const statusOf: Readonly<Record<string, number>> = {
  'wrong-usage': 404,
  'file-missing': 410,
  'photo-changed': 410,
  'photo-damaged': 422,
  'photo-undecodable': 422,
  'photo-unsupported': 422,
  'photo-too-large': 422,
  'process-died': 503,
};

/** The picture that a path under `/photos/ID/` names; the inverse of `photoUrls`. */
function parsePicture(path: string, query: URLSearchParams): Wanted | null {
  if (path === 'thumbnail') return { kind: 'thumbnail' };
  const tile = /^tiles\/(\d{1,2})\/(\d{1,6})_(\d{1,6})$/.exec(path);
  if (tile) {
    const [level, column, row] = tile.slice(1).map(Number) as [number, number, number];
    return { kind: 'tile', level, column, row };
  }
  const seeing = query.get('seeing');
  const region = parseRegion(query.get('part'));
  if (seeing === null || region === undefined) return null;
  if (path === 'whole') return { kind: 'whole', seeing, region };
  const crop = /^crops\/(local|global)-(\d{1,3})$/.exec(path);
  return crop && { kind: 'crop', perspective: crop[1] as CropKind, index: Number(crop[2]), seeing, region };
}

/** Null for all of a photo, undefined for what says no part of any. */
function parseRegion(part: string | null): Rect | null | undefined {
  if (part === null) return null;
  const numbers = /^(\d{1,7}),(\d{1,7}),(\d{1,7}),(\d{1,7})$/.exec(part)?.slice(1).map(Number);
  if (!numbers) return undefined;
  const [x, y, width, height] = numbers as [number, number, number, number];
  return { x, y, width, height };
}

const tagOf = (what: unknown) =>
  `"${createHash('sha256').update(JSON.stringify(what)).digest('base64url').slice(0, 27)}"`;

/** A thumbnail of an earlier run; null when there is none or it is none. */
async function readThumbnail(path: string): Promise<ImageFile | null> {
  const bytes = await readRegularFile(path, largestThumbnail).catch(() => null);
  if (bytes === null) return null;
  const isJpeg = bytes.subarray(0, 2).equals(jpegStart) && bytes.subarray(-2).equals(jpegEnd);
  return isJpeg ? { mediaType: 'image/jpeg', bytes, partial: false } : null;
}

const jpegStart = Buffer.from([0xff, 0xd8]);
const jpegEnd = Buffer.from([0xff, 0xd9]);

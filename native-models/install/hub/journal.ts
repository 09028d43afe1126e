import { rm, stat } from 'node:fs/promises';
import { readTextIfThere } from '../../files/regular-file.ts';
import * as v from 'valibot';

import { replaceFile } from '../../files/replace-file.ts';
import { Pieces } from './pieces.ts';

const maxPieces = 2 ** 21;

const journalSchema = v.object({
  bytes: v.number(),
  pieceBytes: v.number(),
  /** Names the content the pieces are of. */
  etag: v.nullable(v.string()),
  done: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(maxPieces)),
});

/** Which pieces of an unfinished download are on the disk. */
export interface Found {
  readonly etag: string | null;
  readonly pieces: Pieces;
}

/** The file beside an unfinished download that says which pieces of it can be trusted. */
export class Journal {
  readonly #path: string;
  readonly #data: string;

  /** `data`: the unfinished file. */
  constructor(path: string, data: string) {
    this.#path = path;
    this.#data = data;
  }

  /** What an earlier run has left of a file of this size; null when that is nothing, or of another file. */
  async read(bytes: number, pieceBytes: number): Promise<Found | null> {
    const text = await readTextIfThere(this.#path);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), journalSchema), text);
    if (!parsed.success) return null;
    const { done, etag, ...sizes } = parsed.output;
    const size = await stat(this.#data).then(
      (info) => info.size,
      () => -1,
    );
    if (sizes.bytes !== bytes || sizes.pieceBytes !== pieceBytes) return null;
    if (done.some((index) => index * pieceBytes >= bytes)) return null;
    if (done.some((index) => Math.min(bytes, (index + 1) * pieceBytes) > size)) return null;
    return { etag, pieces: new Pieces(bytes, pieceBytes, done) };
  }

  /** To be called once the bytes of `done` are on the disk. */
  async write({ bytes, pieceBytes }: Pieces, etag: string | null, done: readonly number[]): Promise<void> {
    await replaceFile(this.#path, JSON.stringify({ bytes, pieceBytes, etag, done }));
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

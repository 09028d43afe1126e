/** Where the bytes of a file stand while it is downloaded. */
type PieceState = 'missing' | 'taken' | 'done';

/** Bytes from `begin` up to `end`, of whole pieces. */
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

/** A file cut into pieces of one size, of which each is missing, being fetched, or there. */
export class Pieces {
  readonly bytes: number;
  readonly pieceBytes: number;
  readonly #states: PieceState[];
  #doneBytes = 0;

  /** `done`: indices of the pieces that are there already. */
  constructor(bytes: number, pieceBytes: number, done: readonly number[] = []) {
    this.bytes = bytes;
    this.pieceBytes = pieceBytes;
    this.#states = new Array<PieceState>(Math.ceil(bytes / pieceBytes)).fill('missing');
    for (const index of done) this.finish(index * pieceBytes);
  }

  /** The first missing pieces that lie side by side, at most `maxBytes` of them; taken until they are done or given back. */
  take(maxBytes: number): ByteRange | null {
    const first = this.#states.indexOf('missing');
    if (first < 0) return null;
    const most = first + Math.max(1, Math.floor(maxBytes / this.pieceBytes));
    let last = first;
    while (last < this.#states.length && last < most && this.#states[last] === 'missing') {
      this.#states[last++] = 'taken';
    }
    return { begin: first * this.pieceBytes, end: Math.min(this.bytes, last * this.pieceBytes) };
  }

  /** What of the range is not done is missing again. */
  giveBack(range: ByteRange): void {
    const first = Math.floor(range.begin / this.pieceBytes);
    for (let index = first; index * this.pieceBytes < range.end; index++) {
      if (this.#states[index] === 'taken') this.#states[index] = 'missing';
    }
  }

  /** Every byte of the piece that begins at `begin` is in the file. */
  finish(begin: number): void {
    const index = begin / this.pieceBytes;
    if (this.#states[index] === 'done') return;
    this.#states[index] = 'done';
    this.#doneBytes += this.#sizeOf(index);
  }

  isDone(position: number): boolean {
    return this.#states[Math.floor(position / this.pieceBytes)] === 'done';
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  /** Everything before this is there. */
  get prefixBytes(): number {
    const first = this.#states.findIndex((state) => state !== 'done');
    return first < 0 ? this.bytes : first * this.pieceBytes;
  }

  done(): number[] {
    return this.#states.flatMap((state, index) => (state === 'done' ? [index] : []));
  }

  #sizeOf(index: number): number {
    return Math.min(this.pieceBytes, this.bytes - index * this.pieceBytes);
  }
}

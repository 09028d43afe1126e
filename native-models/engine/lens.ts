/** Where a model looked, out of the attention of its chosen heads: docs/inference.md, The lens. */
import type { ChatSession, RereadOptions } from '../language/chat.ts';
import { type ImageEmbeddings, partLength, type PromptPart, type Question } from '../language/prompt.ts';
import type { Head } from '../language/reread.ts';
import type { PhaseAttention } from '../vision/dem-attention.ts';

/** Where the model looked at the pictures that were brought in last. */
export interface LookFacts {
  /** The characters that each token of the answer completes. */
  readonly tokens: readonly string[];
  /** [tokens, rows of all these pictures one after the other]: see `lookMaps`. */
  readonly maps: Float32Array;
  /** Rows of each picture. */
  readonly rows: readonly number[];
}

/**
 * Where the model looked when it answered `question`, at the pictures that were in front of it then. Throws as
 * `ChatSession.reread`.
 */
export async function lookAt(session: ChatSession, wish: LookWish, options: LookOptions): Promise<LookFacts> {
  const rows = wish.seen.map(({ count }) => count);
  let [tokens, maps]: [readonly string[], Float32Array | null] = [[], null];
  for await (const part of attentionOf(session, wish, options)) {
    tokens = part.tokens;
    const share = part.attention.heads.length / wish.heads.length;
    const sum = (maps ??= new Float32Array(tokens.length * part.attention.rows));
    lookMaps(part.attention).forEach((value, at) => (sum[at]! += share * value));
  }
  return { tokens, maps: maps!, rows };
}

/** Bytes of attention that are taken at a time: a large model has hundreds of megabytes of it for one answer. */
const mostBytes = 2 ** 28;

/** The attention of the heads, as many at a time as there is room for: the answer is read again for each part. */
export async function* attentionOf(
  session: ChatSession,
  { question, seen, answer, heads }: LookWish,
  { bytes = mostBytes, ...options }: LookOptions,
): AsyncGenerator<{ readonly attention: Attention; readonly tokens: readonly string[] }> {
  const rows = seen.reduce((sum, { count }) => sum + count, 0);
  for (let taken = 0; taken < heads.length;) {
    let part: readonly Head[] = [];
    const { attention, context, tokens } = await session.reread(question, answer, {
      ...options,
      look: (parts, queries) => {
        part = heads.slice(taken, taken + headsAtOnce(bytes, queries, rows));
        return { heads: part, positions: positionsOf(parts, seen) };
      },
    });
    taken += part.length;
    const own = { values: attention!, queries: context + tokens.length, context, heads: part, rows };
    yield { attention: own, tokens: tokens.map(({ text }) => text) };
  }
}

/** One at least. */
function headsAtOnce(bytes: number, queries: number, rows: number): number {
  return Math.max(1, Math.floor(bytes / (Float32Array.BYTES_PER_ELEMENT * queries * rows)));
}

export interface LookOptions extends Pick<RereadOptions, 'signal' | 'onProgress'> {
  /** Of attention at a time; given in tests. */
  readonly bytes?: number;
}

export interface LookWish {
  readonly question: Question<ImageEmbeddings>;
  readonly seen: readonly ImageEmbeddings[];
  /** As its text, or as the token ids that were written. */
  readonly answer: string | readonly number[];
  readonly heads: readonly Head[];
}

/** Positions of the sequence at which the rows of `images` stand, image by image: of one that comes twice, where it comes last. */
export function positionsOf(parts: readonly PromptPart[], images: readonly ImageEmbeddings[]): number[] {
  const found = new Map(images.map(({ digest, count }) => [digest, new Array<number>(count).fill(0)]));
  let start = 0;
  for (const part of parts) {
    const positions = 'image' in part ? found.get(part.image.digest) : undefined;
    if (positions && 'image' in part)
      for (let row = 0; row < part.count; row++) positions[part.from + row] = start + row;
    start += partLength(part);
  }
  return images.flatMap(({ digest }) => found.get(digest)!);
}

/** Attention [queries, heads, rows], of which the first `context` queries are words of the question. */
export interface Attention {
  readonly values: Float32Array;
  readonly queries: number;
  readonly context: number;
  readonly heads: readonly Head[];
  readonly rows: number;
}

/**
 * The map of every token of the answer, [queries - context, rows]. What a head gives a row at every token (the least over all
 * queries) is taken out; what is left counts by how focused it is: (1 - entropy / log rows) squared. So a head that looks
 * nowhere in particular at a word says nothing about it.
 */
export function lookMaps(attention: Attention): Float32Array {
  const { queries, context, heads, rows } = attention;
  const maps = new Float32Array((queries - context) * rows);
  for (let head = 0; head < heads.length; head++)
    forEachFocused(attention, head, (query, row, weight) => {
      const map = maps.subarray((query - context) * rows, (query - context + 1) * rows);
      for (let at = 0; at < rows; at++) map[at]! += (weight * row[at]!) / heads.length;
    });
  return maps;
}

/** Calls `use` with every row of the answer and its weight; the array is only good until the next call. */
export function forEachFocused(
  { values, queries, context, heads, rows }: Attention,
  head: number,
  use: (query: number, row: Float32Array, weight: number) => void,
): void {
  const given = (query: number) => {
    const from = (query * heads.length + head) * rows;
    return values.subarray(from, from + rows);
  };
  const always = given(0).slice();
  for (let query = 1; query < queries; query++)
    given(query).forEach((value, at) => (always[at] = Math.min(always[at]!, value)));
  for (let query = context; query < queries; query++) {
    const row = given(query).map((value, at) => value - always[at]!);
    use(query, row, focusOf(row) ** 2);
  }
}

/** 1 where all of it is in one place, 0 where it is everywhere alike. */
function focusOf(row: Float32Array): number {
  const sum = row.reduce((total, value) => total + value, 0);
  if (sum <= 0 || row.length < 2) return 0;
  const entropy = row.reduce(
    (total, value) => (value > 0 ? total - (value / sum) * Math.log(value / sum) : total),
    0,
  );
  return Math.max(0, 1 - entropy / Math.log(row.length));
}

/**
 * Maps over the rows that DEM made, [m, T], as maps over what it made them of, [m, tiles * T + phases * T]: the tokens of the local
 * crops, then those of the global crops. Either half adds up to the whole map: DEM asks both for every row.
 */
export function mapsInViews(
  maps: Float32Array,
  phases: readonly PhaseAttention[],
  tiles: number,
): Float32Array {
  const tokens = phases[0]!.tile.length;
  const size = (tiles + phases.length) * tokens;
  const found = new Float32Array((maps.length / tokens) * size);
  maps.forEach((value, at) => {
    if (value === 0) return;
    const token = at % tokens;
    const start = Math.floor(at / tokens) * size;
    for (const [index, { tile, ofLocal, ofGlobal }] of phases.entries()) {
      const [local, global] = [start + tile[token]! * tokens, start + (tiles + index) * tokens];
      for (let key = 0; key < tokens; key++) {
        found[local + key]! += (value * ofLocal[token * tokens + key]!) / phases.length;
        found[global + key]! += (value * ofGlobal[token * tokens + key]!) / phases.length;
      }
    }
  });
  return found;
}

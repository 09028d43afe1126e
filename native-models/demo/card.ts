import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { AppError, toAppError } from '../../preload/contract/errors.ts';

/** What is said of the demo model: how it was trained, and how often it is right, through the product. */

const short = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(120));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const countSchema = v.pipe(
  v.strictObject({ right: whole, asked: v.pipe(whole, v.minValue(1)) }),
  v.check(({ right, asked }) => right <= asked, 'more right answers than questions'),
);

/** How often attention and covering were right, of the right answers about one thing. */
const lensFigures = v.strictObject({
  asked: v.pipe(whole, v.minValue(1)),
  /** Share of answers whose map has its peak on the thing, and mean share of the mass within a token of it. */
  peak: share,
  near: share,
  /** The same where all places have as much, and for the mean of all heads. */
  uniform: v.strictObject({ peak: share, near: share }),
  allHeads: v.strictObject({ peak: share, near: share }),
  /** Share of answers whose named attribute is less likely once the thing is covered. */
  covered: share,
  /** One level deeper: what DEM took from the local crops. */
  inViews: v.optional(
    v.strictObject({
      /** Share of answers whose largest tile is the one that most of the thing lies on, and the same for tiles of equal chance. */
      tile: share,
      uniformTile: share,
      /** Of the map over the tiles' tokens: how often its peak is on the thing, and the mean share of it that lies on the thing itself. */
      peak: share,
      on: share,
      /** That share of the map before, each place spread evenly. */
      before: share,
    }),
  ),
});

const cardSchema = v.strictObject({
  schema: v.literal(1),
  name: short,
  training: v.strictObject({
    seed: whole,
    /** Of all stages added up, also of those that ran side by side. */
    hours: v.pipe(v.number(), v.minValue(0), v.maxValue(100_000)),
    machine: short,
    /** Drawn scenes seen, tiles of the first stage included. */
    scenes: whole,
    parameters: whole,
    versions: v.record(short, short),
  }),
  /** What the project asks for, by kind of question; "all" of every kind. */
  bars: v.record(short, share),
  ablation: v.pipe(
    v.array(
      v.strictObject({
        perspectives: v.picklist(['local', 'global', 'base', 'both-without-dem', 'both']),
        accuracy: share,
      }),
    ),
    v.maxLength(5),
  ),
  ablationMethod: v.nullable(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(400))),
  /** Written by `npm run eval -- --lens --card`. */
  lens: v.optional(
    v.strictObject({
      package: sha256,
      scenes: whole,
      heldOut: sha256,
      kinds: v.record(v.picklist(['place', 'colour', 'sign']), lensFigures),
    }),
  ),
  /** Written by `npm run eval -- --card`. */
  measured: v.optional(
    v.strictObject({
      /** sha256 of the package's content: the figures are of this package and no other. */
      package: sha256,
      scenes: whole,
      /** sha256 of the held-out scenes and questions. */
      heldOut: sha256,
      /** sha256 of the same in words that the training never had. */
      otherWords: v.optional(sha256),
      /** And of those of which parts are looked at. */
      parts: v.optional(sha256),
      precision: short,
      accuracy: v.pipe(
        v.record(short, countSchema),
        v.check((accuracy) => 'all' in accuracy, '"all" is missing'),
      ),
    }),
  ),
});

export type Card = v.InferOutput<typeof cardSchema>;
export type LensFigures = v.InferOutput<typeof lensFigures>;

/** Name of the card, beside the folder of the package. */
export const cardName = 'card.json';

/** Throws ValiError with what is wrong. */
export function parseCard(json: unknown): Card {
  return v.parse(cardSchema, json);
}

/** Throws `file-missing`, or `file-unreadable` with the fault. */
export async function readCard(path: string): Promise<Card> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toAppError(error);
  });
  try {
    return parseCard(JSON.parse(text));
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'file-unreadable',
      `${path}: not a card (${fault}).`,
      { file: path },
      { cause: error },
    );
  }
}

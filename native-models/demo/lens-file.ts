import * as v from 'valibot';

/** The heads of the demo model that tell where it looks, beside its package: written by `npm run eval -- --lens --calibrate`. */

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const lensSchema = v.strictObject({
  schema: v.literal(1),
  /** sha256 of the package's content: the heads of this package and no other. */
  package: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  heads: v.pipe(v.array(v.strictObject({ layer: whole, head: whole })), v.minLength(1)),
  looks: whole,
  near: share,
  uniform: share,
});

export type LensFile = v.InferOutput<typeof lensSchema>;

export const lensName = 'lens.json';

/** Throws ValiError with what is wrong. */
export const parseLens = (json: unknown): LensFile => v.parse(lensSchema, json);

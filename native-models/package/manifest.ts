import * as v from 'valibot';

import { commitSchema, repoSchema } from './hub-names.ts';
import { isLocalPath } from '../files/plain-names.ts';

/**
 * `manifest.json` of a model package: every number that comes from a model, so that no code has to know one.
 * A package is a folder with this file, `vision.onnx`, `enhance.onnx`, with two perspectives `enhance-full.onnx` (each with
 * external data) and `language.gguf`. It holds no dates and no machine paths, so that converting the same checkpoint twice gives the
 * same bytes; only a language model that is used where it lies is named by both.
 */
export const manifestVersion = 2;

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));
const text = v.pipe(v.string(), v.maxLength(4096));
const fileName = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, 'a plain file name'));
const rgb = v.tuple([v.number(), v.number(), v.number()]);
const wrapped = v.object({ before: text, after: text });

/** A file of the package that lies somewhere else: the language model of a GGUF pair, which is not copied. */
const outside = v.object({
  /** Absolute, or from the package's folder where both can be moved together. */
  path: v.pipe(text, v.minLength(1), v.check(isLocalPath, 'a path on this machine')),
  /** When the file was last changed, in milliseconds since 1970; a file changed since is hashed again. */
  modified: v.pipe(v.number(), v.integer()),
});

/** The photo padded to a square of one colour. */
const square = {
  /** `trained`: antialiased bicubic of the padded square to n * tile, as in training. */
  mode: v.picklist(['trained', 'released-demo']),
  /** sRGB, 0..255. */
  padColour: rgb,
};

const dualNumbers = {
  /** Crops a side. */
  n: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)),
  /** Side of a crop in pixels. */
  tile: count,
  /** Indices of the global crops that reach the answer; all local crops do. */
  globalsEncoded: v.array(index),
  /** The global crop that equals the base image, or null when the base image is encoded by itself (even n). */
  baseIsGlobal: v.nullable(index),
};

/** INF-LLaVA: local and global crops of the square (DCM), brought together by DEM. */
const dualViews = v.object({ family: v.literal('dual'), ...square, ...dualNumbers });

/** LLaVA-1.5: the square is the only view, and `enhance.onnx` the projector alone. */
const singleViews = v.object({ family: v.literal('single'), ...square, tile: count });

/** Idefics3, SmolVLM: tiles of the photo at `longestEdge`, then the whole once more. */
const idefics3Views = v.object({
  family: v.literal('idefics3'),
  tile: count,
  longestEdge: count,
  /** False where every photo is stretched to one tile alone; left out where it is cut. */
  splits: v.optional(v.literal(false)),
  /** Tokens a side that become one row of embeddings. */
  shuffle: count,
});

/** InternVL: tiles of the photo in the grid nearest to its shape, then the whole once more. */
const internvlViews = v.object({
  family: v.literal('internvl'),
  tile: count,
  leastTiles: count,
  mostTiles: count,
  shuffle: count,
});

/** LLaVA-NeXT: the whole photo as one tile, then the photo on black in one of these grids of tiles. */
const nextViews = v.object({
  family: v.literal('next'),
  tile: count,
  /** In the order of the model's file, which decides between equal ones. */
  grids: v.pipe(v.array(v.object({ columns: count, rows: count })), v.minLength(1), v.maxLength(256)),
});

const manifest = v.object({
  schema: v.literal(manifestVersion),
  name: text,
  /** Where the weights came from and under which terms, as far as the checkpoint says. */
  source: v.object({
    checkpoint: text,
    tower: text,
    licence: text,
    /** BCP 47 tags of the languages that the model is stated to know; left out where the files state none. */
    languages: v.optional(
      v.pipe(v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{2,35}$/))), v.maxLength(200)),
    ),
    /** Where a downloaded checkpoint is published; left out for files the person had. */
    repository: v.optional(v.object({ repo: repoSchema, commit: commitSchema })),
  }),
  files: v.record(
    fileName,
    v.object({
      bytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 53 - 1)),
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      outside: v.optional(outside),
    }),
  ),
  /** Of the pixels, per channel, of values in 0..1. */
  normalisation: v.object({ mean: rgb, std: rgb }),
  /** How a photo becomes the views that the tower sees: the numbers of one family (`native-models/families`). */
  views: v.variant('family', [dualViews, singleViews, idefics3Views, internvlViews, nextViews]),
  vision: v.object({
    patch: count,
    /** Tokens of one view: (tile / patch) squared, rounded down to whole patches. */
    tokens: count,
    /** Width D of a feature. */
    width: count,
    layersRun: count,
    heads: count,
    precision: v.picklist(['f32', 'int8']),
    /** How the chosen precision compares with float32 on the sample pictures; 1 for f32. */
    cosine: v.object({ mean: v.number(), worst: v.number(), keptInFloat32: v.array(text) }),
  }),
  language: v.object({
    /** Width H of an embedding. */
    width: count,
    layers: count,
    heads: count,
    keyValueHeads: count,
    vocabulary: count,
    /** Tokens the model was trained to attend over (tokenizer_model_max_length), and its positional limit. */
    contextTrained: count,
    contextLimit: count,
    precision: text,
    /** Whether the tokenizer puts a BOS in front of the first piece of text, besides one written in the template. */
    addsBos: v.boolean(),
    stopIds: v.pipe(v.array(index), v.minLength(1)),
  }),
  chat: v.object({
    begin: text,
    system: wrapped,
    /** Where the system prompt stands: in front of the first question, or inside it, before everything else. */
    systemPlace: v.optional(v.picklist(['own-turn', 'first-question']), 'own-turn'),
    /** `beforeImage` in the place of `before` opens a turn that begins with a picture. */
    user: v.object({ ...wrapped.entries, beforeImage: v.optional(text) }),
    /** `leading`: white space with which the model begins its answers by itself. */
    assistant: v.object({ ...wrapped.entries, leading: v.optional(text) }),
    /** Written between an image and the question of the same turn. */
    afterImage: text,
    defaultSystem: text,
  }),
});

export type Manifest = v.InferOutput<typeof manifest>;

/** Version 1 knew the first two families and had their numbers in two places. */
const firstVersion = v.pipe(
  v.object({
    ...v.omit(manifest, ['views', 'normalisation']).entries,
    schema: v.literal(1),
    preprocess: v.object({ ...square, mean: rgb, std: rgb }),
    crops: v.object({ perspectives: v.optional(v.picklist(['dual', 'single']), 'dual'), ...dualNumbers }),
  }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): Manifest => {
    const { preprocess, crops, ...rest } = value;
    const { mean, std, ...padded } = preprocess;
    const { perspectives, ...numbers } = crops;
    const { n, tile, globalsEncoded, baseIsGlobal } = numbers;
    if (perspectives === 'single' && (n !== 1 || globalsEncoded.length > 0 || baseIsGlobal !== null)) {
      addIssue({ message: 'a single view has crops' });
      return NEVER;
    }
    const views =
      perspectives === 'single'
        ? { family: 'single' as const, ...padded, tile }
        : { family: 'dual' as const, ...padded, ...numbers };
    return { ...rest, schema: manifestVersion, normalisation: { mean, std }, views };
  }),
);

/** Both versions, read as the newer. */
export const manifestSchema = v.variant('schema', [manifest, firstVersion]);

/** The numbers of a family. */
export type Views = Manifest['views'];
export type ViewsOf<F extends Views['family']> = Extract<Views, { readonly family: F }>;

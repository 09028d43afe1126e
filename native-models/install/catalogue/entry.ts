import { isAbsolute } from 'node:path';
import * as v from 'valibot';

import { repoSchema, revisionSchema } from '../../package/hub-names.ts';
import { isDeviceName, isLocalPath, isPlainText } from '../../files/plain-names.ts';

/**
 * One model of the catalogue: where it is published, under which terms, how large it is and what its authors report.
 * Entries are data: those that come with the program and those a person has added are read by this same schema.
 */
export const entryVersion = 1;

/** Numbers of a hostile entry must not reach arithmetic that decides about disks: all stay exact and far from overflow. */
const maxBytes = 2 ** 44;
const maxParameters = 2 ** 41;

const text = (length: number) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1),
    v.maxLength(length),
    v.check(isPlainText, 'text without control characters'),
  );
const localPath = v.pipe(
  v.string(),
  v.maxLength(4096),
  v.check((path) => isAbsolute(path) && isLocalPath(path), 'an absolute path on this machine'),
);
const bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxBytes));
const parameters = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxParameters));
const operations = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e18));
const small = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 20));

/** Becomes the name of a file and of a folder on every system, so it is a plain word. */
export const entryIdSchema = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9][a-z0-9.-]{0,63}(?<!\.)$/,
    'a plain name of lower-case letters, digits, - and, within it, dots',
  ),
  v.check((id) => !isDeviceName(id), 'a name that no system keeps for a device'),
);

/** `https://known.test@other.test/` leads to the other. */
function namesUser(address: string): boolean {
  return URL.canParse(address) && new URL(address).username !== '';
}

/** How many forms of a file are named at most. */
const maxPatterns = 8;

/**
 * Which file of a repository is meant: names, the wanted one first, in which one `*` may stand for any characters; upper and
 * lower case are the same. The first that a file of the repository fits is meant.
 */
const fileNames = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.maxLength(200),
      v.regex(/^[\w.-]*\*?[\w.-]*\.gguf$/i, 'the name of a GGUF file, with at most one *'),
    ),
  ),
  v.minLength(1),
  v.maxLength(maxPatterns),
);

/** Pages are opened in the browser after a click, and nothing else is ever fetched from an address of an entry. */
const page = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.url(),
  v.startsWith('https://', 'an https address'),
  v.check((address) => isPlainText(address) && !namesUser(address), 'an address without a name to sign in'),
);

const repository = v.strictObject({ repo: repoSchema, revision: v.optional(revisionSchema, 'main') });

const hubSource = v.strictObject({
  kind: v.literal('hub'),
  checkpoint: repository,
  /** Of the vision tower: its configuration, and its weights where the checkpoint has none. */
  clip: v.nullable(repository),
});

const folderSource = v.strictObject({
  kind: v.literal('folder'),
  /** Absolute paths on this machine. Their files are the person's own: they are read and never changed. */
  checkpoint: localPath,
  clip: v.nullable(localPath),
});

const hubPairSource = v.strictObject({
  kind: v.literal('hub-pair'),
  ...repository.entries,
  /** The two GGUF files of a model; what their exact names and sizes are, the hub says when it is asked. */
  mmproj: fileNames,
  language: fileNames,
  /** Of the language file, about. */
  languageBytes: bytes,
});

const pairSource = v.strictObject({
  kind: v.literal('pair'),
  /** The two GGUF files of a LLaVA model, by their absolute paths on this machine; the language file is used where it lies. */
  mmproj: localPath,
  language: localPath,
  languageBytes: bytes,
});

export const entrySchema = v.strictObject({
  schema: v.literal(entryVersion),
  id: entryIdSchema,
  name: text(80),
  source: v.variant('kind', [hubSource, hubPairSource, folderSource, pairSource]),
  licences: v.pipe(
    v.array(
      v.strictObject({
        /** Names the terms, so that what was accepted once need not be accepted again for another model. */
        id: entryIdSchema,
        name: text(120),
        url: page,
        /** What of the model is under these terms. */
        covers: text(120),
        /** Whether the person has to agree before anything is downloaded. */
        mustAccept: v.boolean(),
      }),
    ),
    v.maxLength(16),
  ),
  /** About how much is downloaded; the hub's own listing says it exactly once it is asked. */
  downloadBytes: bytes,
  /** The largest file, since two of these lie on the disk at a time. */
  largestFileBytes: bytes,
  /** Numbers from which the needs of every precision follow; null where they are not known before the download. */
  size: v.nullable(
    v.strictObject({
      visionParameters: parameters,
      /** The DEM and the projector, which stay in float32. */
      enhanceParameters: parameters,
      languageParameters: parameters,
      languageLayers: small,
      /** Key-value heads times the size of a head. */
      keyValueWidth: small,
      contextTrained: small,
      /**
       * What one photo of 4:3 costs: operations, two for a multiply-add, of the tower and of reading the prompt. Without it the
       * model sees as INF-LLaVA does.
       */
      photo: v.optional(v.strictObject({ vision: operations, prompt: operations })),
    }),
  ),
  /** Among the first models that a person is offered: which in size. */
  first: v.optional(v.picklist(['quick', 'better', 'paper'])),
  /** What the authors report, in per cent or points, as their tables name it. */
  figures: v.pipe(
    v.array(
      v.strictObject({
        benchmark: text(60),
        score: v.pipe(v.number(), v.finite(), v.minValue(-1e6), v.maxValue(1e6)),
      }),
    ),
    v.maxLength(64),
  ),
  paper: v.nullable(page),
});

export type CatalogueEntry = v.InferOutput<typeof entrySchema>;
export type HubSource = v.InferOutput<typeof hubSource>;
export type HubPairSource = v.InferOutput<typeof hubPairSource>;
export type FolderSource = v.InferOutput<typeof folderSource>;
export type PairSource = v.InferOutput<typeof pairSource>;
export type Repository = v.InferOutput<typeof repository>;

/** Whether the model comes as two GGUF files, whose language half is used as it is. */
export function isPair(source: CatalogueEntry['source']): source is PairSource | HubPairSource {
  return source.kind === 'pair' || source.kind === 'hub-pair';
}

/** Whether it is downloaded. */
export function isAtHub(source: CatalogueEntry['source']): source is HubSource | HubPairSource {
  return source.kind === 'hub' || source.kind === 'hub-pair';
}

/** The repository it is downloaded from; null for files of this machine. */
export function repositoryOf(source: CatalogueEntry['source']): Repository | null {
  if (source.kind === 'hub') return source.checkpoint;
  return source.kind === 'hub-pair' ? source : null;
}

import { join } from 'node:path';
import * as v from 'valibot';

import { ByteFile } from '../../files/byte-file.ts';
import { exists } from '../../files/exists.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import { readStrictJson } from '../../files/strict-json.ts';
import { readPieceModel, type PieceKind } from './sentencepiece.ts';

/** Qwen's and Llama 3's have 7 to 17 MB, depending on their layout. */
const maxTokenizerBytes = 64 * 2 ** 20;
const maxConfigBytes = 2 ** 20;

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const step = v.looseObject({ type: v.string() });
// Checked by hand: half a million entries, and valibot's record leaves out keys such as "constructor", a token.
const vocabularySchema = v.custom<Readonly<Record<string, number>>>(
  isVocabulary,
  'Expected tokens with their ids',
);
const prepends = v.object({ type: v.literal('Prepend'), prepend: v.literal('▁') });
const replaces = v.object({
  type: v.literal('Replace'),
  pattern: v.object({ String: v.literal(' ') }),
  content: v.literal('▁'),
});
const flag = v.optional(v.boolean(), false);
/** How an added token is found: with the white space beside it, and as a whole word alone. */
const found = { lstrip: flag, rstrip: flag, single_word: flag };
const foundAsItIs = { lstrip: false, rstrip: false, single_word: false };
const addedToken = v.object({ id, content: v.string(), special: v.boolean(), ...found });

const tokenizerSchema = v.object({
  model: v.object({
    type: v.literal('BPE'),
    vocab: vocabularySchema,
    merges: v.custom<readonly (string | readonly string[])[]>(isMerges, 'Expected a list of merges'),
    byte_fallback: v.optional(v.boolean()),
    unk_token: v.nullish(v.string()),
  }),
  added_tokens: v.array(addedToken),
  normalizer: v.nullish(step),
  pre_tokenizer: v.object({ type: v.literal('Sequence'), pretokenizers: v.array(step) }),
  post_processor: v.nullish(step),
});

const pieces = {
  ...tokenizerSchema.entries,
  model: v.object({ ...tokenizerSchema.entries.model.entries, byte_fallback: v.literal(true) }),
};
/**
 * SentencePiece's BPE as transformers writes it (Llama 2, Vicuna, Mistral, Phi-3): spaces are `▁`, one stands in front of every
 * text where there is a Prepend, and what is no piece is written in bytes. Newer files say the same with a Metaspace.
 */
const piecesSchema = v.object({
  ...pieces,
  normalizer: v.union([
    v.object({ type: v.literal('Sequence'), normalizers: v.strictTuple([prepends, replaces]) }),
    replaces,
  ]),
  pre_tokenizer: v.nullish(v.never()),
});
const metaspaceSchema = v.object({
  ...pieces,
  normalizer: v.nullish(v.never()),
  pre_tokenizer: v.object({
    type: v.literal('Metaspace'),
    replacement: v.literal('▁'),
    prepend_scheme: v.picklist(['always', 'first', 'never']),
    split: v.literal(false),
  }),
});

const stepsSchema = v.looseObject({
  normalizer: v.optional(v.unknown()),
  pre_tokenizer: v.optional(v.unknown()),
});

const isOfPieces = v.object({ model: v.object({ byte_fallback: v.literal(true) }) });
const isMetaspace = v.object({ pre_tokenizer: v.object({ type: v.literal('Metaspace') }) });

const sequence = v.looseObject({ type: v.literal('Sequence') });

/** What a Sequence of one step, or of none, does. */
function unwrapped(step: unknown, list: 'normalizers' | 'pretokenizers'): unknown {
  const steps = v.is(sequence, step) ? step[list] : null;
  if (!Array.isArray(steps) || steps.length > 1) return step;
  return steps.length === 0 ? null : unwrapped(steps[0], list);
}

function readTokenizerJson(written: unknown, file: string): TokenizerJson {
  const { normalizer, pre_tokenizer, ...rest } = parseSchema(stepsSchema, written, file);
  const json = {
    ...rest,
    normalizer: unwrapped(normalizer, 'normalizers'),
    pre_tokenizer: unwrapped(pre_tokenizer, 'pretokenizers'),
  };
  if (!v.is(isOfPieces, json)) return parseSchema(tokenizerSchema, json, file);
  if (v.is(isMetaspace, json)) {
    const { pre_tokenizer: metaspace, ...tokenizer } = parseSchema(metaspaceSchema, json, file);
    return { ...tokenizer, ...unsplit, pieces: { space: metaspace.prepend_scheme, scores: null } };
  }
  const { normalizer: steps, ...tokenizer } = parseSchema(piecesSchema, json, file);
  const space = steps.type === 'Sequence' ? 'always' : 'never';
  return { ...tokenizer, ...unsplit, pieces: { space, scores: null } };
}

/** Pieces are found in the whole of a text. */
const unsplit = { normalizer: null, pre_tokenizer: { type: 'Sequence' as const, pretokenizers: [] } };

function isVocabulary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((at) => Number.isSafeInteger(at) && (at as number) >= 0);
}

function isMerges(value: unknown): boolean {
  const isText = (part: unknown) => typeof part === 'string';
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((merge) => isText(merge) || (Array.isArray(merge) && merge.every(isText)));
}

/** A tokenizer as tokenizer.json describes it: byte-level BPE and the steps around it, or SentencePiece's. */
export type TokenizerJson = v.InferOutput<typeof tokenizerSchema> & { readonly pieces?: PieceRules };

export interface PieceRules {
  /** Where a space is put: in front of all plain text, of text at the beginning alone (not behind a special token), or nowhere. */
  readonly space: 'always' | 'first' | 'never';
  /** Of the pieces, by id, where the file states them instead of merges. */
  readonly scores: readonly number[] | null;
}

const tokenText = v.union([v.string(), v.object({ content: v.string() })]);
const template = v.union([v.string(), v.array(v.object({ name: v.string(), template: v.string() }))]);
const specialsSchema = v.object({
  bos_token: v.nullish(tokenText),
  eos_token: v.nullish(tokenText),
  pad_token: v.nullish(tokenText),
  additional_special_tokens: v.nullish(v.array(tokenText)),
});
const companionSchema = v.object({
  ...specialsSchema.entries,
  tokenizer_class: v.nullish(v.string()),
  add_bos_token: v.nullish(v.boolean()),
  /** Of SentencePiece's kind: whether a space is put in front of text behind special tokens as well. */
  legacy: v.nullish(v.boolean()),
  add_prefix_space: v.nullish(v.boolean()),
  added_tokens_decoder: v.nullish(
    v.record(v.string(), v.object({ content: v.string(), special: flag, ...found })),
  ),
  chat_template: v.nullish(template),
});
type Companion = v.InferOutput<typeof companionSchema>;

const generationSchema = v.object({ eos_token_id: v.nullish(v.union([id, v.array(id)])) });
const templateFileSchema = v.object({ chat_template: template });

/** What the files of a checkpoint folder say about its tokenizer, before any of it is judged. */
export interface TokenizerFiles {
  /** The file that holds the vocabulary, for messages. */
  readonly file: string;
  readonly json: TokenizerJson;
  /** Special tokens by their names (tokenizer_config.json, special_tokens_map.json). */
  readonly bos: string | null;
  readonly eos: string | null;
  readonly pad: string | null;
  /** What ends an answer by generation_config.json. */
  readonly eosIds: readonly number[];
  /** Jinja; null where the folder has none. */
  readonly template: string | null;
}

const fastFile = 'tokenizer.json';
const piecesFile = 'tokenizer.model';

/**
 * Reads tokenizer.json, or where it is missing SentencePiece's tokenizer.model or the files of Qwen's older tokenizer, and their
 * companions. Throws
 * `checkpoint-invalid` naming the file and what is wrong in it.
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const companion = await readCompanion(directory);
  const generation = await readOptional(generationSchema, directory, 'generation_config.json');
  const file = await vocabularyFile(directory, companion);
  const json = await readVocabularyFile(directory, file, companion);
  const text = (token: v.InferOutput<typeof tokenText> | null | undefined) =>
    token == null ? null : nameOf(token);
  return {
    file,
    json: { ...json, added_tokens: withDecoder(json.added_tokens, companion) },
    bos: text(companion.bos_token),
    eos: text(companion.eos_token),
    pad: text(companion.pad_token),
    eosIds: [generation?.eos_token_id ?? []].flat(),
    template: await readTemplate(directory, companion),
  };
}

/** tokenizer_config.json, and special_tokens_map.json for the names that it leaves out, as transformers has it. */
async function readCompanion(directory: string): Promise<Companion> {
  const config = (await readOptional(companionSchema, directory, 'tokenizer_config.json')) ?? {};
  const specials = (await readOptional(specialsSchema, directory, 'special_tokens_map.json')) ?? {};
  return {
    ...config,
    bos_token: config.bos_token ?? specials.bos_token,
    eos_token: config.eos_token ?? specials.eos_token,
    pad_token: config.pad_token ?? specials.pad_token,
    additional_special_tokens: config.additional_special_tokens ?? specials.additional_special_tokens,
  };
}

async function vocabularyFile(directory: string, companion: Companion): Promise<string> {
  if (await exists(join(directory, fastFile))) return fastFile;
  if (await isQwen(directory, companion)) return 'vocab.json';
  return (await exists(join(directory, piecesFile))) ? piecesFile : fastFile;
}

async function readVocabularyFile(
  directory: string,
  file: string,
  companion: Companion,
): Promise<TokenizerJson> {
  if (file === 'vocab.json') return readQwenFiles(directory, companion);
  if (file === piecesFile) return readPieces(directory, companion);
  return readTokenizerJson(await readLarge(directory, file), file);
}

const nameOf = (token: v.InferOutput<typeof tokenText>): string =>
  typeof token === 'string' ? token : token.content;

type AddedToken = v.InferOutput<typeof addedToken>;

/** transformers adds the tokens of tokenizer_config.json that the tokenizer's own file lacks. */
function withDecoder(added: readonly AddedToken[], companion: Companion): AddedToken[] {
  const known = new Set(added.map(({ content }) => content));
  const others = Object.entries(companion.added_tokens_decoder ?? {}).map(([key, token]) => ({
    ...token,
    id: parseSchema(id, /^\d{1,9}$/.test(key) ? Number(key) : key, 'tokenizer_config.json'),
  }));
  return [...added, ...others.filter(({ content }) => !known.has(content))];
}

/** Splits text as Qwen2's and Qwen3's tokenizers do. */
export const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Whether a folder without tokenizer.json has the files of `Qwen2Tokenizer`, whose steps are known without one. */
async function isQwen(directory: string, companion: Companion): Promise<boolean> {
  const isNamed = /^Qwen2Tokenizer(Fast)?$/.test(companion.tokenizer_class ?? '');
  return isNamed && (await exists(join(directory, 'vocab.json')));
}

/** `Qwen2Tokenizer` as tokenizer.json would say it (transformers, `convert_slow_tokenizer.py`, Qwen2Converter). */
async function readQwenFiles(directory: string, companion: Companion): Promise<TokenizerJson> {
  const vocab = parseSchema(vocabularySchema, await readLarge(directory, 'vocab.json'), 'vocab.json');
  return {
    model: { type: 'BPE', vocab, merges: await readMergesFile(directory) },
    added_tokens: await readAdded(directory, companion),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: qwenPattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: null,
  };
}

/** `LlamaTokenizer` made from tokenizer.model, as tokenizer.json would say it; a space before all text by `legacy` alone. */
async function readPieces(directory: string, companion: Companion): Promise<TokenizerJson> {
  const { pieces, addsSpace } = readPieceModel(
    await readBytes(directory, piecesFile, maxTokenizerBytes),
    piecesFile,
  );
  const listed = pieces.map(({ text: content, kind }, id) => ({ id, content, kind }));
  const known = listed.filter(({ kind }) => kind !== 'unused');
  const ids = new Set(known.map(({ content }) => content));
  if (ids.size !== known.length) throw invalidCheckpoint(piecesFile, 'has a piece twice');
  const isSaid = saidByCompanion(companion);
  const added = known
    .filter(({ kind, content }) => isAdded(kind) && !isSaid(content))
    .map(({ id, content, kind }) => ({ id, content, special: kind === 'control', ...foundAsItIs }));
  const bos = companion.bos_token == null ? '<s>' : nameOf(companion.bos_token);
  const opensWithBos = (companion.add_bos_token ?? true) && ids.has(bos);
  return {
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(
        known.filter(({ kind }) => !isAdded(kind)).map(({ content, id }) => [content, id]),
      ),
      merges: [],
      byte_fallback: true,
      unk_token: known.find(({ kind }) => kind === 'unknown')?.content ?? null,
    },
    added_tokens: [...added, ...(await readAdded(directory, companion))],
    ...unsplit,
    post_processor: opensWithBos
      ? {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: bos } }, { Sequence: { id: 'A' } }],
        }
      : null,
    pieces: {
      space: spaceOf(addsSpace, companion),
      scores: pieces.map(({ score }) => score),
    },
  };
}

/** Pieces that are found before text is split, as added tokens are. */
const isAdded = (kind: PieceKind) => kind === 'control' || kind === 'userDefined';

/** Files without `legacy` are of a time when there was no other way. */
function spaceOf(addsSpace: boolean, companion: Companion): PieceRules['space'] {
  if (!addsSpace || companion.add_prefix_space === false) return 'never';
  return companion.legacy === false ? 'first' : 'always';
}

/** Whether tokenizer_config.json describes a token: what it says counts, and `withDecoder` puts those in. */
function saidByCompanion(companion: Companion): (content: string) => boolean {
  const said = new Set(Object.values(companion.added_tokens_decoder ?? {}).map(({ content }) => content));
  return (content) => said.has(content);
}

/** added_tokens.json */
async function readAdded(directory: string, companion: Companion): Promise<AddedToken[]> {
  const added = (await readOptional(vocabularySchema, directory, 'added_tokens.json')) ?? {};
  const special = new Set(
    [
      ...(companion.additional_special_tokens ?? []),
      ...[companion.bos_token, companion.eos_token, companion.pad_token].filter((token) => token != null),
    ].map(nameOf),
  );
  const isSaid = saidByCompanion(companion);
  return Object.entries(added)
    .filter(([content]) => !isSaid(content))
    .map(([content, at]) => ({ id: at, content, special: special.has(content), ...foundAsItIs }));
}

/** One merge a line; the first line may state a version. */
async function readMergesFile(directory: string): Promise<string[]> {
  const name = 'merges.txt';
  const lines = (await readText(directory, name, maxTokenizerBytes)).split(/\r?\n/);
  const merges = lines.filter((line, index) => line !== '' && !(index === 0 && line.startsWith('#version')));
  const wrong = merges.find((line) => line.split(' ').length !== 2);
  if (wrong !== undefined) throw invalidCheckpoint(name, `the line ${quoted(wrong)} is not two tokens`);
  if (merges.length === 0) throw invalidCheckpoint(name, 'has no merges');
  return merges;
}

/** The processor's template before the tokenizer's own, as transformers has it. */
async function readTemplate(directory: string, companion: Companion): Promise<string | null> {
  const jinja = 'chat_template.jinja';
  if (await exists(join(directory, jinja))) return readText(directory, jinja, maxConfigBytes);
  const own = await readOptional(templateFileSchema, directory, 'chat_template.json');
  return defaultOf(own?.chat_template ?? companion.chat_template);
}

function defaultOf(chat: v.InferOutput<typeof template> | null | undefined): string | null {
  if (chat == null || typeof chat === 'string') return chat ?? null;
  return chat.find(({ name }) => name === 'default')?.template ?? null;
}

async function readText(directory: string, name: string, maxBytes: number): Promise<string> {
  const bytes = await readBytes(directory, name, maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalidCheckpoint(name, 'is not valid UTF-8', { cause });
  }
}

async function readBytes(directory: string, name: string, maxBytes: number): Promise<Uint8Array> {
  const file = await ByteFile.open(join(directory, name));
  try {
    if (file.size > maxBytes) throw file.fault(`has ${file.size} bytes; at most ${maxBytes} are accepted`);
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

function readLarge(directory: string, name: string): Promise<unknown> {
  return readStrictJson(join(directory, name), maxTokenizerBytes);
}

async function readOptional<Schema extends v.GenericSchema>(
  schema: Schema,
  directory: string,
  name: string,
): Promise<v.InferOutput<Schema> | null> {
  const path = join(directory, name);
  return (await exists(path)) ? parseSchema(schema, await readStrictJson(path, maxConfigBytes), name) : null;
}

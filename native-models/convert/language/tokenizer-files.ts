import { join } from 'node:path';
import * as v from 'valibot';

import { ByteFile } from '../../files/byte-file.ts';
import { exists } from '../../files/exists.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import { readStrictJson } from '../../files/strict-json.ts';

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
const addedToken = v.object({ id, content: v.string(), special: v.boolean() });

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

/**
 * SentencePiece's BPE as transformers writes it (Llama 2, Vicuna, Mistral, Phi-3): spaces are `▁`, one stands in front of every
 * text where there is a Prepend, and what is no piece is written in bytes.
 */
const piecesSchema = v.object({
  ...tokenizerSchema.entries,
  model: v.object({ ...tokenizerSchema.entries.model.entries, byte_fallback: v.literal(true) }),
  normalizer: v.object({
    type: v.literal('Sequence'),
    normalizers: v.union([v.strictTuple([prepends, replaces]), v.strictTuple([replaces])]),
  }),
  pre_tokenizer: v.nullish(v.never()),
});

const isOfPieces = v.object({ model: v.object({ byte_fallback: v.literal(true) }) });

function readTokenizerJson(json: unknown, file: string): TokenizerJson {
  if (!v.is(isOfPieces, json)) return parseSchema(tokenizerSchema, json, file);
  const { normalizer, ...tokenizer } = parseSchema(piecesSchema, json, file);
  return {
    ...tokenizer,
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [] },
    pieces: { addsSpace: normalizer.normalizers.length === 2 },
  };
}

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
export type TokenizerJson = v.InferOutput<typeof tokenizerSchema> & {
  readonly pieces?: { readonly addsSpace: boolean };
};

const tokenText = v.union([v.string(), v.object({ content: v.string() })]);
const template = v.union([v.string(), v.array(v.object({ name: v.string(), template: v.string() }))]);
const companionSchema = v.object({
  tokenizer_class: v.nullish(v.string()),
  bos_token: v.nullish(tokenText),
  eos_token: v.nullish(tokenText),
  pad_token: v.nullish(tokenText),
  add_bos_token: v.nullish(v.boolean()),
  additional_special_tokens: v.nullish(v.array(tokenText)),
  added_tokens_decoder: v.nullish(
    v.record(v.string(), v.object({ content: v.string(), special: v.optional(v.boolean(), false) })),
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
  /** Special tokens by their names (tokenizer_config.json). */
  readonly bos: string | null;
  readonly eos: string | null;
  readonly pad: string | null;
  /** What ends an answer by generation_config.json. */
  readonly eosIds: readonly number[];
  /** Jinja; null where the folder has none. */
  readonly template: string | null;
}

/**
 * Reads tokenizer.json, or where it is missing the files of Qwen's older tokenizer, and their companions. Throws
 * `checkpoint-invalid` naming the file and what is wrong in it.
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const companion = await readOptional(companionSchema, directory, 'tokenizer_config.json');
  const generation = await readOptional(generationSchema, directory, 'generation_config.json');
  const isFast = (await exists(join(directory, 'tokenizer.json'))) || !(await isQwen(directory, companion));
  const file = isFast ? 'tokenizer.json' : 'vocab.json';
  const json = isFast
    ? readTokenizerJson(await readLarge(directory, file), file)
    : await readQwenFiles(directory, companion!);
  const text = (token: v.InferOutput<typeof tokenText> | null | undefined) =>
    token == null ? null : nameOf(token);
  return {
    file,
    json: { ...json, added_tokens: withDecoder(json.added_tokens, companion) },
    bos: text(companion?.bos_token),
    eos: text(companion?.eos_token),
    pad: text(companion?.pad_token),
    eosIds: [generation?.eos_token_id ?? []].flat(),
    template: await readTemplate(directory, companion),
  };
}

const nameOf = (token: v.InferOutput<typeof tokenText>): string =>
  typeof token === 'string' ? token : token.content;

type AddedToken = v.InferOutput<typeof addedToken>;

/** transformers adds the tokens of tokenizer_config.json that the tokenizer's own file lacks. */
function withDecoder(added: readonly AddedToken[], companion: Companion | null): AddedToken[] {
  const known = new Set(added.map(({ content }) => content));
  const others = Object.entries(companion?.added_tokens_decoder ?? {}).map(([key, token]) => ({
    ...token,
    id: parseSchema(id, /^\d{1,9}$/.test(key) ? Number(key) : key, 'tokenizer_config.json'),
  }));
  return [...added, ...others.filter(({ content }) => !known.has(content))];
}

/** Splits text as Qwen2's and Qwen3's tokenizers do. */
export const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Whether a folder without tokenizer.json has the files of `Qwen2Tokenizer`, whose steps are known without one. */
async function isQwen(directory: string, companion: Companion | null): Promise<boolean> {
  const isNamed = /^Qwen2Tokenizer(Fast)?$/.test(companion?.tokenizer_class ?? '');
  return isNamed && (await exists(join(directory, 'vocab.json')));
}

/** `Qwen2Tokenizer` as tokenizer.json would say it (transformers, `convert_slow_tokenizer.py`, Qwen2Converter). */
async function readQwenFiles(directory: string, companion: Companion): Promise<TokenizerJson> {
  const vocab = parseSchema(vocabularySchema, await readLarge(directory, 'vocab.json'), 'vocab.json');
  const added = (await readOptional(vocabularySchema, directory, 'added_tokens.json')) ?? {};
  const special = new Set(
    [
      ...(companion.additional_special_tokens ?? []),
      ...[companion.bos_token, companion.eos_token, companion.pad_token].filter((token) => token != null),
    ].map(nameOf),
  );
  const decoded = new Set(Object.values(companion.added_tokens_decoder ?? {}).map(({ content }) => content));
  return {
    model: { type: 'BPE', vocab, merges: await readMergesFile(directory) },
    // What tokenizer_config.json says of a token counts; `withDecoder` puts those in.
    added_tokens: Object.entries(added)
      .filter(([content]) => !decoded.has(content))
      .map(([content, at]) => ({ id: at, content, special: special.has(content) })),
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
async function readTemplate(directory: string, companion: Companion | null): Promise<string | null> {
  const jinja = 'chat_template.jinja';
  if (await exists(join(directory, jinja))) return readText(directory, jinja, maxConfigBytes);
  const own = await readOptional(templateFileSchema, directory, 'chat_template.json');
  return defaultOf(own?.chat_template ?? companion?.chat_template);
}

function defaultOf(chat: v.InferOutput<typeof template> | null | undefined): string | null {
  if (chat == null || typeof chat === 'string') return chat ?? null;
  return chat.find(({ name }) => name === 'default')?.template ?? null;
}

async function readText(directory: string, name: string, maxBytes: number): Promise<string> {
  const file = await ByteFile.open(join(directory, name));
  try {
    if (file.size > maxBytes) throw file.fault(`has ${file.size} bytes; at most ${maxBytes} are accepted`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.read(0, file.size));
  } catch (cause) {
    if (cause instanceof TypeError) throw file.fault('is not valid UTF-8', { cause });
    throw cause;
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

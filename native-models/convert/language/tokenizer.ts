import { join } from 'node:path';
import * as v from 'valibot';

import { convLlama3Tokens, endOfTurn, llama3Template } from './chat-format.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import type { CheckpointFacts } from '../checkpoint/read-config.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import { readStrictJson } from '../../files/strict-json.ts';
import { exists } from '../../files/exists.ts';

/** What a GGUF file says about text, read from tokenizer.json and its companions. */
export interface Tokenizer {
  /** One a row of the embeddings, by id; rows without a token are named `[PADid]`. */
  readonly tokens: readonly string[];
  /** llama.cpp's token types, by id. */
  readonly types: readonly number[];
  /** `left right`, most important first. */
  readonly merges: readonly string[];
  /** llama.cpp's name for the way text is split before merging. */
  readonly preTokenizer: string;
  readonly bosId: number;
  readonly eosId: number;
  readonly eotId: number;
  readonly padId: number | null;
  /** Whether the post_processor puts a BOS in front of every text. */
  readonly addsBos: boolean;
  /** Jinja, for llama.cpp's own tools. */
  readonly chatTemplate: string;
  /** Ids that end an answer, ascending. */
  readonly stopIds: readonly number[];
}

/** enum llama_token_type of llama.h. */
const tokenType = { normal: 1, control: 3, userDefined: 4, unused: 5 } as const;

/** Llama 3's has 9 to 17 MB, depending on its layout. */
const maxTokenizerBytes = 64 * 2 ** 20;
const maxConfigBytes = 2 ** 20;

/**
 * How each known tokenizer splits text: the pattern of its Split and llama.cpp's name for it
 * (`LLAMA_VOCAB_PRE_TYPE_LLAMA3` in llama-vocab.cpp). A pattern off by one character gives other tokens, so unknown ones
 * are refused.
 */
const preTokenizers: Readonly<Record<string, string>> = {
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
    'llama-bpe',
};

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const step = v.looseObject({ type: v.string() });
const sequence = v.object({ type: v.literal('Sequence'), pretokenizers: v.array(step) });
const special = v.object({ SpecialToken: v.object({ id: v.string() }) });

const tokenizerSchema = v.object({
  model: v.object({
    type: v.literal('BPE'),
    // Checked by hand: half a million entries, and valibot's record leaves out keys such as "constructor", a token.
    vocab: v.custom<Readonly<Record<string, number>>>(isVocabulary, 'Expected tokens with their ids'),
    merges: v.custom<readonly (string | readonly string[])[]>(isMerges, 'Expected a list of merges'),
    byte_fallback: v.optional(v.literal(false)),
  }),
  added_tokens: v.array(v.object({ id, content: v.string(), special: v.boolean() })),
  normalizer: v.optional(v.null()),
  pre_tokenizer: sequence,
  post_processor: v.nullish(step),
});

function isVocabulary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((at) => Number.isSafeInteger(at) && (at as number) >= 0);
}

function isMerges(value: unknown): boolean {
  const isText = (part: unknown) => typeof part === 'string';
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((merge) => isText(merge) || (Array.isArray(merge) && merge.every(isText)));
}

type TokenizerJson = v.InferOutput<typeof tokenizerSchema>;

const tokenText = v.union([v.string(), v.object({ content: v.string() })]);
const template = v.union([v.string(), v.array(v.object({ name: v.string(), template: v.string() }))]);
const companionSchema = v.object({
  bos_token: v.nullish(tokenText),
  eos_token: v.nullish(tokenText),
  pad_token: v.nullish(tokenText),
  chat_template: v.nullish(template),
});

const generationSchema = v.object({ eos_token_id: v.nullish(v.union([id, v.array(id)])) });

/**
 * Reads the tokenizer of a checkpoint folder: byte-level BPE in Llama 3's format. Throws `checkpoint-invalid` naming the
 * file and what is missing, unknown or contradictory in it.
 */
export async function readTokenizer(
  directory: string,
  vocabularySize: number,
  facts: Pick<CheckpointFacts, 'bosId' | 'eosIds'>,
): Promise<Tokenizer> {
  const json = parseSchema(
    tokenizerSchema,
    await readStrictJson(join(directory, 'tokenizer.json'), maxTokenizerBytes),
    'tokenizer.json',
  );
  const companion = await readOptional(companionSchema, directory, 'tokenizer_config.json');
  const generation = await readOptional(generationSchema, directory, 'generation_config.json');
  const vocabulary = readVocabulary(json, vocabularySize);
  const idOf = (content: string, what: string): number => {
    const found = vocabulary.ids.get(content);
    if (found === undefined) throw fault(`has no token ${quoted(content)}, which is ${what}`);
    return found;
  };
  for (const token of convLlama3Tokens) {
    if (vocabulary.types[idOf(token, 'part of the chat format')] !== tokenType.control) {
      throw fault(`does not mark ${quoted(token)} as special`);
    }
  }
  const named = (token: v.InferOutput<typeof tokenText> | null | undefined, what: string): number | null =>
    token == null ? null : idOf(typeof token === 'string' ? token : token.content, what);
  const bosId = named(companion?.bos_token, 'bos_token') ?? facts.bosId;
  const eosId = named(companion?.eos_token, 'eos_token') ?? facts.eosIds[0] ?? null;
  if (bosId === null || eosId === null)
    throw invalidCheckpoint('tokenizer_config.json', 'names no bos or eos token');
  const eotId = idOf(endOfTurn, 'the end of a turn');
  const stopIds = new Set([eosId, eotId, ...facts.eosIds, ...[generation?.eos_token_id ?? []].flat()]);
  for (const stop of [bosId, ...stopIds]) {
    if (stop >= vocabularySize)
      throw invalidCheckpoint('config.json', `token ${stop} is beyond the vocabulary`);
  }
  return {
    tokens: vocabulary.tokens,
    types: vocabulary.types,
    merges: readMerges(json, vocabulary.ids),
    preTokenizer: recognisePreTokenizer(json),
    bosId,
    eosId,
    eotId,
    padId: named(companion?.pad_token, 'pad_token'),
    addsBos: readAddsBos(json, bosId, vocabulary.tokens),
    chatTemplate: readTemplate(companion?.chat_template),
    stopIds: [...stopIds].sort((a, b) => a - b),
  };
}

interface Vocabulary {
  readonly tokens: string[];
  readonly types: number[];
  readonly ids: ReadonlyMap<string, number>;
}

function readVocabulary({ model, added_tokens: added }: TokenizerJson, size: number): Vocabulary {
  const tokens = new Array<string | undefined>(size).fill(undefined);
  const types = new Array<number>(size).fill(tokenType.unused);
  const ids = new Map<string, number>();
  const place = (content: string, at: number, type: number): void => {
    if (at >= size)
      throw fault(`token ${quoted(content)} has the id ${at}, but the embeddings have ${size} rows`);
    if ((tokens[at] ?? content) !== content)
      throw fault(`gives the id ${at} to ${quoted(content)} and another token`);
    if ((ids.get(content) ?? at) !== at) throw fault(`lists the token ${quoted(content)} twice`);
    tokens[at] = content;
    types[at] = type;
    ids.set(content, at);
  };
  for (const [content, at] of Object.entries(model.vocab)) place(content, at, tokenType.normal);
  // Listed in the vocabulary as well or not: what is said here counts.
  for (const { id: at, content, special } of added) {
    place(content, at, special ? tokenType.control : tokenType.userDefined);
  }
  const filled = tokens.map((token, at) => {
    if (token !== undefined) return token;
    const filler = `[PAD${at}]`;
    if (ids.has(filler)) throw fault(`uses the name ${filler}, which stands for an unused row`);
    return filler;
  });
  return { tokens: filled, types, ids };
}

/** Newer files hold pairs, older ones `left right`; the tokens themselves hold no spaces (`Ġ` stands for one). */
function readMerges({ model }: TokenizerJson, ids: ReadonlyMap<string, number>): string[] {
  return model.merges.map((merge) => {
    const parts: readonly string[] = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = parts;
    const known = parts.length === 2 && ids.has(left!) && ids.has(right!) && ids.has(left! + right!);
    if (!known) throw fault(`the merge ${quoted(parts.join(' '))} is not of two tokens into a third`);
    return `${left} ${right}`;
  });
}

const splitSchema = v.object({
  type: v.literal('Split'),
  pattern: v.object({ Regex: v.string() }),
  behavior: v.literal('Isolated'),
  invert: v.optional(v.literal(false)),
});
const byteLevelSchema = v.object({
  type: v.literal('ByteLevel'),
  add_prefix_space: v.literal(false),
  use_regex: v.literal(false),
});

function recognisePreTokenizer({ pre_tokenizer: { pretokenizers } }: TokenizerJson): string {
  const parsed = v.safeParse(v.strictTuple([splitSchema, byteLevelSchema]), pretokenizers);
  if (!parsed.success) {
    const steps = pretokenizers.map(({ type }) => type).join(', ');
    throw fault(
      `splits text in a way that is not known (${quoted(steps)}); a Split and a ByteLevel are expected`,
    );
  }
  const pattern = parsed.output[0].pattern.Regex;
  const name = Object.hasOwn(preTokenizers, pattern) ? preTokenizers[pattern] : undefined;
  if (name === undefined) throw fault(`splits text by a pattern that is not known: ${quoted(pattern)}`);
  return name;
}

const templateSchema = v.object({
  type: v.literal('TemplateProcessing'),
  single: v.array(v.union([special, v.object({ Sequence: v.object({ id: v.string() }) })])),
});
const processorsSchema = v.object({ type: v.literal('Sequence'), processors: v.array(step) });

/** The post_processor decides: `[BOS, text]` adds one, `[text]` or nothing but byte offsets adds none. */
function readAddsBos(
  { post_processor: processor }: TokenizerJson,
  bosId: number,
  tokens: readonly string[],
): boolean {
  if (processor == null) return false;
  const steps = v.is(processorsSchema, processor) ? processor.processors : [processor];
  const added = steps
    .filter(({ type }) => type !== 'ByteLevel')
    .flatMap((one) => {
      const parsed = v.safeParse(templateSchema, one);
      if (!parsed.success) throw fault(`has a post_processor that is not known (${quoted(one.type)})`);
      return parsed.output.single.map((part) => ('SpecialToken' in part ? part.SpecialToken.id : null));
    });
  if (added.length === 0 || (added.length === 1 && added[0] === null)) return false;
  if (added.length === 2 && added[0] === tokens[bosId] && added[1] === null) return true;
  throw fault('has a post_processor that adds more than a BOS in front');
}

function readTemplate(chat: v.InferOutput<typeof template> | null | undefined): string {
  if (chat == null) return llama3Template;
  if (typeof chat === 'string') return chat;
  return chat.find(({ name }) => name === 'default')?.template ?? llama3Template;
}

async function readOptional<Schema extends v.GenericSchema>(
  schema: Schema,
  directory: string,
  name: string,
): Promise<v.InferOutput<Schema> | null> {
  const path = join(directory, name);
  return (await exists(path)) ? parseSchema(schema, await readStrictJson(path, maxConfigBytes), name) : null;
}

function fault(what: string) {
  return invalidCheckpoint('tokenizer.json', what);
}

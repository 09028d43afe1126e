import * as v from 'valibot';

import { byteTokens } from '../../package/check-language.ts';
import type { Manifest } from '../../package/manifest.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import type { LanguageFacts } from '../checkpoint/language-config.ts';
import { convLlama3, convLlama3Tokens, llama3Template } from './chat-format.ts';
import { chatFromTemplate, TemplateFault } from './chat-template.ts';
import { knownChat } from './known-chats.ts';
import { withoutStripped, withPictures } from './language-chat.ts';
import type { PicturesInChat } from '../../families/recognised.ts';
import {
  qwenPattern,
  readTokenizerFiles,
  type TokenizerFiles,
  type TokenizerJson,
} from './tokenizer-files.ts';

/** What a GGUF file says about text, read from tokenizer.json and its companions, and how the model is spoken to. */
export interface Tokenizer {
  /** One a row of the embeddings, by id; rows without a token are named `[PADid]`. */
  readonly tokens: readonly string[];
  /** llama.cpp's token types, by id. */
  readonly types: readonly number[];
  /** `left right`, most important first. */
  readonly merges: readonly string[];
  /** llama.cpp's name for the way text is split before merging. */
  readonly preTokenizer: string;
  /** Of SentencePiece's kind: how early a piece is put together, by id, and whether a space stands in front of all plain text. */
  readonly pieces: { readonly scores: readonly number[]; readonly addsSpace: boolean } | null;
  readonly unknownId: number | null;
  readonly bosId: number | null;
  readonly eosId: number;
  /** The end of a turn where it is another token than the end of an answer. */
  readonly eotId: number | null;
  readonly padId: number | null;
  /** Whether the post_processor puts a BOS in front of every text. */
  readonly addsBos: boolean;
  /** Jinja, for llama.cpp's own tools; null where there is none. */
  readonly chatTemplate: string | null;
  readonly chat: Manifest['chat'];
  /** Ids that end an answer, ascending. */
  readonly stopIds: readonly number[];
}

/** How a family is spoken to: as INF-LLaVA's authors do, or as the checkpoint's own template says, with pictures in their place. */
export type Speech = 'conv_llama3' | PicturesInChat;

/** enum llama_token_type of llama.h. */
const tokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/**
 * Reads the tokenizer of a checkpoint folder: byte-level BPE as Llama 3, Qwen or SmolLM2 have it, or SentencePiece's as
 * Llama 2, Mistral or Phi-3. Throws `checkpoint-invalid` naming the file and what is missing, unknown or contradictory in it.
 */
export async function readTokenizer(
  directory: string,
  vocabularySize: number,
  facts: Pick<LanguageFacts, 'bosId' | 'eosIds'>,
  speech: Speech = 'conv_llama3',
): Promise<Tokenizer> {
  const files = await readTokenizerFiles(directory);
  const { json, file } = files;
  const vocabulary = readVocabulary(files, vocabularySize);
  const idOf = (content: string, what: string): number => {
    const found = vocabulary.ids.get(content);
    if (found === undefined)
      throw invalidCheckpoint(file, `has no token ${quoted(content)}, which is ${what}`);
    return found;
  };
  if (json.pieces) for (const name of byteTokens) idOf(name, 'what a byte is written as');
  if (speech === 'conv_llama3') for (const token of convLlama3Tokens) idOf(token, 'part of the chat format');
  else for (const tag of speech.tags) idOf(tag, 'what stands around pictures');
  const named = (token: string | null, what: string) => (token === null ? null : idOf(token, what));
  const beyond = files.eosIds.find((at) => at >= vocabularySize);
  if (beyond !== undefined)
    throw invalidCheckpoint('generation_config.json', `token ${beyond} is beyond the vocabulary`);
  // Those of config.json may be left over from another vocabulary.
  const isToken = (at: number | null) => at !== null && at < vocabularySize;
  const bosId = named(files.bos, 'bos_token') ?? (isToken(facts.bosId) ? facts.bosId : null);
  const namedEos = named(files.eos, 'eos_token');
  // As transformers has it, which makes a generation_config.json of config.json where there is none.
  const eosIds = files.eosIds.length > 0 ? files.eosIds : facts.eosIds.filter(isToken);
  const statedEos = namedEos ?? eosIds[0] ?? null;
  const text = (at: number | null) => (at === null ? '' : vocabulary.tokens[at]!);
  const thatStrip = (side: 'lstrip' | 'rstrip') =>
    json.added_tokens.filter((token) => token[side]).map(({ content }) => content);
  const { pieces } = json;
  const written = withoutStripped(
    readChat(files, vocabulary, speech, { bos: text(bosId), eos: text(statedEos) }),
    { inFront: thatStrip('lstrip'), behind: thatStrip('rstrip') },
  );
  const chat = pieces?.space === 'first' ? withSpaceInFront(written, json.added_tokens) : written;
  // The token with which the format closes an answer.
  const eotId = vocabulary.ids.get(chat.assistant.after.trim()) ?? null;
  const eosId = statedEos ?? eotId;
  if (eosId === null) throw invalidCheckpoint('tokenizer_config.json', 'names no eos token');
  const stopIds = new Set([eosId, ...(eotId === null ? [] : [eotId]), ...eosIds]);
  const merges = readMerges(files, vocabulary.ids);
  const opening = openingOf(chat);
  // A template that writes the BOS is rendered for a tokenizer that adds none, but for the authors' own format.
  const writesBos = speech !== 'conv_llama3' && bosId !== null && opening.startsWith(text(bosId));
  return {
    tokens: vocabulary.tokens,
    types: vocabulary.types,
    merges,
    preTokenizer: pieces ? 'default' : recognisePreTokenizer(files),
    pieces: pieces
      ? {
          addsSpace: pieces.space === 'always',
          scores: scoresOf(vocabulary.tokens, merges, pieces.scores),
        }
      : null,
    unknownId: named(json.model.unk_token ?? null, 'unk_token'),
    bosId,
    eosId,
    eotId: eotId === eosId ? null : eotId,
    padId: files.pad === null ? null : (vocabulary.ids.get(files.pad) ?? null),
    addsBos: !writesBos && readAddsBos(json, file, text(bosId)),
    chatTemplate: files.template ?? (speech === 'conv_llama3' ? llama3Template : null),
    chat,
    stopIds: [...stopIds].sort((a, b) => a - b),
  };
}

const openingOf = ({ begin, systemPlace, system, user }: Manifest['chat']) =>
  begin + (systemPlace === 'own-turn' ? system.before : '') + user.before;

/** The space that stands in front of a text that begins plainly, which llama.cpp puts before all plain text or none. */
function withSpaceInFront(chat: Manifest['chat'], tokens: TokenizerJson['added_tokens']): Manifest['chat'] {
  const opening = openingOf(chat);
  if (tokens.some(({ content }) => opening.startsWith(content))) return chat;
  return { ...chat, begin: ` ${chat.begin}` };
}

function readChat(
  { file, template }: TokenizerFiles,
  vocabulary: Vocabulary,
  speech: Speech,
  special: { readonly bos: string; readonly eos: string },
): Manifest['chat'] {
  if (speech === 'conv_llama3') return convLlama3;
  if (template === null) {
    const known = knownChat(vocabulary.ids);
    if (known !== null) return withPictures(known, speech);
    throw invalidCheckpoint(
      file,
      'comes with no chat template, and its tokens are not of a known chat format',
    );
  }
  try {
    return withPictures(chatFromTemplate(template, special), speech);
  } catch (error) {
    if (error instanceof TemplateFault) throw invalidCheckpoint(file, `its chat template ${error.message}`);
    throw error;
  }
}

interface Vocabulary {
  readonly tokens: string[];
  readonly types: number[];
  readonly ids: ReadonlyMap<string, number>;
}

function readVocabulary({ json, file }: TokenizerFiles, size: number): Vocabulary {
  const { model, added_tokens: added } = json;
  const fault = (what: string) => invalidCheckpoint(file, what);
  const tokens = new Array<string | undefined>(size).fill(undefined);
  const types = new Array<number>(size).fill(tokenType.unused);
  const ids = new Map<string, number>();
  const place = (content: string, at: number, type: number): void => {
    if (content === '') throw fault(`has a token of nothing, with the id ${at}`);
    if (content.includes('\u0000'))
      throw fault(`token ${quoted(content)} has a zero byte, at which llama.cpp ends a text`);
    if (at >= size)
      throw fault(`token ${quoted(content)} has the id ${at}, but the embeddings have ${size} rows`);
    if ((tokens[at] ?? content) !== content)
      throw fault(`gives the id ${at} to ${quoted(content)} and another token`);
    if ((ids.get(content) ?? at) !== at) throw fault(`lists the token ${quoted(content)} twice`);
    tokens[at] = content;
    types[at] = type;
    ids.set(content, at);
  };
  const typeOf = (content: string) => {
    if (content === model.unk_token) return tokenType.unknown;
    return json.pieces && /^<0x[0-9A-F]{2}>$/.test(content) ? tokenType.byte : tokenType.normal;
  };
  for (const [content, at] of Object.entries(model.vocab)) place(content, at, typeOf(content));
  // Listed in the vocabulary as well or not: what is said here counts.
  for (const { id: at, content, special, lstrip, single_word } of added) {
    if (content === model.unk_token) place(content, at, tokenType.unknown);
    else if (special || looksSpecial(content)) place(content, at, tokenType.control);
    // No GGUF file can say either of a token that is looked for in a person's text.
    else if (lstrip)
      throw fault(`token ${quoted(content)} takes the white space in front of it with it (lstrip)`);
    else if (single_word)
      throw fault(`token ${quoted(content)} is found as a whole word alone (single_word)`);
    else place(content.replaceAll('▁', ' '), at, tokenType.userDefined);
  }
  const filled = tokens.map((token, at) => {
    if (token !== undefined) return token;
    const filler = `[PAD${at}]`;
    if (ids.has(filler)) throw fault(`uses the name ${filler}, which stands for an unused row`);
    return filler;
  });
  return { tokens: filled, types, ids };
}

/** What llama.cpp's converter takes for control tokens besides those that say so (`does_token_look_special`). */
function looksSpecial(content: string): boolean {
  return /^(<\|.*\|>|<｜.*｜>|<unused.*>|<pad>|<mask>|<2mass>|\[@BOS@\])$/su.test(content);
}

/** Newer files hold pairs, older ones `left right`; the tokens themselves hold no spaces (`Ġ` stands for one). */
function readMerges({ json, file }: TokenizerFiles, ids: ReadonlyMap<string, number>): string[] {
  return json.model.merges.map((merge) => {
    const parts: readonly string[] = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = parts;
    const known = parts.length === 2 && ids.has(left!) && ids.has(right!) && ids.has(left! + right!);
    if (!known)
      throw invalidCheckpoint(file, `the merge ${quoted(parts.join(' '))} is not of two tokens into a third`);
    return `${left} ${right}`;
  });
}

/** Of two pieces that can be put together, SentencePiece takes the one of the higher score; merges are in that order. */
function scoresOf(
  tokens: readonly string[],
  merges: readonly string[],
  stated: readonly number[] | null,
): number[] {
  // Added tokens are found before pieces are: they need none.
  if (stated !== null) return tokens.map((_, at) => stated[at] ?? 0);
  const ranks = new Map<string, number>();
  for (const [rank, merge] of merges.entries()) {
    const piece = merge.replace(' ', '');
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  return tokens.map((token) => -(ranks.get(token) ?? merges.length));
}

const splitSchema = v.object({
  type: v.literal('Split'),
  pattern: v.object({ Regex: v.string() }),
  behavior: v.literal('Isolated'),
  invert: v.optional(v.literal(false)),
});
const byteLevel = { type: v.literal('ByteLevel'), add_prefix_space: v.literal(false) };
const bySplit = v.strictTuple([splitSchema, v.object({ ...byteLevel, use_regex: v.literal(false) })]);
/** GPT-2's own splitting, every digit by itself. */
const byDigits = v.strictTuple([
  v.object({ type: v.literal('Digits'), individual_digits: v.literal(true) }),
  v.object({ ...byteLevel, use_regex: v.optional(v.literal(true), true) }),
]);

/**
 * How each known tokenizer splits text: the pattern of its Split, llama.cpp's name for it (llama-vocab.cpp) and what it does to
 * text before. A pattern off by one character gives other tokens, so unknown ones are refused.
 */
const splits: Readonly<Record<string, { readonly name: string; readonly normalizer: string | null }>> = {
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
    { name: 'llama-bpe', normalizer: null },
  [qwenPattern]: { name: 'qwen2', normalizer: 'NFC' },
};

function recognisePreTokenizer({ json, file }: TokenizerFiles): string {
  const { pretokenizers } = json.pre_tokenizer;
  const { name, normalizer } = v.is(byDigits, pretokenizers)
    ? { name: 'smollm', normalizer: null }
    : recogniseSplit(pretokenizers, file);
  const found = json.normalizer?.type ?? null;
  if (found !== normalizer) {
    const [is, expected] = [found, normalizer].map((type) => (type === null ? 'none' : quoted(type)));
    throw invalidCheckpoint(file, `normalizer is ${is}; text split as in ${name} is known with ${expected}`);
  }
  return name;
}

function recogniseSplit(pretokenizers: TokenizerJson['pre_tokenizer']['pretokenizers'], file: string) {
  const parsed = v.safeParse(bySplit, pretokenizers);
  if (!parsed.success) {
    const steps = pretokenizers.map(({ type }) => type).join(', ');
    throw invalidCheckpoint(
      file,
      `splits text in a way that is not known (${quoted(steps)}); a Split or Digits, and a ByteLevel are expected`,
    );
  }
  const pattern = parsed.output[0].pattern.Regex;
  const known = Object.hasOwn(splits, pattern) ? splits[pattern] : undefined;
  if (known === undefined)
    throw invalidCheckpoint(file, `splits text by a pattern that is not known: ${quoted(pattern)}`);
  return known;
}

const special = v.object({ SpecialToken: v.object({ id: v.string() }) });
const step = v.looseObject({ type: v.string() });
const templateSchema = v.object({
  type: v.literal('TemplateProcessing'),
  single: v.array(v.union([special, v.object({ Sequence: v.object({ id: v.string() }) })])),
});
const processorsSchema = v.object({ type: v.literal('Sequence'), processors: v.array(step) });

/** The post_processor decides: `[BOS, text]` adds one, `[text]` or nothing but byte offsets adds none. */
function readAddsBos({ post_processor: processor }: TokenizerJson, file: string, bos: string): boolean {
  if (processor == null) return false;
  const steps = v.is(processorsSchema, processor) ? processor.processors : [processor];
  const added = steps
    .filter(({ type }) => type !== 'ByteLevel')
    .flatMap((one) => {
      const parsed = v.safeParse(templateSchema, one);
      if (!parsed.success)
        throw invalidCheckpoint(file, `has a post_processor that is not known (${quoted(one.type)})`);
      return parsed.output.single.map((part) => ('SpecialToken' in part ? part.SpecialToken.id : null));
    });
  if (added.length === 0 || (added.length === 1 && added[0] === null)) return false;
  if (added.length === 2 && added[0] === bos && added[1] === null) return true;
  throw invalidCheckpoint(file, 'has a post_processor that adds more than a BOS in front');
}

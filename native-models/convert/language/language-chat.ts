import type { Manifest } from '../../package/manifest.ts';
import { quoted } from '../../files/invalid.ts';
import { chatFromTemplate, TemplateFault, type ChatPieces } from './chat-template.ts';
import type { GgufFacts } from '../../formats/gguf/gguf-facts.ts';
import { onLineOfItsOwn, type PicturesInChat } from '../../families/recognised.ts';
import { knownChat } from './known-chats.ts';

/** How a language model is spoken to, and what ends its answers. */
export interface LanguageChat extends Pick<Manifest['language'], 'addsBos' | 'stopIds'> {
  readonly chat: Manifest['chat'];
}

/**
 * Reads a language model's chat format from its metadata: from its chat template, or from its vocabulary where it brings
 * none. Throws the file's fault when it can be told from neither.
 */
export function readLanguageChat(facts: GgufFacts, pictures = onLineOfItsOwn): LanguageChat {
  const tokens = facts.array('tokenizer.ggml.tokens', 'string') as readonly string[];
  const text = (name: string) => tokens[idOf(facts, name) ?? -1] ?? '';
  const bos = text('bos');
  const pieces = readPieces(facts, tokens, { bos, eos: text('eos') });
  const written =
    pieces.begin + (pieces.systemPlace === 'own-turn' ? pieces.system.before : '') + pieces.user.before;
  const writesBos = bos !== '' && written.startsWith(bos);
  return {
    chat: withoutStripped(withPictures(pieces, pictures), {
      inFront: [],
      behind: strippingTokens(facts, tokens),
    }),
    // A template that writes the BOS itself is rendered for a tokenizer that adds none.
    addsBos: !writesBos && bos !== '' && addsBos(facts),
    stopIds: stopIds(facts, tokens, pieces),
  };
}

/** The chat format of a language model as its family uses it. */
export function withPictures(
  pieces: ChatPieces,
  { afterImage, spaceBeforeImage }: PicturesInChat,
): Manifest['chat'] {
  const { user } = pieces;
  const beforeImage = user.before.replace(/ $/, '');
  const isOther = !spaceBeforeImage && beforeImage !== user.before;
  return { ...pieces, user: { ...user, ...(isOther && { beforeImage }) }, afterImage };
}

/** Tokens that take white space away with them: in front of them (`lstrip`), and behind them (`rstrip`). */
export interface StrippingTokens {
  readonly inFront: readonly string[];
  readonly behind: readonly string[];
}

/** A chat format without the white space that the tokenizer takes away beside these tokens, however it is written. */
export function withoutStripped(
  chat: Manifest['chat'],
  { inFront, behind }: StrippingTokens,
): Manifest['chat'] {
  if (inFront.length + behind.length === 0) return chat;
  // Of no tokens, one that is nowhere.
  const oneOf = (tokens: readonly string[]) => `(?:${tokens.map(escaped).join('|') || '(?!)'})`;
  const stripped = new RegExp(`(?<=${oneOf(behind)})\\s+|\\s+(?=${oneOf(inFront)})`, 'gu');
  const strip = (text: string) => text.replace(stripped, '');
  const sides = <T extends object>(turn: T): T =>
    Object.fromEntries(Object.entries(turn).map(([side, text]) => [side, strip(String(text))])) as T;
  const [system, user, assistant] = [sides(chat.system), sides(chat.user), sides(chat.assistant)];
  // The first token of a turn may take the end of what stands in front of it.
  const end = (text: string, next: string) =>
    inFront.some((token) => next.startsWith(token)) ? text.trimEnd() : text;
  return {
    ...chat,
    begin: strip(chat.begin),
    system: chat.systemPlace === 'own-turn' ? { ...system, after: end(system.after, user.before) } : system,
    user: { ...user, after: end(user.after, assistant.before) },
    assistant: { ...assistant, after: end(assistant.after, user.before) },
  };
}

const escaped = (token: string) => token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Phi-3's tokens, which no GGUF file says this of; llama.cpp knows them by the model's name (`llama-vocab.cpp`), which people
 * change.
 */
function strippingTokens(facts: GgufFacts, tokens: readonly string[]): string[] {
  const known = new Set(tokens);
  const isPhi = ['<|user|>', '<|assistant|>', '<|end|>'].every((token) => known.has(token));
  if (!isPhi || facts.text('tokenizer.ggml.model') !== 'llama') return [];
  return tokens.filter((token) => /^<\|.*\|>$/u.test(token) && token !== '<|endoftext|>');
}

function readPieces(
  facts: GgufFacts,
  tokens: readonly string[],
  special: { readonly bos: string; readonly eos: string },
): ChatPieces {
  const template = facts.optionalText('tokenizer.chat_template');
  if (template === null) {
    const known = knownChat(new Set(tokens), `${facts.optionalText('general.name') ?? ''} ${facts.file}`);
    if (known === null)
      throw facts.fault('brings no chat template, and its vocabulary is not of a known chat format');
    return known;
  }
  try {
    return chatFromTemplate(template, special);
  } catch (error) {
    if (error instanceof TemplateFault) throw facts.fault(`its chat template ${error.message}`);
    throw error;
  }
}

/** llama.cpp's names of vocabularies that begin with a BOS when the file does not say (`llama-vocab.cpp`). */
const preTokenizersWithBos: readonly string[] = ['llama3', 'llama-v3', 'llama-bpe'];

function addsBos(facts: GgufFacts): boolean {
  const stated = facts.optionalBool('tokenizer.ggml.add_bos_token');
  if (stated !== null) return stated;
  if (facts.text('tokenizer.ggml.model') === 'llama') return true;
  return preTokenizersWithBos.includes(facts.optionalText('tokenizer.ggml.pre') ?? '');
}

function idOf(facts: GgufFacts, name: string): number | null {
  const key = `tokenizer.ggml.${name}_token_id`;
  return facts.has(key) ? facts.u32(key) : null;
}

/** What the file calls the end, and the token with which the format closes an answer. */
function stopIds(facts: GgufFacts, tokens: readonly string[], { assistant }: ChatPieces): number[] {
  const named = ['eos', 'eot', 'eom'].map((name) => idOf(facts, name)).filter((id) => id !== null);
  const closing = tokens.findIndex((token) => token !== '' && assistant.after.trim() === token);
  const ids = new Set(closing === -1 ? named : [...named, closing]);
  if (ids.size === 0)
    throw facts.fault(`names no token that ends an answer (${quoted(assistant.after)} is none)`);
  return [...ids].sort((one, other) => one - other);
}

/** Text to token ids and back, by the tokenizer inside a language file. */
import { type LlamaLibrary, tokenAttribute, type VocabHandle } from './llama-bindings.ts';

/** A piece of a prompt: the words of a template, which may name special tokens, or those of a person, which may not. */
export type TextPiece = { readonly template: string } | { readonly text: string };

const space = 0x20;

/** Tokenizers that bring text into the normal form NFC first (their `normalizer`), which llama.cpp leaves to its caller. */
const normalisedSplittings: readonly string[] = ['qwen2'];

/**
 * Qwen's names for parts of code: no special tokens, but found in every text (`special: false`). llama.cpp's converter writes them
 * as control tokens, since they look like those.
 */
const foundInText: readonly string[] = [
  'fim_prefix',
  'fim_middle',
  'fim_suffix',
  'fim_pad',
  'repo_name',
  'file_sep',
];

/** Valid while the decoder it came from is; llama.cpp's tokenizer may be used while that decodes. */
export class Vocabulary {
  readonly size: number;
  /** Id of the token in front of a sequence, or -1 when the vocabulary has none. */
  readonly bos: number;
  /** Id of the token that begins an answer about a picture of a kind the model does not know; -1 when it has none. */
  readonly unknownPicture: number;
  /** Whether every text is read with a space in front, as tokenizers of the SentencePiece kind do. */
  readonly addsSpace: boolean;
  readonly #isNormalised: boolean;
  /** Control tokens that a person's text may name, by their names. */
  readonly #foundInText: ReadonlyMap<string, number>;
  readonly #library: LlamaLibrary;
  readonly #vocab: VocabHandle;
  /** Longest piece seen is far below; llama.cpp says when it does not suffice. */
  #piece = new Uint8Array(256);

  /** @param splitting `tokenizer.ggml.pre` of the file: which published tokenizer this is */
  constructor(library: LlamaLibrary, vocab: VocabHandle, splitting: string | null) {
    this.#library = library;
    this.#vocab = vocab;
    this.#isNormalised = splitting !== null && normalisedSplittings.includes(splitting);
    this.size = library.llama_vocab_n_tokens(vocab);
    this.bos = library.llama_vocab_bos(vocab);
    const [first] = this.#tokenizeRun('a', false);
    const names = splitting === 'qwen2' ? foundInText.map((name) => `<|${name}|>`) : [];
    const found = names.map((name) => [name, this.#special(name)] as const);
    this.#foundInText = new Map(found.filter(([, id]) => id !== -1));
    this.unknownPicture = this.#special('<|unknown_picture|>');
    this.addsSpace = first !== undefined && this.bytes(first)[0] === space;
  }

  /**
   * Ids of pieces written one after another. Template pieces turn the names of special tokens into those tokens; in a
   * person's text such a name stays plain characters, unless it is one that its tokenizer finds everywhere. Neighbouring
   * plain characters are tokenised together, whichever piece they come from, as if the whole had been one string. No BOS is
   * added.
   */
  tokenize(pieces: readonly TextPiece[]): number[] {
    const ids: number[] = [];
    let plain = '';
    const flush = () => {
      const text = this.#isNormalised ? plain.normalize('NFC') : plain;
      if (text !== '') for (const id of this.#tokenizeRun(text, false)) ids.push(id);
      plain = '';
    };
    for (const piece of pieces) {
      const fragments = 'text' in piece ? this.#splitText(piece.text) : this.#splitTemplate(piece.template);
      for (const fragment of fragments) {
        if (typeof fragment === 'string') plain += fragment;
        else {
          flush();
          ids.push(fragment);
        }
      }
    }
    flush();
    return ids;
  }

  /** UTF-8 bytes a token stands for, possibly a part of a character; none for special tokens. */
  bytes(id: number): Uint8Array {
    for (;;) {
      const written = this.#library.llama_token_to_piece(
        this.#vocab,
        id,
        this.#piece,
        this.#piece.length,
        0,
        false,
      );
      if (written >= 0) return this.#piece.slice(0, written);
      this.#piece = new Uint8Array(-written);
    }
  }

  /** A template's plain characters and the ids of the special tokens between them, in order. */
  #splitTemplate(template: string): (string | number)[] {
    const fragments: (string | number)[] = [];
    let done = 0;
    for (const id of this.#tokenizeRun(template, true)) {
      if (!this.#isSpecial(id)) continue;
      const name = this.#library.llama_vocab_get_text(this.#vocab, id);
      const at = template.indexOf(name, done);
      if (at > done) fragments.push(template.slice(done, at));
      fragments.push(id);
      done = at + name.length;
    }
    if (done < template.length) fragments.push(template.slice(done));
    return fragments;
  }

  /** The same of a person's text. */
  #splitText(text: string): (string | number)[] {
    if (this.#foundInText.size === 0) return [text];
    return text.split(/(<\|[a-z_]+\|>)/).map((part) => this.#foundInText.get(part) ?? part);
  }

  #special(name: string): number {
    const [id, ...others] = this.#tokenizeRun(name, true);
    return id !== undefined && others.length === 0 && this.#isSpecial(id) ? id : -1;
  }

  #isSpecial(id: number): boolean {
    const attributes = this.#library.llama_vocab_get_attr(this.#vocab, id);
    return (attributes & (tokenAttribute.control | tokenAttribute.unknown)) !== 0;
  }

  #tokenizeRun(text: string, parseSpecial: boolean): Int32Array {
    const utf8 = Buffer.from(text, 'utf8');
    // A token covers at least a byte; tokenizers of the SentencePiece kind put one space in front.
    const ids = new Int32Array(utf8.length + 1);
    const count = this.#library.llama_tokenize(
      this.#vocab,
      utf8,
      utf8.length,
      ids,
      ids.length,
      false,
      parseSpecial,
    );
    return ids.subarray(0, count);
  }
}

/**
 * Joins the pieces of an answer: a character whose bytes are split over tokens appears when its last byte came. One
 * that is never finished, because the answer was cut off, does not appear. The space that the tokenizer puts in front of every
 * text, or that the model writes because a chat's answers begin with one, is taken off again.
 */
export class TextStream {
  readonly #vocabulary: Vocabulary;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #leading: string;
  #isStart = true;

  /** @param leading white space with which the model begins an answer */
  constructor(vocabulary: Vocabulary, leading = '') {
    this.#vocabulary = vocabulary;
    this.#leading = vocabulary.addsSpace ? ' ' : leading;
  }

  /** The text that `id` completes; empty while a character is unfinished. Bytes that are no UTF-8 become U+FFFD. */
  push(id: number): string {
    const text = this.#decoder.decode(this.#vocabulary.bytes(id), { stream: true });
    if (!this.#isStart || text === '') return text;
    this.#isStart = false;
    return text.startsWith(this.#leading) ? text.slice(this.#leading.length) : text;
  }
}

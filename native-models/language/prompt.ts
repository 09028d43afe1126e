/**
 * A conversation as the model reads it: runs of token ids and runs of image embeddings, in the template of the package
 * (the authors' `conv_llama3` for the published model, `INF_llava/conversation.py`).
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../preload/contract/errors.ts';
import type { Manifest } from '../package/manifest.ts';
import type { PicturePiece } from '../families/picture-piece.ts';
import type { TextPiece, Vocabulary } from './vocabulary.ts';

/** What one picture becomes for the language model. */
export interface ImageEmbeddings {
  /** [count, width], float32. */
  readonly rows: Float32Array;
  readonly count: number;
  /** How the rows stand in the prompt, and the text around and between them. */
  readonly pieces: readonly PicturePiece[];
  /** Hash of the numbers: the same picture, encoded alike, is recognised in the KV cache by it. */
  readonly digest: string;
}

/**
 * @param rows [count, width], as the enhance graph gives them; not to be changed afterwards
 * @param pieces where the rows stand in the prompt; by default in one run, without text
 */
export function imageEmbeddings(
  rows: Float32Array,
  width: number,
  pieces: readonly PicturePiece[] = [{ rows: rows.length / width }],
): ImageEmbeddings {
  if (rows.length === 0 || rows.length % width !== 0)
    throw new AppError('internal', `${rows.length} numbers are no rows of embeddings of width ${width}.`);
  const count = rows.length / width;
  if (rowsOf(pieces) !== count)
    throw new AppError('internal', `${count} rows of embeddings for ${rowsOf(pieces)} places in the prompt.`);
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  return { rows, count, pieces, digest: createHash('sha256').update(bytes).digest('base64') };
}

/** A picture of which only the size is known yet: enough to measure what a question about it would take. */
export const pictureOfSize = (pieces: readonly PicturePiece[]): ImageEmbeddings => ({
  rows: new Float32Array(0),
  count: rowsOf(pieces),
  pieces,
  digest: '',
});

const rowsOf = (pieces: readonly PicturePiece[]): number =>
  pieces.reduce((sum, piece) => sum + ('rows' in piece ? piece.rows : 0), 0);

/** A run of a picture's embeddings: `count` of its rows, the first being number `from`. */
export interface ImageRun {
  readonly image: ImageEmbeddings;
  readonly from: number;
  readonly count: number;
}

/** A run of the sequence. */
export type PromptPart = { readonly ids: readonly number[] } | ImageRun;

export const partLength = (part: PromptPart): number => ('ids' in part ? part.ids.length : part.count);

/**
 * What a person asks: pictures, which come first, and a question about them or about those of earlier turns. A picture is a
 * part of a photo, a key, a size or embeddings, by how far it has come.
 */
export interface Question<Picture> {
  readonly text: string;
  readonly pictures: readonly Picture[];
}

/** A question with its answer: a text or, as the model wrote it, token ids without the one that ended it. */
export interface Turn<Picture, Answer = string> {
  readonly question: Question<Picture>;
  readonly answer: Answer;
}

/** A question after all that was said before it. */
export interface Dialogue<Picture> {
  readonly turns: readonly Turn<Picture>[];
  readonly question: Question<Picture>;
}

/** What a dialogue's question is about: the pictures that were brought in last. */
export const lastPictures = <Picture>({
  turns,
  question,
}: Pick<Dialogue<Picture>, 'question'> & {
  readonly turns: readonly Pick<Turn<Picture>, 'question'>[];
}): readonly Picture[] =>
  [...turns.map((turn) => turn.question), question].findLast(({ pictures }) => pictures.length > 0)
    ?.pictures ?? [];

/** How a package writes conversations: the part of its manifest that says so. */
export interface ChatFormat {
  readonly chat: Manifest['chat'];
  readonly language: Pick<Manifest['language'], 'addsBos' | 'stopIds'>;
}

/**
 * Everything up to where the answer to `question` begins. Without a question: up to where the first words of the next
 * one would begin, which is what can be decoded while they are being typed.
 */
export function conversationParts(
  vocabulary: Vocabulary,
  { chat, language }: ChatFormat,
  system: string,
  turns: readonly Turn<ImageEmbeddings, readonly number[]>[],
  next: Question<ImageEmbeddings> | Pick<Question<ImageEmbeddings>, 'pictures'>,
): PromptPart[] {
  const writer = new PartWriter(vocabulary);
  if (language.addsBos) writer.ids([vocabulary.bos]);
  writer.template(chat.begin);
  const inQuestion = chat.systemPlace === 'first-question' ? system : '';
  if (inQuestion === '') writeSystem(writer, chat, system);
  for (const [index, { question, answer }] of turns.entries()) {
    openQuestion(writer, chat, index === 0 ? inQuestion : '', question.pictures.length > 0);
    writeQuestion(writer, chat, question);
    writer.ids(answer);
    writer.template(chat.assistant.after);
  }
  if (!('text' in next) && next.pictures.length === 0) return writer.end();
  openQuestion(writer, chat, turns.length === 0 ? inQuestion : '', next.pictures.length > 0);
  if ('text' in next) writeQuestion(writer, chat, next);
  else writePictures(writer, chat, next.pictures);
  return writer.end();
}

/** Nothing at all without a system prompt: an empty one is not how conversations without one were written in training. */
function writeSystem(writer: PartWriter, chat: Manifest['chat'], system: string): void {
  if (system === '') return;
  writer.template(chat.system.before);
  writer.text(system);
  writer.template(chat.system.after);
}

/** @param system to be written inside the question, or '' */
function openQuestion(writer: PartWriter, chat: Manifest['chat'], system: string, hasImage: boolean): void {
  const { before, beforeImage = before } = chat.user;
  writer.template(hasImage && system === '' ? beforeImage : before);
  writeSystem(writer, chat, system);
}

function writeQuestion(
  writer: PartWriter,
  chat: Manifest['chat'],
  { text, pictures }: Question<ImageEmbeddings>,
): void {
  if (pictures.length > 0) {
    writePictures(writer, chat, pictures);
    writer.template(chat.afterImage);
  }
  writer.text(text);
  writer.template(chat.user.after);
  writer.template(chat.assistant.before);
}

function writePictures(
  writer: PartWriter,
  chat: Manifest['chat'],
  pictures: readonly ImageEmbeddings[],
): void {
  pictures.forEach((image, index) => {
    if (index > 0) writer.template(chat.afterImage);
    let from = 0;
    for (const piece of image.pieces) {
      if ('text' in piece) writer.template(piece.text);
      else {
        writer.run({ image, from, count: piece.rows });
        from += piece.rows;
      }
    }
  });
}

/** Collects runs: text between two other things is tokenised as one, ids between two runs of a picture are one part. */
class PartWriter {
  readonly #vocabulary: Vocabulary;
  readonly #parts: PromptPart[] = [];
  #pieces: TextPiece[] = [];
  #ids: number[] = [];

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  template(template: string): void {
    this.#pieces.push({ template });
  }

  text(text: string): void {
    this.#pieces.push({ text });
  }

  ids(ids: readonly number[]): void {
    this.#tokenize();
    this.#ids = this.#ids.concat(ids);
  }

  run(run: ImageRun): void {
    this.#endRun();
    this.#parts.push(run);
  }

  end(): PromptPart[] {
    this.#endRun();
    return this.#parts;
  }

  #tokenize(): void {
    this.#ids = this.#ids.concat(this.#vocabulary.tokenize(this.#pieces));
    this.#pieces = [];
  }

  #endRun(): void {
    this.#tokenize();
    if (this.#ids.length > 0) this.#parts.push({ ids: this.#ids });
    this.#ids = [];
  }
}

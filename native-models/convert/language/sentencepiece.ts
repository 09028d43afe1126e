import protobuf from 'protobufjs/light.js';

import { AppError } from '../../../preload/contract/errors.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';

/** A `tokenizer.model`: pieces by id, and how text is brought to them. */
export interface PieceModel {
  readonly pieces: readonly SentencePiece[];
  /** Whether a space is put in front of a text. */
  readonly addsSpace: boolean;
}

export interface SentencePiece {
  readonly text: string;
  /** Of two pieces that can be put together, the one of the higher score is. */
  readonly score: number;
  readonly kind: PieceKind;
}

/** `ModelProto.SentencePiece.Type`, from 1. */
const kinds = ['normal', 'unknown', 'control', 'userDefined', 'unused', 'byte'] as const;
export type PieceKind = (typeof kinds)[number];

/** Far beyond any tokenizer. */
const mostPieces = 2 ** 20;

/** `TrainerSpec.ModelType`. */
const bpe = 2;

/** What of the trainer's and the normaliser's settings says how text is read, with the defaults of the format. */
interface Settings {
  modelType: number;
  byteFallback: boolean;
  charsMapBytes: number;
  addsSpace: boolean;
  removesSpaces: boolean;
  escapesSpaces: boolean;
}

/**
 * Reads a SentencePiece model (sentencepiece_model.proto of github.com/google/sentencepiece) of BPE that writes what is no piece
 * in bytes and changes nothing of a text but its spaces, as Llama's, Mistral's and Phi-3's do. Throws `checkpoint-invalid` for any
 * other, and when the bytes are none.
 */
export function readPieceModel(bytes: Uint8Array, file: string): PieceModel {
  const fault = (what: string) => invalidCheckpoint(file, what);
  const { pieces, settings } = decode(bytes, file);
  if (pieces.length === 0) throw fault('holds no pieces');
  if (settings.modelType !== bpe || !settings.byteFallback)
    throw fault('is not of BPE with bytes for what is no piece (model_type BPE, byte_fallback)');
  if (settings.charsMapBytes > 0 || settings.removesSpaces || !settings.escapesSpaces)
    throw fault('changes text before it is split (a normalizer other than identity), which is not known');
  return { pieces, addsSpace: settings.addsSpace };
}

/** One pass, which keeps nothing but pieces and settings, and no more pieces than any tokenizer has. */
function decode(bytes: Uint8Array, file: string): { pieces: SentencePiece[]; settings: Settings } {
  const pieces: SentencePiece[] = [];
  const settings: Settings = {
    ...{ modelType: 1, byteFallback: false, charsMapBytes: 0 },
    ...{ addsSpace: true, removesSpaces: true, escapesSpaces: true },
  };
  try {
    eachField(protobuf.Reader.create(bytes), bytes.length, {
      1: (reader) => {
        if (pieces.length === mostPieces) throw invalidCheckpoint(file, `has more than ${mostPieces} pieces`);
        pieces.push(readPiece(reader, pieces.length, file));
      },
      2: (reader) =>
        eachField(reader, end(reader), {
          3: () => (settings.modelType = reader.int32()),
          35: () => (settings.byteFallback = reader.bool()),
        }),
      3: (reader) =>
        eachField(reader, end(reader), {
          2: () => reader.skip((settings.charsMapBytes = reader.uint32())),
          3: () => (settings.addsSpace = reader.bool()),
          4: () => (settings.removesSpaces = reader.bool()),
          5: () => (settings.escapesSpaces = reader.bool()),
        }),
    });
    return { pieces, settings };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw invalidCheckpoint(file, 'is no SentencePiece model', { cause });
  }
}

function readPiece(reader: protobuf.Reader, at: number, file: string): SentencePiece {
  let text = '';
  let score = 0;
  let number = 1;
  eachField(reader, end(reader), {
    1: () => (text = reader.string()),
    2: () => (score = reader.float()),
    3: () => (number = reader.int32()),
  });
  const kind = kinds[number - 1];
  if (text === '' || kind === undefined || !Number.isFinite(score))
    throw invalidCheckpoint(file, `piece ${at} (${quoted(text)}) has no text, score or kind that is known`);
  return { text, score, kind };
}

/** Where the message that begins here ends; checked against what is there by whoever reads on. */
function end(reader: protobuf.Reader): number {
  const length = reader.uint32();
  return reader.pos + length;
}

/** Calls the reader of every field up to `to`, and passes over the others. */
function eachField(
  reader: protobuf.Reader,
  to: number,
  fields: Readonly<Record<number, (reader: protobuf.Reader) => unknown>>,
): void {
  if (to > reader.len) throw new RangeError('beyond the end');
  while (reader.pos < to) {
    const tag = reader.uint32();
    const read = fields[tag >>> 3];
    if (read) read(reader);
    else reader.skipType(tag & 7);
  }
}

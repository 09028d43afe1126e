import protobuf from 'protobufjs/light.js';

import { invalidCheckpoint, quoted } from '../../files/invalid.ts';

/** A `tokenizer.model`: pieces by id, and how text is brought to them. */
export interface PieceModel {
  readonly pieces: readonly Piece[];
  /** Whether a space is put in front of a text. */
  readonly addsSpace: boolean;
}

export interface Piece {
  readonly text: string;
  /** Of two pieces that can be put together, the one of the higher score is. */
  readonly score: number;
  readonly kind: PieceKind;
}

/** `ModelProto.SentencePiece.Type`, from 1. */
const kinds = ['normal', 'unknown', 'control', 'userDefined', 'unused', 'byte'] as const;
export type PieceKind = (typeof kinds)[number];

/** Far beyond any tokenizer. */
const mostPieces = 2 ** 22;

const field = (id: number, type: string): protobuf.IField => ({ id, type });

/** The part of sentencepiece_model.proto (github.com/google/sentencepiece) that says how text is read. */
const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      edition: 'proto2',
      fields: {
        pieces: { ...field(1, 'Piece'), rule: 'repeated' },
        trainer: field(2, 'TrainerSpec'),
        normalizer: field(3, 'NormalizerSpec'),
      },
    },
    Piece: {
      edition: 'proto2',
      fields: { text: field(1, 'string'), score: field(2, 'float'), kind: field(3, 'int32') },
    },
    TrainerSpec: {
      edition: 'proto2',
      fields: { modelType: field(3, 'int32'), byteFallback: field(35, 'bool') },
    },
    NormalizerSpec: {
      edition: 'proto2',
      fields: {
        charsMap: field(2, 'bytes'),
        addsSpace: field(3, 'bool'),
        removesSpaces: field(4, 'bool'),
        escapesSpaces: field(5, 'bool'),
      },
    },
  },
});
const modelType = root.lookupType('ModelProto');

/** `TrainerSpec.ModelType`. */
const bpe = 2;

interface Stored {
  readonly pieces: readonly { readonly text?: string; readonly score?: number; readonly kind?: number }[];
  readonly trainer?: { readonly modelType?: number; readonly byteFallback?: boolean };
  readonly normalizer?: {
    readonly charsMap?: Uint8Array;
    readonly addsSpace?: boolean;
    readonly removesSpaces?: boolean;
    readonly escapesSpaces?: boolean;
  };
}

/**
 * Reads a SentencePiece model of BPE that writes what is no piece in bytes and changes nothing of a text but its spaces, as
 * Llama's, Mistral's and Phi-3's do. Throws `checkpoint-invalid` for any other, and when the bytes are none.
 */
export function readPieceModel(bytes: Uint8Array, file: string): PieceModel {
  const fault = (what: string) => invalidCheckpoint(file, what);
  const { pieces, trainer, normalizer } = decode(bytes, file);
  if (pieces.length === 0) throw fault('holds no pieces');
  if (pieces.length > mostPieces)
    throw fault(`has ${pieces.length} pieces; at most ${mostPieces} are accepted`);
  if (trainer?.modelType !== bpe || trainer.byteFallback !== true)
    throw fault('is not of BPE with bytes for what is no piece (model_type BPE, byte_fallback)');
  const { charsMap, addsSpace = true, removesSpaces = true, escapesSpaces = true } = normalizer ?? {};
  if ((charsMap?.length ?? 0) > 0 || removesSpaces || !escapesSpaces)
    throw fault('changes text before it is split (a normalizer other than identity), which is not known');
  return {
    addsSpace,
    pieces: pieces.map(({ text, score = 0, kind: number = 1 }, at) => {
      const kind = kinds[number - 1];
      if (text === undefined || kind === undefined || !Number.isFinite(score))
        throw fault(`piece ${at} (${quoted(text ?? '')}) has no text, score or kind that is known`);
      return { text, score, kind };
    }),
  };
}

function decode(bytes: Uint8Array, file: string): Stored {
  try {
    return modelType.toObject(modelType.decode(bytes), { arrays: true }) as Stored;
  } catch (cause) {
    throw invalidCheckpoint(file, 'is no SentencePiece model', { cause });
  }
}

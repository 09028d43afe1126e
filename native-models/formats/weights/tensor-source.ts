/** Element types a checkpoint may hold. bf16 is the upper half of an IEEE float32. */
export type TensorType = 'f32' | 'f16' | 'bf16';

export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  /** Row-major, outermost first, as PyTorch prints it; every dimension at least 1. */
  readonly shape: readonly number[];
  /** Base name of the file that holds it, for messages. */
  readonly file: string;
}

/** Weights to be read one by one. Nothing is kept in memory between calls. */
export interface WeightSource {
  /** By the name to be asked for; `TensorInfo.name` is the one in the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The whole tensor as float32. Throws `checkpoint-invalid` when the name is missing. */
  readFloat32(name: string): Promise<Float32Array>;
}

/** Read access to the tensors of one checkpoint, wherever their bytes lie. */
export interface TensorSource extends WeightSource {
  /**
   * The stored bytes in order, in pieces of `pieceBytes` (default 16 MiB, rounded down to whole elements); only the
   * last may be shorter. Each piece is a buffer of its own that the caller may keep or change.
   */
  pieces(name: string, pieceBytes?: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The bytes of a saved KV cache, as `llama_state_seq_get_data` writes them (`llama_kv_cache::state_write` of the bound release):
 * a header, a line for every cell, all keys, all values. Values lie cell by cell where flash attention is on, and number by number
 * where it is off; a context takes only what was written by one of its own kind.
 */
import { AppError } from '../../preload/contract/errors.ts';
import { ggmlType } from './llama-bindings.ts';

/** The KV cache of a sequence, copied out. It fits decoders of the same file with the same KV format. */
export interface SavedState {
  /** Tokens it holds. */
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** magic, sequence, streams */
const headerBytes = 12;
/** position, number of sequences, sequence */
const cellBytes = 12;
const bytesOf: Readonly<Record<number, number>> = { [ggmlType.f32]: 4, [ggmlType.f16]: 2 };

/**
 * The same cache for a context without flash attention.
 * @throws AppError internal for bytes of another form
 */
export function withoutFlashAttention(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cells = view.getUint32(headerBytes, true);
  let at = headerBytes + 4;
  for (let cell = 0; cell < cells; cell++, at += cellBytes)
    if (view.getInt32(at, true) !== cell) throw unknown(`cell ${cell} holds another position`);
  const isTransposed = view.getUint32(at, true) === 1;
  if (isTransposed) return bytes;
  const layers = view.getUint32(at + 4, true);
  const kindAt = at;
  at += 8;
  for (let layer = 0; layer < layers; layer++) at += 12 + cells * rowBytes(view, at);
  const keysEnd = at;
  const values = Array.from({ length: layers }, () => {
    const start = at;
    at += 12 + cells * rowBytes(view, at);
    return { start, type: view.getInt32(start, true), row: rowBytes(view, start) };
  });
  if (at !== bytes.length) throw unknown(`${bytes.length - at} bytes are left`);
  // What stands in front of the values of a layer, type and bytes of a row or type, bytes of a number and width, is as long.
  const made = new Uint8Array(bytes.length);
  made.set(bytes.subarray(0, keysEnd));
  const write = new DataView(made.buffer);
  write.setUint32(kindAt, 1, true);
  for (const { start, type, row } of values) {
    const size = bytesOf[type];
    if (size === undefined) throw unknown(`values of type ${type}`);
    write.setInt32(start, type, true);
    write.setUint32(start + 4, size, true);
    write.setUint32(start + 8, row / size, true);
    transpose(bytes.subarray(start + 12), made.subarray(start + 12), cells, row / size, size);
  }
  return made;
}

const rowBytes = (view: DataView, at: number): number => Number(view.getBigUint64(at + 4, true));

/** [rows, columns] numbers of `size` bytes to [columns, rows]. */
function transpose(from: Uint8Array, to: Uint8Array, rows: number, columns: number, size: number): void {
  const Numbers = size === 4 ? Uint32Array : Uint16Array;
  const source = new Numbers(from.buffer as ArrayBuffer, from.byteOffset, rows * columns);
  const target = new Numbers(to.buffer as ArrayBuffer, to.byteOffset, rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      target[column * rows + row] = source[row * columns + column]!;
}

const unknown = (fault: string): AppError =>
  new AppError('internal', `A saved KV cache has another form: ${fault}.`);

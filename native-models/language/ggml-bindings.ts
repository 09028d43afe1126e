/**
 * ggml, llama.cpp's arithmetic, as far as it is called directly. Names are those of ggml.h and ggml-backend.h, and layouts
 * those of the release that `bindLlama` has checked.
 */
import koffi from 'koffi';
import { promisify } from 'node:util';
import { type Handle, ggmlType } from './llama-bindings.ts';

export type TensorHandle = Handle<'ggml_tensor'>;

export interface GgmlLibrary {
  /**
   * Writes `rows` rows of `columns` float32 numbers, from number `start` of `from` on, as blocks of the ggml_type to the same
   * place in `to`; returns the bytes written.
   */
  ggml_quantize_chunk(
    type: number,
    from: Float32Array,
    to: Uint8Array,
    start: number,
    rows: number,
    columns: number,
    importance: null,
  ): Promise<number>;
  ggml_get_name(tensor: TensorHandle): string;
  /** Copies bytes of a tensor out, from the memory of any device. */
  ggml_backend_tensor_get(tensor: TensorHandle, to: Float32Array, offset: number, bytes: number): void;
}

/** Binds the functions of the ggml that is loaded with the llama.cpp of `bindLlama`, whose release has been checked. */
export function bindGgml(path: string): GgmlLibrary {
  const library = koffi.load(path);
  const parameters = ['int', 'void *', 'void *', 'int64_t', 'int64_t', 'int64_t', 'void *'];
  const quantize = library.func('ggml_quantize_chunk', 'size_t', parameters);
  return {
    ggml_quantize_chunk: promisify(quantize.async) as GgmlLibrary['ggml_quantize_chunk'],
    ggml_get_name: library.func('ggml_get_name', 'str', ['void *']) as GgmlLibrary['ggml_get_name'],
    ggml_backend_tensor_get: library.func('ggml_backend_tensor_get', 'void', [
      ...['void *', 'void *', 'size_t', 'size_t'],
    ]) as GgmlLibrary['ggml_backend_tensor_get'],
  };
}

/** The first fields of struct ggml_tensor. */
const tensorFields = koffi.struct({
  type: 'int',
  buffer: 'void *',
  ne: koffi.array('int64_t', 4, 'Array'),
  nb: koffi.array('size_t', 4, 'Array'),
});

/** A tensor of float32 numbers: `ne` of them along each axis, the innermost first, `nb` bytes from one to the next. */
export interface TensorShape {
  readonly ne: readonly number[];
  readonly nb: readonly number[];
}

/** Null for a tensor of another type. */
export function floatTensor(tensor: TensorHandle): TensorShape | null {
  const { type, ne, nb } = koffi.decode(tensor, tensorFields) as TensorShape & { type: number };
  return type === ggmlType.f32 ? { ne, nb } : null;
}

const evalCallback = koffi.pointer(koffi.proto('bool', ['void *', 'bool', 'void *']));

/**
 * `ggml_backend_sched_eval_callback`: before a node of the graph is computed the function is asked (`ask`) whether it wants to see
 * it; when it is computed it is handed over, and false then ends the computation. The native thread waits meanwhile. Release
 * it after.
 */
export function nativeEvalCallback(callback: (tensor: TensorHandle, ask: boolean) => boolean): {
  address: bigint;
  release(): void;
} {
  const address = koffi.register(
    (tensor: TensorHandle, ask: boolean) => callback(tensor, ask),
    evalCallback,
  ) as bigint;
  return { address, release: () => koffi.unregister(address) };
}

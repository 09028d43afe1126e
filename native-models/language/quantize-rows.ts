/** Rows of numbers in llama.cpp's smaller formats, by its own arithmetic. */
import { openLlamaRuntime } from './llama-runtime.ts';

/** As many native calls as Node runs beside one another unless told otherwise. */
const slices = 4;

export interface RowFormat {
  /** enum ggml_type. */
  readonly id: number;
  /** Numbers of a block, and its bytes. */
  readonly elements: number;
  readonly bytes: number;
}

/** Whole rows of `columns` numbers as blocks of a format; rows must divide into blocks. */
export async function quantizeRows(
  values: Float32Array,
  columns: number,
  { id, elements, bytes }: RowFormat,
): Promise<Uint8Array> {
  const { ggml_quantize_chunk } = (await openLlamaRuntime('off')).ggml();
  const out = new Uint8Array((values.length / elements) * bytes);
  const rows = values.length / columns;
  const share = Math.ceil(rows / slices);
  const work: Promise<number>[] = [];
  for (let row = 0; row < rows; row += share) {
    const count = Math.min(share, rows - row);
    work.push(ggml_quantize_chunk(id, values, out, row * columns, count, columns, null));
  }
  const written = await Promise.all(work);
  const total = written.reduce((sum, one) => sum + one, 0);
  if (total !== out.length) throw new Error(`llama.cpp wrote ${total} bytes of rows, not ${out.length}`);
  return out;
}

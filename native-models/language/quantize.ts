/** Language files in smaller number formats, written by llama.cpp's own quantiser. */
import { open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { openRegularFile } from '../files/regular-file.ts';
import { AppError, throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import { fileTypes, type QuantType } from './file-types.ts';
import { openLlamaRuntime } from './llama-runtime.ts';

export { quantTypes, type QuantType } from './file-types.ts';

export interface QuantizeOptions {
  /** Default: every core. */
  readonly threads?: number;
  /** Reads matrices that are quantised themselves, at a loss. */
  readonly requantize?: boolean;
  readonly signal?: AbortSignal;
}

/** Most of a tensor held in memory at once. The quantiser's own default of 8 GiB would hold any tensor whole. */
const bufferBytes = 256 * 2 ** 20;

let partialFiles = 0;

/**
 * Writes the GGUF file `input` (float32, float16 or bfloat16 tensors, others with `requantize`) to `output` with its matrices in `type`. Vectors
 * stay in float32, and llama.cpp keeps tensors whose rows do not divide into a format's blocks in a finer one.
 * `output` appears whole or not at all. The work is done on a worker thread, which llama.cpp cannot interrupt: a
 * cancelled call returns at once, and that thread finishes into a file that is deleted.
 * @throws AppError cancelled, file-missing, not-writable; package-invalid when llama.cpp cannot read `input`; disk-full
 */
export async function quantizeGguf(
  input: string,
  output: string,
  type: QuantType,
  { threads = 0, requantize = false, signal }: QuantizeOptions = {},
): Promise<void> {
  throwIfCancelled(signal);
  const partial = `${output}.partial-${process.pid}-${(partialFiles += 1)}`;
  const discard = () => rm(partial, { force: true }).catch(() => undefined);
  try {
    await checkMagic(input);
    // llama.cpp would only say that it failed; this says why.
    await (await open(partial, 'wx')).close();
    throwIfCancelled(signal);
    // Also after this call has failed, the file goes once nobody writes to it: Windows deletes no open file.
    const written = quantizeTo(partial).finally(() => signal?.aborted && discard());
    await orCancelled(written, signal);
    await rename(partial, output);
  } catch (error) {
    await discard();
    throw toAppError(error);
  }

  async function quantizeTo(file: string): Promise<void> {
    const { library, takeComplaints } = await openLlamaRuntime('off');
    const params = library.llama_model_quantize_default_params();
    Object.assign(params, {
      nthread: threads,
      ftype: fileTypes[type],
      allow_requantize: requantize,
      max_buf_size: bufferBytes,
    });
    const status = await library.llama_model_quantize(input, file, params);
    if (status !== 0) throw await failureOf(input, type, await takeComplaints());
  }
}

/** llama.cpp ends the process over some malformed files; it must never see one that is not GGUF at all. */
async function checkMagic(file: string): Promise<void> {
  const { handle } = await openRegularFile(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 4 && buffer.toString('latin1') === 'GGUF') return;
  } finally {
    await handle.close();
  }
  throw new AppError('package-invalid', `${basename(file)}: not a GGUF file.`, { file });
}

/** Settles like `work`, or rejects as soon as `signal` aborts. */
function orCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new AppError('cancelled', 'Cancelled.'));
    signal.addEventListener('abort', cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}

function failureOf(input: string, type: QuantType, complaint: string): AppError {
  const details = { file: input };
  // How a C++ file stream reports that it could not write.
  if (complaint.includes('iostream'))
    return new AppError(
      'disk-full',
      `${basename(input)}: the disk is too full to write it as ${type}.`,
      details,
    );
  const cause = complaint.replaceAll('\n', ' ');
  return new AppError(
    'package-invalid',
    `${basename(input)}: cannot be written as ${type}: ${cause}`,
    details,
  );
}

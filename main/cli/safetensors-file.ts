import { open, rename, rm } from 'node:fs/promises';

export interface NamedArray {
  readonly name: string;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/**
 * Writes arrays as a safetensors file (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON header
 * padded with spaces to a multiple of 8, then the numbers, little-endian. The file appears whole or not at all.
 */
export async function writeSafetensors(path: string, arrays: readonly NamedArray[]): Promise<void> {
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const { name, shape, data } of arrays) {
    const dtype = data instanceof Float32Array ? 'F32' : 'I32';
    header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));

  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(length);
      await file.writeFile(json);
      for (const { data } of arrays)
        await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GgufTensor, GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { layoutGguf, writeGguf } from '../../native-models/formats/gguf/write-gguf.ts';

/** Cuts a GGUF file as llama.cpp's `gguf-split` does: the metadata in the first part, tensors in turn. Returns the parts' paths. */
export async function splitGguf(
  source: string,
  folder: string,
  name: string,
  count: number,
): Promise<string[]> {
  const { metadata, tensors } = await readGguf(source);
  const file = await open(source);
  const data = async function* (tensor: GgufTensor) {
    const { offset, bytes } = tensors.find((each) => each.name === tensor.name)!;
    const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    yield buffer;
  };
  const paths: string[] = [];
  for (let part = 0; part < count; part++) {
    const padded = (number: number) => String(number).padStart(5, '0');
    const path = join(folder, `${name}-${padded(part + 1)}-of-${padded(count)}.gguf`);
    const split: [string, GgufValue][] = [
      ['split.no', { type: 'u16', value: part }],
      ['split.count', { type: 'u16', value: count }],
      ['split.tensors.count', { type: 'i32', value: tensors.length }],
    ];
    const each = Math.ceil(tensors.length / count);
    const own = tensors.slice(part * each, (part + 1) * each);
    const layout = layoutGguf(new Map([...(part === 0 ? metadata : []), ...split]), own);
    await writeGguf({ path, layout, data });
    paths.push(path);
  }
  await file.close();
  await Promise.all(paths.map((path) => stat(path)));
  return paths;
}

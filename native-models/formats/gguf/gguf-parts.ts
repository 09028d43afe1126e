import { basename, dirname, join } from 'node:path';

import { ByteFile, fileFault, type FaultCode } from '../../files/byte-file.ts';
import { exists } from '../../files/exists.ts';
import { quoted } from '../../files/invalid.ts';
import { throwIfCancelled } from '../../../preload/contract/errors.ts';
import type { GgufTensor } from './gguf-format.ts';
import { readGguf, readGgufPart, splitOf, type GgufHeader } from './read-gguf.ts';
import { layoutGguf, writeGguf } from './write-gguf.ts';

export interface GgufPart {
  readonly path: string;
  readonly header: GgufHeader;
}

/** A GGUF model in one file or in several. */
export interface GgufParts {
  /** Of the whole, as one file states it; its tensors lie in the parts. */
  readonly header: GgufHeader;
  /** In their order; one for a model in one file. */
  readonly parts: readonly GgufPart[];
}

/** How `gguf-split` of llama.cpp names parts, counted from 1. */
const partName = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/** Whether a name is that of a part whose first part is among `names`: the first one stands for all. */
export function isFollowingPart(name: string, names: readonly string[]): boolean {
  const [, stem, part, count] = partName.exec(name) ?? [];
  return part !== undefined && Number(part) > 1 && names.includes(`${stem}-00001-of-${count}.gguf`);
}

/**
 * Reads a model of which `path` is the file, or any part that lies beside all others. Throws `code`: as `readGguf` does, for a
 * part under another name than `gguf-split` gives, and for parts that are missing or do not belong together.
 */
export async function readGgufParts(path: string, code: FaultCode): Promise<GgufParts> {
  const named = partName.exec(basename(path));
  const found = named ? await readGgufPart(path, code) : await readGguf(path, code);
  const split = splitOf(found.metadata);
  if (!named || split === null) return { header: found, parts: [{ path, header: found }] };
  const [, name = '', , count = ''] = named;
  const fault = (file: string, what: string) => fileFault(code, file, what, { reason: 'split-part' });
  const parts: GgufPart[] = [];
  for (let part = 1; part <= Number(count); part++) {
    const file = `${name}-${String(part).padStart(5, '0')}-of-${count}.gguf`;
    const place = join(dirname(path), file);
    if (!(await exists(place))) {
      throw fault(
        basename(path),
        `is a part of a model in ${Number(count)} files; ${file} is missing beside it`,
      );
    }
    const header = await readGgufPart(place, code);
    const stated = splitOf(header.metadata);
    if (stated?.part !== part || stated.parts !== Number(count)) {
      throw fault(file, `is not part ${part} of ${Number(count)}, as its name says`);
    }
    parts.push({ path: place, header });
  }
  const tensors = parts.flatMap(({ header }) => header.tensors);
  const names = new Set<string>();
  const twice = tensors.find(({ name: one }) => names.size === names.add(one).size);
  if (twice) throw fault(basename(path), `has tensor ${quoted(twice.name)} in two of its parts`);
  const first = parts[0]!.header;
  const metadata = new Map(
    [...first.metadata].filter(([key]) => !/^(split\.|general\.alignment$)/.test(key)),
  );
  const fileBytes = parts.reduce((sum, { header }) => sum + header.fileBytes, 0);
  return { header: { version: first.version, metadata, tensors, fileBytes }, parts };
}

/** Writes one file of all parts. */
export async function mergeGguf(
  { header, parts }: GgufParts,
  path: string,
  code: FaultCode,
  signal?: AbortSignal,
): Promise<void> {
  const places = new Map<string, { readonly part: GgufPart; readonly tensor: GgufTensor }>();
  for (const part of parts) {
    for (const tensor of part.header.tensors) places.set(tensor.name, { part, tensor });
  }
  const layout = layoutGguf(header.metadata, header.tensors);
  const files = new Map<string, ByteFile>();
  try {
    for (const part of parts) files.set(part.path, await ByteFile.open(part.path, code));
    const data = async function* ({ name }: GgufTensor) {
      const { part, tensor } = places.get(name)!;
      const file = files.get(part.path)!;
      for (let at = 0; at < tensor.bytes; at += pieceBytes) {
        throwIfCancelled(signal);
        yield await file.read(tensor.offset + at, Math.min(pieceBytes, tensor.bytes - at));
      }
    };
    await writeGguf({ path, layout, data, signal });
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** Read and written at a time. */
const pieceBytes = 8 * 2 ** 20;

import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toAppError } from '../../../preload/contract/errors.ts';
import type { LanguagePrecision } from '../../../preload/contract/models.ts';
import type { GgufMetadata, GgufTensor, GgufTensorType } from '../../formats/gguf/gguf-format.ts';
import { readGguf } from '../../formats/gguf/read-gguf.ts';
import { layoutGguf } from '../../formats/gguf/write-gguf.ts';

/** A matrix of fewer rows would be a vector to llama.cpp, which it does not quantise. */
const rows = 2;

/**
 * The format llama.cpp's quantiser gives each tensor of a model: within one mixture it differs by the tensor's part, its
 * layer and the model's shape. It is asked by having it quantise the same model with two rows a matrix, all zeros: what it
 * decides depends on nothing that is missing there.
 */
export async function quantizedTypes(
  metadata: GgufMetadata,
  tensors: readonly Pick<GgufTensor, 'name' | 'type' | 'shape'>[],
  llm: LanguagePrecision,
): Promise<ReadonlyMap<string, GgufTensorType>> {
  // Loaded here, because llama.cpp is not needed for the formats that are written without it.
  const { quantizeGguf } = await import('../../language/quantize.ts');
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-'));
  const [miniature, quantised] = [join(folder, 'miniature.gguf'), join(folder, 'quantised.gguf')];
  try {
    const few = tensors.map(({ shape, ...tensor }) => ({
      ...tensor,
      shape: shape.length === 1 ? shape : [rows, shape.at(-1)!],
    }));
    const layout = layoutGguf(metadata, few);
    await writeFile(miniature, layout.header);
    await truncate(miniature, layout.fileBytes);
    await quantizeGguf(miniature, quantised, llm);
    const { tensors: decided } = await readGguf(quantised);
    return new Map(decided.map(({ name, type }) => [name, type]));
  } catch (error) {
    throw toAppError(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { invalidCheckpoint } from '../../files/invalid.ts';
import type { ByteFile } from '../../files/byte-file.ts';
import type { TensorInfo, WeightSource } from '../weights/tensor-source.ts';
import { decodeElements, decodedTypes, isDecoded, type DecodedType } from './decode-tensor.ts';
import type { GgufTensor } from './gguf-format.ts';

/** The tensors of a GGUF file under the names that a conversion asks for. */
export class GgufTensors implements WeightSource {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #file: ByteFile;
  readonly #stored: ReadonlyMap<string, GgufTensor>;

  /** @param stored by the name to be asked for */
  constructor(file: ByteFile, stored: ReadonlyMap<string, GgufTensor>) {
    this.#file = file;
    this.#stored = stored;
    this.tensors = new Map(
      [...stored].map(([name, tensor]) => [
        name,
        { name: tensor.name, type: 'f32', shape: tensor.shape, file: file.name },
      ]),
    );
  }

  /** Throws `checkpoint-invalid` for a type that is not read here, and for numbers that are not finite. */
  async readFloat32(name: string): Promise<Float32Array> {
    const tensor = this.#stored.get(name);
    if (tensor === undefined) throw invalidCheckpoint(this.#file.name, `has no tensor for ${name}`);
    const { offset, bytes } = tensor;
    const type = readableType(tensor, this.#file.name);
    const values = decodeElements(await this.#file.read(offset, bytes), type);
    if (!values.every(Number.isFinite)) {
      throw invalidCheckpoint(this.#file.name, `tensor ${tensor.name} holds a number that is not finite`);
    }
    return values;
  }
}

/** The type of a tensor whose numbers are to be read. Throws `checkpoint-invalid` naming `file` for one that is not read here. */
export function readableType({ name, type }: GgufTensor, file: string): DecodedType {
  if (isDecoded(type)) return type;
  const fault = `tensor ${name} is ${type}; this app reads ${decodedTypes.join(', ')}`;
  throw invalidCheckpoint(file, fault, { reason: 'number-format' });
}

import { AppError } from '../../../preload/contract/errors.ts';
import type { WeightSource } from '../../formats/weights/tensor-source.ts';

/** `y = x W + b`: `weight` is [inputs, outputs], the transpose of what PyTorch stores. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Layer normalisation: gain and offset per channel. */
export interface Norm {
  readonly gain: Float32Array;
  readonly offset: Float32Array;
}

/** Reads the tensors below one prefix of a checkpoint, checking each against the shape the configuration gives. */
export class WeightReader {
  readonly #source: WeightSource;
  readonly #prefix: string;

  /** `prefix` stands before every name asked for, its last dot included. */
  constructor(source: WeightSource, prefix: string) {
    this.#source = source;
    this.#prefix = prefix;
  }

  has(name: string): boolean {
    return this.#source.tensors.has(this.#prefix + name);
  }

  /** The stored shape. Throws `checkpoint-invalid` when the tensor is missing. */
  shape(name: string): readonly number[] {
    const info = this.#source.tensors.get(this.#prefix + name);
    if (info) return info.shape;
    throw new AppError('checkpoint-invalid', `The checkpoint has no tensor ${this.#prefix + name}.`, {
      tensor: this.#prefix + name,
    });
  }

  /** The tensor as float32. Throws `checkpoint-invalid` when it is missing or of another shape. */
  async tensor(name: string, expected: readonly number[]): Promise<Float32Array> {
    const shape = this.shape(name);
    if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis])) {
      const { name: full, file } = this.#source.tensors.get(this.#prefix + name)!;
      throw new AppError(
        'checkpoint-invalid',
        `${file}: ${full} is [${shape.join(', ')}], but the configuration asks for [${expected.join(', ')}].`,
        { file, tensor: full },
      );
    }
    return this.#source.readFloat32(this.#prefix + name);
  }

  /** The Linear whose tensors are `${name}weight` and `${name}bias`; `isBiasFree` where there may be none. */
  async linear(name: string, inputs: number, outputs: number, isBiasFree = false): Promise<Linear> {
    const weight = transpose(await this.tensor(`${name}weight`, [outputs, inputs]), outputs, inputs);
    const hasBias = !isBiasFree || this.has(`${name}bias`);
    const bias = hasBias ? await this.tensor(`${name}bias`, [outputs]) : new Float32Array(outputs);
    return { inputs, outputs, weight, bias };
  }

  async norm(name: string, width: number): Promise<Norm> {
    return {
      gain: await this.tensor(`${name}.weight`, [width]),
      offset: await this.tensor(`${name}.bias`, [width]),
    };
  }
}

/** Rows and columns walked in squares of this side, so that both matrices stay in the cache. */
const tile = 32;

/** [rows, columns] row-major to [columns, rows]. */
function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let top = 0; top < rows; top += tile) {
    for (let left = 0; left < columns; left += tile) {
      const bottom = Math.min(top + tile, rows);
      const right = Math.min(left + tile, columns);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          result[column * rows + row] = matrix[row * columns + column]!;
        }
      }
    }
  }
  return result;
}

import { fileFault, type FaultCode } from '../../files/byte-file.ts';
import type { AppError, FaultReason } from '../../../preload/contract/errors.ts';
import type { GgufScalar, ScalarType } from './gguf-format.ts';
import type { GgufHeader } from './read-gguf.ts';

/** What the metadata of a GGUF file say, each value in the type that llama.cpp insists on. */
export class GgufFacts {
  readonly header: GgufHeader;
  /** Base name, for messages. */
  readonly file: string;
  readonly #code: FaultCode;

  constructor(header: GgufHeader, file: string, code: FaultCode) {
    this.header = header;
    this.file = file;
    this.#code = code;
  }

  has(key: string): boolean {
    return this.header.metadata.has(key);
  }

  text(key: string): string {
    return this.#scalar(key, 'string') as string;
  }

  optionalText(key: string): string | null {
    return this.has(key) ? this.text(key) : null;
  }

  u32(key: string): number {
    return this.#scalar(key, 'u32') as number;
  }

  f32(key: string): number {
    return this.#scalar(key, 'f32') as number;
  }

  optionalBool(key: string): boolean | null {
    return this.has(key) ? (this.#scalar(key, 'bool') as boolean) : null;
  }

  array(key: string, of: ScalarType): readonly GgufScalar[] {
    const value = this.header.metadata.get(key);
    if (value?.type !== 'array' || value.of !== of) throw this.fault(`has no list ${key} of ${of}`);
    return value.values;
  }

  /** The value as a person may read it in a message. */
  shown(key: string): string {
    const value = this.header.metadata.get(key);
    if (value === undefined) return 'missing';
    return value.type === 'array' ? 'a list' : JSON.stringify(value.value).slice(0, 80);
  }

  fault(fault: string, reason?: FaultReason): AppError {
    return fileFault(this.#code, this.file, fault, reason && { reason });
  }

  #scalar(key: string, type: ScalarType): GgufScalar {
    const value = this.header.metadata.get(key);
    if (value?.type === type) return value.value;
    throw this.fault(`${key} is ${this.shown(key)}, not a ${type}`);
  }
}

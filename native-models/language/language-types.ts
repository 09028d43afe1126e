import type { LanguagePrecision } from '../../preload/contract/models.ts';
import type { QuantType } from './file-types.ts';
import type { WrittenType } from '../formats/gguf/encode-tensor.ts';

interface Made {
  /** The type of every matrix; null for the formats of llama.cpp's quantiser, which mixes several. */
  readonly written: WrittenType | null;
  /** Numbers of a block, which every row must divide into. */
  readonly block: number;
  /** Bits a weight of an 8B model (llama.cpp, tools/quantize/README.md), for estimates of disk and time. */
  readonly bits: number;
}

export const languageFormats: Readonly<Record<LanguagePrecision, Made>> = {
  f32: { written: 'f32', block: 1, bits: 32 },
  bf16: { written: 'bf16', block: 1, bits: 16 },
  f16: { written: 'f16', block: 1, bits: 16 },
  q8_0: { written: 'q8_0', block: 32, bits: 8.5 },
  q6_k: { written: null, block: 256, bits: 6.57 },
  q5_k_m: { written: null, block: 256, bits: 5.71 },
  q5_k_s: { written: null, block: 256, bits: 5.57 },
  q4_k_m: { written: null, block: 256, bits: 4.9 },
  q4_k_s: { written: null, block: 256, bits: 4.67 },
  q4_0: { written: null, block: 32, bits: 4.67 },
  q3_k_m: { written: null, block: 256, bits: 4.0 },
  q2_k: { written: null, block: 256, bits: 3.17 },
} satisfies Partial<Record<QuantType, Made>>;

/** enum llama_ftype of the formats on offer; the others need an importance matrix or are superseded by one of these. */
export const fileTypes = {
  f32: 0,
  bf16: 32,
  f16: 1,
  q8_0: 7,
  q6_k: 18,
  q5_k_m: 17,
  q5_k_s: 16,
  q4_k_m: 15,
  q4_k_s: 14,
  q4_0: 2,
  q3_k_m: 12,
  q2_k: 10,
} as const;

/** Number format of a language file, named as llama.cpp's tools name it, in lower case. */
export type QuantType = keyof typeof fileTypes;
/** Every QuantType, most precise first. */
export const quantTypes = Object.keys(fileTypes) as readonly QuantType[];

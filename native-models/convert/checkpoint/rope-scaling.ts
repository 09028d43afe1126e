import * as v from 'valibot';

import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { parseSchema } from '../../files/parse-schema.ts';
import type { CheckpointLanguage, LongRopeScaling, RopeScaling, YarnRopeScaling } from './model-config.ts';

/** What a GGUF file can hold, whose numbers are float32. */
export const positive = v.pipe(v.number(), v.minValue(1e-30), v.maxValue(1e30));
const positions = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(2 ** 30));

const llama3Schema = v.object({
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: positions,
});

const stretch = v.pipe(positive, v.minValue(1));
const linearSchema = v.object({ factor: stretch });
/** llama.cpp's ramp is between these; other numbers are refused. */
const yarnSchema = v.object({
  factor: stretch,
  attention_factor: v.nullish(positive),
  mscale: v.nullish(positive),
  mscale_all_dim: v.nullish(positive),
  beta_fast: v.nullish(v.literal(32)),
  beta_slow: v.nullish(v.literal(1)),
  truncate: v.nullish(v.literal(true)),
  original_max_position_embeddings: v.nullish(positions),
});

const factors = v.pipe(v.array(positive), v.maxLength(2 ** 16));
const longRopeSchema = v.object({
  short_factor: factors,
  long_factor: factors,
  factor: v.nullish(positive),
  attention_factor: v.nullish(positive),
  original_max_position_embeddings: v.nullish(positions),
});

/** What the meaning of `rope_scaling` depends on. */
interface Rotated {
  readonly architecture: CheckpointLanguage;
  readonly headSize: number;
  readonly contextLength: number;
  /** Stated outside `rope_scaling`. */
  readonly originalContextLength: number | null;
}

/**
 * Reads `rope_scaling` or `rope_parameters`; null where nothing is stretched. Throws `checkpoint-invalid` for a type that is not
 * known, or not of this architecture.
 */
export function readRopeScaling(
  json: Record<string, unknown> | null,
  file: string,
  rotated: Rotated,
): RopeScaling | null {
  if (json === null) return null;
  // Without a factor nothing is stretched.
  const type = json['rope_type'] ?? json['type'] ?? ('factor' in json ? undefined : 'default');
  // `dynamic` changes nothing before the positions the model was trained for are used up, and more are not used.
  if (type === 'default' || type === 'dynamic') return null;
  const { architecture } = rotated;
  if (type === 'llama3' && architecture === 'llama') {
    const scaling = parseSchema(llama3Schema, json, file);
    return {
      type,
      factor: scaling.factor,
      lowFreqFactor: scaling.low_freq_factor,
      highFreqFactor: scaling.high_freq_factor,
      originalContextLength: scaling.original_max_position_embeddings,
    };
  }
  if (type === 'linear' && architecture !== 'phi3')
    return { type, factor: parseSchema(linearSchema, json, file).factor };
  if (type === 'yarn' && architecture !== 'phi3')
    return readYarn(parseSchema(yarnSchema, json, file), rotated.contextLength);
  if ((type === 'longrope' || type === 'su') && architecture === 'phi3')
    return readLongRope(parseSchema(longRopeSchema, json, file), file, rotated);
  const found = quoted(typeof type === 'string' ? type : typeof type);
  throw invalidCheckpoint(
    file,
    `rope_scaling is of the type ${found}; dynamic, linear and yarn (but in phi3), llama3 (in llama) and longrope (in phi3) are known`,
  );
}

/** As `_compute_yarn_parameters` of transformers. */
function readYarn(json: v.InferOutput<typeof yarnSchema>, contextLength: number): YarnRopeScaling {
  const { factor, mscale, mscale_all_dim: ofAll } = json;
  const grown = (scale = 1) => yarnGrowth(factor, scale);
  return {
    ...{ type: 'yarn', factor },
    attentionFactor: json.attention_factor ?? (mscale && ofAll ? grown(mscale) / grown(ofAll) : grown()),
    originalContextLength: json.original_max_position_embeddings ?? contextLength,
  };
}

/** What a stretch by `factor` lets rotated queries and keys grow by, where nothing else is said. */
export function yarnGrowth(factor: number, scale = 1): number {
  return 0.1 * scale * Math.log(factor) + 1;
}

/** As `_compute_longrope_parameters` of transformers (`modeling_rope_utils.py`). */
function readLongRope(
  json: v.InferOutput<typeof longRopeSchema>,
  file: string,
  { headSize, contextLength, originalContextLength: outside }: Rotated,
): LongRopeScaling {
  const { short_factor: shortFactors, long_factor: longFactors } = json;
  for (const [name, { length }] of Object.entries({ short_factor: shortFactors, long_factor: longFactors })) {
    if (length === headSize / 2) continue;
    const fault = `rope_scaling.${name} has ${length} numbers; heads of ${headSize} need ${headSize / 2}`;
    throw invalidCheckpoint(file, fault);
  }
  const originalContextLength = json.original_max_position_embeddings ?? outside ?? contextLength;
  const factor = json.factor ?? contextLength / originalContextLength;
  const grown = factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(originalContextLength)) : 1;
  return {
    type: 'longrope',
    ...{ shortFactors, longFactors, originalContextLength },
    attentionFactor: json.attention_factor ?? grown,
  };
}

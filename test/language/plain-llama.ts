/**
 * A Llama written out in plain numbers, as Hugging Face has it (`modeling_llama.py`): what attention maps are compared with.
 * Slow, and good for small models only.
 */

export interface PlainConfig {
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly layers: number;
  readonly epsilon: number;
  readonly ropeTheta: number;
}

type Rows = Float64Array[];

/** @param weight by name below `model.layers.N.`: [out, in] */
export async function plainAttention(
  config: PlainConfig,
  weight: (name: string) => Promise<Float32Array>,
  embeddings: readonly Float32Array[],
): Promise<Rows[][]> {
  const { heads, keyValueHeads, layers } = config;
  const found: Rows[][] = [];
  let x: Rows = embeddings.map((row) => Float64Array.from(row));
  for (let layer = 0; layer < layers; layer++) {
    const of = (name: string) => weight(`model.layers.${layer}.${name}.weight`);
    const normed = norm(x, await of('input_layernorm'), config.epsilon);
    const queries = turned(split(times(normed, await of('self_attn.q_proj')), heads), config.ropeTheta);
    const keys = turned(split(times(normed, await of('self_attn.k_proj')), keyValueHeads), config.ropeTheta);
    const values = split(times(normed, await of('self_attn.v_proj')), keyValueHeads);
    const attention = queries.map((query, head) =>
      soften(query, keys[Math.floor((head * keyValueHeads) / heads)]!),
    );
    found.push(attention);
    const mixed = x.map((_, position) => {
      const all = attention.map((rows, head) =>
        mix(rows[position]!, values[Math.floor((head * keyValueHeads) / heads)]!),
      );
      return Float64Array.from(all.flatMap((each) => [...each]));
    });
    x = plus(x, times(mixed, await of('self_attn.o_proj')));
    const inner = norm(x, await of('post_attention_layernorm'), config.epsilon);
    const gate = times(inner, await of('mlp.gate_proj'));
    const up = times(inner, await of('mlp.up_proj'));
    const gated = gate.map((row, at) => row.map((each, i) => (each / (1 + Math.exp(-each))) * up[at]![i]!));
    x = plus(x, times(gated, await of('mlp.down_proj')));
  }
  return found;
}

function norm(rows: Rows, scale: Float32Array, epsilon: number): Rows {
  return rows.map((row) => {
    const square = row.reduce((sum, each) => sum + each * each, 0) / row.length;
    return row.map((each, at) => (each / Math.sqrt(square + epsilon)) * scale[at]!);
  });
}

function times(rows: Rows, matrix: Float32Array): Rows {
  const width = rows[0]!.length;
  return rows.map((row) => {
    const made = new Float64Array(matrix.length / width);
    for (let out = 0; out < made.length; out++) {
      let sum = 0;
      for (let at = 0; at < width; at++) sum += matrix[out * width + at]! * row[at]!;
      made[out] = sum;
    }
    return made;
  });
}

const plus = (one: Rows, other: Rows): Rows =>
  one.map((row, at) => row.map((each, i) => each + other[at]![i]!));

/** By head. */
function split(rows: Rows, heads: number): Rows[] {
  const size = rows[0]!.length / heads;
  return Array.from({ length: heads }, (_, head) =>
    rows.map((row) => row.slice(head * size, (head + 1) * size)),
  );
}

/** Rotary positions, halves apart (`rotate_half`). */
function turned(heads: Rows[], theta: number): Rows[] {
  return heads.map((rows) =>
    rows.map((row, position) => {
      const half = row.length / 2;
      return row.map((each, at) => {
        const angle = position * theta ** ((-2 * (at % half)) / row.length);
        const other = at < half ? -row[at + half]! : row[at - half]!;
        return each * Math.cos(angle) + other * Math.sin(angle);
      });
    }),
  );
}

/** Of every query over the keys up to its own position. */
function soften(queries: Rows, keys: Rows): Rows {
  return queries.map((query, position) => {
    const scores = new Float64Array(position + 1);
    for (let at = 0; at <= position; at++) {
      const key = keys[at]!;
      let sum = 0;
      for (let i = 0; i < key.length; i++) sum += key[i]! * query[i]!;
      scores[at] = sum / Math.sqrt(query.length);
    }
    const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
    const powers = scores.map((score) => Math.exp(score - largest));
    const total = powers.reduce((sum, each) => sum + each, 0);
    return powers.map((each) => each / total);
  });
}

function mix(weights: Float64Array, rows: Rows): Float64Array {
  const made = new Float64Array(rows[0]!.length);
  for (let at = 0; at < weights.length; at++) {
    const [weight, row] = [weights[at]!, rows[at]!];
    for (let i = 0; i < row.length; i++) made[i]! += weight * row[i]!;
  }
  return made;
}

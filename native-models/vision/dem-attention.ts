/**
 * Where DEM found what it made its tokens of: the weights of its two attentions, which the graphs of a package keep to themselves. Computed
 * from the package's own weights, in a graph made for it. docs/inference.md, DEM and The lens.
 */
import { throwIfCancelled, AppError } from '../../preload/contract/errors.ts';
import { GraphWriter, type Value } from '../formats/onnx/graph-writer.ts';
import { readConstants, readGraph, type GraphTensor } from '../formats/onnx/read-graph.ts';
import { globalPhase } from '../image/dual-crops.ts';
import { OnnxSession } from './onnx-runtime.ts';

/** Crops that DEM was given: n x n local ones, and those global ones that are encoded, of T = g x g tokens each. */
export interface DemCrops {
  readonly n: number;
  readonly grid: number;
  /** D. */
  readonly width: number;
  /** Numbers of the global crops, ascending. */
  readonly globals: readonly number[];
}

/** Attention of one global crop's tokens and of the local tokens at their places, the mean over the heads; every row adds up to 1. */
export interface PhaseAttention {
  /** By token: the local crop that its window lies in, which is the only one that it can ask. */
  readonly tile: Uint32Array;
  /** Global asks local: [T, T], over the tokens of that local crop. */
  readonly ofLocal: Float32Array;
  /** Local asks global: [T, T], the token of the local map at the same place over the tokens of the global crop. */
  readonly ofGlobal: Float32Array;
}

const names = ['q', 'k'].flatMap((part) => ['weight', 'bias'].map((kind) => `attention.${part}.${kind}`));

export class DemAttention {
  readonly #session: OnnxSession;

  private constructor(session: OnnxSession) {
    this.#session = session;
  }

  /** Reads the weights of the attention from `enhance.onnx` at `path`. Throws as `OnnxSession.open`, `package-invalid`. */
  static async open(
    path: string,
    width: number,
    options: { threads?: number | undefined },
  ): Promise<DemAttention> {
    const stored = await readGraph(path);
    const heads = stored.node
      .find(({ opType }) => opType === 'MultiHeadAttention')
      ?.attribute.find(({ name }) => name === 'num_heads')?.i;
    if (heads === undefined)
      throw new AppError('package-invalid', `${path}: has no attention.`, { file: path });
    const constants = await readConstants(path, stored, names);
    return new DemAttention(await OnnxSession.open(attentionGraph(constants, width, heads), options));
  }

  /**
   * By global crop.
   * @param local [n * n, T, D]
   * @param globals [globals, T, D]
   */
  async of(
    { n, grid, width, globals: crops }: DemCrops,
    local: Float32Array,
    globals: Float32Array,
    signal?: AbortSignal,
  ): Promise<PhaseAttention[]> {
    const tokens = grid ** 2;
    const size = tokens * width;
    const row = (features: Float32Array, at: number) => features.subarray(at * width, (at + 1) * width);
    const attend = async (queries: readonly Float32Array[], keys: Float32Array) => {
      throwIfCancelled(signal);
      const given = new Float32Array(queries.length * width);
      queries.forEach((query, at) => given.set(query, at * width));
      const { attention } = await this.#session.run({
        queries: { data: given, shape: [queries.length, width] },
        keys: { data: keys, shape: [tokens, width] },
      });
      return attention!.data;
    };
    const found: PhaseAttention[] = [];
    for (const [at, crop] of crops.entries()) {
      const phase = globalPhase(crop, n);
      const global = globals.subarray(at * size, (at + 1) * size);
      const places = Array.from({ length: tokens }, (_, token) => {
        const [y, x] = [n * Math.floor(token / grid) + phase.row, n * (token % grid) + phase.column];
        const tile = Math.floor(y / grid) * n + Math.floor(x / grid);
        return { token, tile, inTile: (y % grid) * grid + (x % grid) };
      });
      const ofLocal = new Float32Array(tokens ** 2);
      for (let tile = 0; tile < n ** 2; tile++) {
        const asking = places.filter((place) => place.tile === tile);
        if (asking.length === 0) continue;
        const queries = asking.map(({ token }) => row(global, token));
        const weights = await attend(queries, local.subarray(tile * size, (tile + 1) * size));
        asking.forEach(({ token }, query) =>
          ofLocal.set(weights.subarray(query * tokens, (query + 1) * tokens), token * tokens),
        );
      }
      const own = places.map(({ tile, inTile }) => row(local, tile * tokens + inTile));
      const tile = Uint32Array.from(places, (place) => place.tile);
      found.push({ tile, ofLocal, ofGlobal: await attend(own, global) });
    }
    return found;
  }

  /** Frees the native memory. Safe twice. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

/** `queries` [m, D] and `keys` [T, D] to `attention` [m, T]: softmax(W_q q (W_k k)^T / sqrt(d)), the mean over the heads. */
function attentionGraph(
  constants: Readonly<Record<string, GraphTensor>>,
  width: number,
  heads: number,
): Uint8Array {
  const graph = new GraphWriter('dem-attention');
  const constant = (name: string) => graph.constant(name, constants[name]!);
  const split = (rows: Value, part: string, perm: readonly number[]) => {
    const [weight, bias] = [constant(`attention.${part}.weight`), constant(`attention.${part}.bias`)];
    const projected = graph.op('Add', [graph.op('MatMul', [rows, weight]), bias]);
    const byHead = graph.op('Reshape', [projected, graph.ints(-1, heads, width / heads)]);
    return graph.op('Transpose', [byHead], { perm });
  };
  const queries = split(graph.input('queries', ['m', width]), 'q', [1, 0, 2]);
  const keys = split(graph.input('keys', ['t', width]), 'k', [1, 2, 0]);
  const scale = graph.scalar(1 / Math.sqrt(width / heads));
  const logits = graph.op('Mul', [graph.op('MatMul', [queries, keys]), scale]);
  const weights = graph.op('Softmax', [logits], { axis: -1 });
  const mean = graph.op('ReduceMean', [weights, graph.ints(0)], { keepdims: 0 });
  graph.output('attention', ['m', 't'], mean);
  return graph.encode();
}

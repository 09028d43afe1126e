import type { Phase } from '../../image/dual-crops.ts';
import { addAttention, addLinear, addSkipNorm, type PlacedLinear, type PlacedNorm } from './graph-parts.ts';
import type { GraphWriter, Value } from '../../formats/onnx/graph-writer.ts';

/**
 * DEM (`SpatialEmbed` of the authors' code), the mean with the base image and the projector, as graphs
 * (docs/inference.md, DEM). Notation of the comments: n x n crops of g x g tokens, T = g * g, D channels; both maps are M x M, M = n * g.
 */

export interface PlacedEnhance {
  /** One attention module serves both directions. */
  readonly q: PlacedLinear;
  readonly k: PlacedLinear;
  readonly v: PlacedLinear;
  readonly out: PlacedLinear;
  readonly attentionNorm: PlacedNorm;
  /** Linear, GELU, Linear: D -> D/16 -> D/2. */
  readonly ffnCrop: readonly [PlacedLinear, PlacedLinear];
  readonly ffnStride: readonly [PlacedLinear, PlacedLinear];
  readonly fuseNorm: PlacedNorm;
  /** Linear maps with a GELU between each two; the last gives the H channels of the language model. */
  readonly projector: readonly PlacedLinear[];
}

export interface EnhanceShape {
  /** Crops a side. */
  readonly n: number;
  /** Tokens a side of one crop. */
  readonly grid: number;
  /** D. */
  readonly width: number;
  /** H. */
  readonly languageWidth: number;
}

/** Heads of the authors' `MultiHeadedAttention`; no configuration file states them. */
const heads = 8;
/** PyTorch's default, which the authors' code keeps. */
const normEpsilon = 1e-5;

/**
 * The exact short form: only the positions of the maps that the bilinear resize by 1/n reads are computed. Those are the
 * tokens of the global crops in `phases` (ascending, the rows of the input `globals`).
 */
export function addShortForm(
  graph: GraphWriter,
  weights: PlacedEnhance,
  shape: EnhanceShape,
  phases: readonly Phase[],
): void {
  const { n, grid, width } = shape;
  const tokens = grid * grid;
  const { local, globals, base } = addInputs(graph, shape, phases.length);

  const map = addLocalMap(graph, local, shape);
  const sampled = phases.map(({ row, column }) => {
    const strided = graph.op('Slice', [
      map,
      graph.ints(row, column),
      graph.ints(n * grid, n * grid),
      graph.ints(0, 1),
      graph.ints(n, n),
    ]);
    return graph.op('Reshape', [strided, graph.ints(1, tokens, width)]);
  });
  const localQueries = concat(graph, sampled, 0);
  const localAsked = addAttention(
    graph,
    [
      addLinear(graph, localQueries, 'attention.q', weights.q),
      addLinear(graph, globals, 'attention.k', weights.k),
      addLinear(graph, globals, 'attention.v', weights.v),
    ],
    heads,
  );
  const globalAsked = addWindows(graph, local, globals, weights, shape, phases);

  const perPhase = addFuse(
    graph,
    addResidual(graph, localAsked, localQueries, weights),
    addResidual(graph, globalAsked, globals, weights),
    weights,
  );
  const resized =
    phases.length === 1 ? perPhase : graph.op('ReduceMean', [perPhase, graph.ints(0)], { keepdims: 1 });
  addEnd(graph, base, resized, weights, shape);
}

/** Global asks local, for the tokens of `phases`: within each contiguous window, the local crop there is keys and values. */
function addWindows(
  graph: GraphWriter,
  local: Value,
  globals: Value,
  weights: PlacedEnhance,
  { n, grid, width }: EnhanceShape,
  phases: readonly Phase[],
): Value {
  const queries = graph.op('Reshape', [
    addLinear(graph, globals, 'attention.q', weights.q),
    graph.ints(phases.length, grid, grid, width),
  ]);
  const keys = addLinear(graph, local, 'attention.k', weights.k);
  const values = addLinear(graph, local, 'attention.v', weights.v);
  const crop = (x: Value, k: number) =>
    graph.op('Slice', [x, graph.ints(k), graph.ints(k + 1), graph.ints(0)]);

  const perPhase = phases.map((phase, index) => {
    const rows: Value[] = [];
    for (let a = 0; a < n; a++) {
      const [top, bottom] = tokensInWindow(phase.row, a, n, grid);
      const row: Value[] = [];
      for (let b = 0; b < n; b++) {
        const [left, right] = tokensInWindow(phase.column, b, n, grid);
        if (top === bottom || left === right) continue;
        const window = graph.op('Slice', [
          queries,
          graph.ints(index, top, left),
          graph.ints(index + 1, bottom, right),
          graph.ints(0, 1, 2),
        ]);
        const asked = graph.op('Reshape', [window, graph.ints(1, (bottom - top) * (right - left), width)]);
        const k = a * n + b;
        const answered = addAttention(graph, [asked, crop(keys, k), crop(values, k)], heads);
        row.push(graph.op('Reshape', [answered, graph.ints(1, bottom - top, right - left, width)]));
      }
      if (row.length > 0) rows.push(concat(graph, row, 2));
    }
    return graph.op('Reshape', [concat(graph, rows, 1), graph.ints(1, grid * grid, width)]);
  });
  return concat(graph, perPhase, 0);
}

/** Which tokens i of a global crop lie in window `a` along one axis: n i + phase in [a g, (a + 1) g). */
function tokensInWindow(phase: number, a: number, n: number, grid: number): [begin: number, end: number] {
  const from = (start: number) => Math.min(grid, Math.max(0, Math.ceil((start - phase) / n)));
  return [from(a * grid), from((a + 1) * grid)];
}

/** The full form of the paper, over both whole maps: the oracle of the short one. */
export function addFullForm(graph: GraphWriter, weights: PlacedEnhance, shape: EnhanceShape): void {
  const { n, grid, width } = shape;
  const tokens = grid * grid;
  const { local, globals, base } = addInputs(graph, shape, n * n);
  const side = n * grid;
  const regroup = (
    x: Value,
    split: readonly number[],
    perm: readonly number[],
    result: readonly number[],
  ) => {
    const parts = graph.op('Reshape', [x, graph.ints(...split)]);
    return graph.op('Reshape', [graph.op('Transpose', [parts], { perm }), graph.ints(...result)]);
  };
  const windows = [n * n, tokens, width];
  /** M x M map to contiguous or strided windows, and back. */
  const toContiguous = (map: Value) => regroup(map, [n, grid, n, grid, width], [0, 2, 1, 3, 4], windows);
  const toStrided = (map: Value) => regroup(map, [grid, n, grid, n, width], [1, 3, 0, 2, 4], windows);
  const fromStrided = (x: Value) =>
    regroup(x, [n, n, grid, grid, width], [2, 0, 3, 1, 4], [1, side * side, width]);
  const fromContiguous = (x: Value) =>
    regroup(x, [n, n, grid, grid, width], [0, 2, 1, 3, 4], [1, side * side, width]);
  const ask = (queries: Value, crops: Value) => {
    const q = addLinear(graph, queries, 'attention.q', weights.q);
    const k = addLinear(graph, crops, 'attention.k', weights.k);
    const v = addLinear(graph, crops, 'attention.v', weights.v);
    return addResidual(graph, addAttention(graph, [q, k, v], heads), queries, weights);
  };

  const globalAsked = fromContiguous(ask(toContiguous(fromStrided(globals)), local));
  const localAsked = fromStrided(ask(toStrided(fromContiguous(local)), globals));
  const fused = addFuse(graph, localAsked, globalAsked, weights);
  const image = graph.op('Transpose', [graph.op('Reshape', [fused, graph.ints(1, side, side, width)])], {
    perm: [0, 3, 1, 2],
  });
  const sizes = graph.ints(1, width, grid, grid);
  const small = graph.op('Resize', [image, '', '', sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  });
  const resized = graph.op('Reshape', [
    graph.op('Transpose', [small], { perm: [0, 2, 3, 1] }),
    graph.ints(1, tokens, width),
  ]);
  addEnd(graph, base, resized, weights, shape);
}

function addInputs(graph: GraphWriter, { n, grid, width }: EnhanceShape, globals: number) {
  const tokens = grid * grid;
  return {
    local: graph.input('local', [n * n, tokens, width]),
    globals: graph.input('globals', [globals, tokens, width]),
    base: graph.input('base', [1, tokens, width]),
  };
}

/** Local crops [n * n, T, D] side by side as one map [M, M, D]. */
function addLocalMap(graph: GraphWriter, local: Value, { n, grid, width }: EnhanceShape): Value {
  const tiles = graph.op('Reshape', [local, graph.ints(n, n, grid, grid, width)]);
  const rows = graph.op('Transpose', [tiles], { perm: [0, 2, 1, 3, 4] });
  return graph.op('Reshape', [rows, graph.ints(n * grid, n * grid, width)]);
}

/** LN(W_o attended + queries): the residual is the query map itself, not its projection. */
function addResidual(graph: GraphWriter, attended: Value, queries: Value, weights: PlacedEnhance): Value {
  const out = addLinear(graph, attended, 'attention.out', weights.out);
  return addSkipNorm(graph, [queries, out], 'attention.ln', weights.attentionNorm, normEpsilon).normed;
}

/** F = LN([ffn_crop(C2) ; ffn_stride(G2)] + G2 + C2). */
function addFuse(graph: GraphWriter, c2: Value, g2: Value, weights: PlacedEnhance): Value {
  const ffn = (x: Value, name: string, [narrow, wide]: readonly [PlacedLinear, PlacedLinear]) =>
    addLinear(graph, graph.op('Gelu', [addLinear(graph, x, `${name}.0`, narrow)]), `${name}.2`, wide);
  const both = graph.op(
    'Concat',
    [ffn(c2, 'ffn_crop', weights.ffnCrop), ffn(g2, 'ffn_stride', weights.ffnStride)],
    { axis: -1 },
  );
  const maps = graph.op('Add', [g2, c2]);
  return addSkipNorm(graph, [both, maps], 'ln_fuse', weights.fuseNorm, normEpsilon).normed;
}

/** Outputs `dem` [T, D], and `embeddings` [T, H]: its mean with the base features, projected. */
function addEnd(
  graph: GraphWriter,
  base: Value,
  resized: Value,
  weights: PlacedEnhance,
  shape: EnhanceShape,
): void {
  const { grid, width } = shape;
  const tokens = grid * grid;
  graph.output('dem', [tokens, width], graph.op('Reshape', [resized, graph.ints(tokens, width)]));
  const mean = graph.op('Mul', [graph.op('Add', [base, resized]), graph.scalar(0.5)]);
  addProjector(graph, mean, weights.projector, shape);
}

/**
 * Pixel shuffle: the features [1, T, D] of s x s neighbouring patches as one row of s * s * D, the patches of a block line by
 * line; rows line by line too. Gives [1, T / s^2, s * s * D].
 */
export function addPixelShuffle(
  graph: GraphWriter,
  features: Value,
  grid: number,
  width: number,
  s: number,
): Value {
  const side = grid / s;
  const blocks = graph.op('Reshape', [features, graph.ints(side, s, side, s * width)]);
  const together = graph.op('Transpose', [blocks], { perm: [0, 2, 1, 3] });
  return graph.op('Reshape', [together, graph.ints(1, side * side, s * s * width)]);
}

/** Output `embeddings` [T, H]: the features [1, T, D] through linear maps with a GELU between each two. */
export function addProjector(
  graph: GraphWriter,
  features: Value,
  projector: readonly PlacedLinear[],
  { grid, width, languageWidth }: Pick<EnhanceShape, 'grid' | 'width' | 'languageWidth'>,
): void {
  const tokens = grid * grid;
  const embeddings = projector.reduce(
    (x, linear, layer) => {
      const activated = layer === 0 ? x : graph.op('Gelu', [x]);
      return addLinear(graph, activated, `mm_projector.${layer}`, linear);
    },
    graph.op('Reshape', [features, graph.ints(tokens, width)]),
  );
  graph.output('embeddings', [tokens, languageWidth], embeddings);
}

function concat(graph: GraphWriter, values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : graph.op('Concat', values, { axis });
}

import { describe, expect, test } from 'vitest';
import { addFullForm, type PlacedEnhance } from '../../../native-models/convert/onnx/enhance-graph.ts';
import { GraphWriter, type Value } from '../../../native-models/formats/onnx/graph-writer.ts';
import { decodeModel, onnxTypes } from '../../../native-models/formats/onnx/onnx-proto.ts';
import { checkWorkingMemory } from '../../../native-models/formats/onnx/working-memory.ts';
import { OnnxSession } from '../../../native-models/vision/onnx-runtime.ts';

const zeros = (...dims: number[]) => {
  const bytes = dims.reduce((all, size) => all * size, onnxTypes.float32.bytes);
  return { dims, dataType: onnxTypes.float32.id, rawData: new Uint8Array(bytes) };
};
const int8Zeros = (...dims: number[]) => {
  const rawData = new Uint8Array(dims.reduce((all, size) => all * size, 1));
  return { dims, dataType: onnxTypes.int8.id, rawData };
};

/** y = build(x), and the shape that is worked out for y. */
function graphOf(shape: readonly number[], build: (graph: GraphWriter, x: Value) => Value) {
  const graph = new GraphWriter('test');
  graph.output('y', [], build(graph, graph.input('x', shape)));
  const bytes = graph.encode();
  return { bytes, worked: () => checkWorkingMemory(decodeModel(bytes).graph, { x: shape }).get('y') };
}

describe('the shape worked out for an operator is the one that ONNX Runtime computes', () => {
  const image = [1, 3, 8, 8];
  const rows = [2, 6, 8];
  test.each<[string, readonly number[], (graph: GraphWriter, x: Value) => Value]>([
    ['Add with a vector', rows, (g, x) => g.op('Add', [x, g.constant('c', zeros(8))])],
    ['Mul with a column', rows, (g, x) => g.op('Mul', [x, g.constant('c', zeros(6, 1))])],
    ['Add of more dimensions', [8], (g, x) => g.op('Add', [x, g.constant('c', zeros(3, 1, 8))])],
    ['Concat', rows, (g, x) => g.op('Concat', [x, x, x], { axis: -2 })],
    [
      'Conv',
      image,
      (g, x) =>
        g.op('Conv', [x, g.constant('w', zeros(5, 3, 2, 2))], { kernel_shape: [2, 2], strides: [3, 2] }),
    ],
    ['Gelu', rows, (g, x) => g.op('Gelu', [x])],
    ['MatMul', rows, (g, x) => g.op('MatMul', [x, g.constant('w', zeros(8, 5))])],
    ['MatMul of batches', rows, (g, x) => g.op('MatMul', [x, g.constant('w', zeros(4, 1, 8, 5))])],
    ['Pad', rows, (g, x) => g.op('Pad', [x, g.ints(0, 1, 2, 0, 0, -1)])],
    ['ReduceMean', rows, (g, x) => g.op('ReduceMean', [x, g.ints(-1, 0)], { keepdims: 0 })],
    ['ReduceMean that keeps', rows, (g, x) => g.op('ReduceMean', [x, g.ints(1)])],
    ['Reshape', rows, (g, x) => g.op('Reshape', [x, g.ints(0, -1, 4)])],
    ['Resize', image, (g, x) => g.op('Resize', [x, '', '', g.ints(1, 3, 4, 5)], { mode: 'linear' })],
    ['Slice', rows, (g, x) => g.op('Slice', [x, g.ints(1, -3), g.ints(99, -1), g.ints(1, 2), g.ints(2, 1)])],
    ['Slice from the start', rows, (g, x) => g.op('Slice', [x, g.ints(1), g.ints(2)])],
    ['Transpose', rows, (g, x) => g.op('Transpose', [x], { perm: [2, 0, 1] })],
    ['Transpose of all', rows, (g, x) => g.op('Transpose', [x])],
    [
      'LayerNormalization',
      rows,
      (g, x) => g.op('LayerNormalization', [x, g.constant('w', zeros(8)), g.constant('b', zeros(8))]),
    ],
    [
      'SkipLayerNormalization',
      rows,
      (g, x) => g.fused('SkipLayerNormalization', [x, x, g.constant('w', zeros(8))])[0]!,
    ],
    ['QuickGelu', rows, (g, x) => g.fused('QuickGelu', [x])[0]!],
    [
      'MultiHeadAttention',
      rows,
      (g, x) => {
        const keys = g.op('Concat', [x, x], { axis: 1 });
        return g.fused('MultiHeadAttention', [x, keys, keys], { num_heads: 2 })[0]!;
      },
    ],
    [
      'DynamicQuantizeMatMul',
      rows,
      (g, x) =>
        g.fused('DynamicQuantizeMatMul', [
          x,
          g.constant('w', int8Zeros(8, 5)),
          g.constant('s', zeros(5)),
        ])[0]!,
    ],
  ])('%s', async (_name, shape, build) => {
    const { bytes, worked } = graphOf(shape, build);
    const session = await OnnxSession.open(bytes, { threads: 1 });
    const data = new Float32Array(shape.reduce((all, size) => all * size, 1));
    const { y } = await session.run({ x: { data, shape } });
    await session.dispose();
    expect(worked()).toEqual(y!.shape);
  });
});

test.each<[string, RegExp, readonly number[], (graph: GraphWriter, x: Value) => Value]>([
  [
    'a padding that is averaged away again',
    /^would hold 14\d{3} MiB at the node "Pad\.0"$/,
    [1, 16, 32],
    (g, x) => g.op('ReduceMean', [g.op('Pad', [x, g.ints(0, 0, 0, 7_000, 16, 16_352)]), g.ints(0)]),
  ],
  [
    'attention of many heads over many tokens',
    /^would hold \d+ MiB at the node "MultiHeadAttention\.0"$/,
    [1, 10_000, 32],
    (g, x) => g.fused('MultiHeadAttention', [x, x, x], { num_heads: 16 })[0]!,
  ],
  [
    'values that are small one by one and all kept to the end',
    /^would hold \d+ MiB/,
    [1, 2 ** 20, 64],
    (g, x) =>
      g.op(
        'Concat',
        Array.from({ length: 12 }, () => g.op('Gelu', [x])).map((y) => g.op('ReduceMean', [y, g.ints(1)])),
        { axis: 0 },
      ),
  ],
  [
    'a product of a column and a row',
    /^would hold \d+ MiB/,
    [2 ** 20, 1],
    (g, x) => g.op('MatMul', [x, g.op('Transpose', [x])]),
  ],
  [
    'a shape that is computed',
    /^takes a shape that is computed, or too long at the node "Reshape\.1" \(Reshape\)$/,
    [4],
    (g, x) => g.op('Reshape', [x, g.op('Identity', [g.ints(4)])]),
  ],
  ['shapes that do not fit', /^joins the shapes/, [4], (g, x) => g.op('Add', [x, g.constant('c', zeros(3))])],
  [
    'a shape of a thousand dimensions',
    /^takes a shape that is computed, or too long/,
    [1],
    (g, x) => g.op('Reshape', [x, g.ints(...Array.from({ length: 1_000 }, () => 1))]),
  ],
  [
    'a shape of nine dimensions',
    /^gives the shape/,
    [1],
    (g, x) => g.op('Reshape', [x, g.ints(...Array.from({ length: 9 }, () => 1))]),
  ],
  [
    'a shape that vanishes',
    /^gives the shape \[0\]/,
    [4],
    (g, x) => g.op('Slice', [x, g.ints(4), g.ints(4)]),
  ],
])('refused: %s', (_name, fault, shape, build) => {
  expect(() => graphOf(shape, build).worked()).toThrow(fault);
});

test('the full form of DEM at the published dimensions takes less than half of what is allowed', () => {
  const [n, grid, width, languageWidth] = [3, 24, 1024, 4096];
  const tokens = grid * grid;
  const placed = (...dims: number[]) => ({ dims, dataType: onnxTypes.float32.id });
  const linear = (inputs: number, outputs: number) => ({
    weight: placed(inputs, outputs),
    bias: placed(outputs),
    scale: null,
  });
  const norm = { gain: placed(width), offset: placed(width) };
  const ffn = [linear(width, width / 16), linear(width / 16, width / 2)] as const;
  const weights: PlacedEnhance = {
    ...{
      q: linear(width, width),
      k: linear(width, width),
      v: linear(width, width),
      out: linear(width, width),
    },
    ...{ attentionNorm: norm, fuseNorm: norm, ffnCrop: ffn, ffnStride: ffn },
    projector: [linear(width, languageWidth), linear(languageWidth, languageWidth)],
  };
  const graph = new GraphWriter('enhance');
  addFullForm(graph, weights, { n, grid, width, languageWidth });
  const inputs = { local: [n * n, tokens, width], globals: [n * n, tokens, width], base: [1, tokens, width] };
  const decoded = decodeModel(graph.encode()).graph;
  expect(checkWorkingMemory(decoded, inputs, 2 ** 30)).toEqual(
    new Map([
      ['dem', [tokens, width]],
      ['embeddings', [tokens, languageWidth]],
    ]),
  );
  expect(() => checkWorkingMemory(decoded, inputs, 2 ** 27)).toThrow('would hold');
});

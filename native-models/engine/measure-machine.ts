import { GraphWriter } from '../formats/onnx/graph-writer.ts';
import { openLlamaRuntime } from '../language/llama-runtime.ts';
import { OnnxSession } from '../vision/onnx-runtime.ts';
import type { MeasuredMachine } from './inference-protocol.ts';

/** Rows, columns and depth of a product as the tower and a prefill have them: bound by arithmetic. */
const product = { rows: 577, depth: 1024, columns: 4096 } as const;
/** One row against weights that no cache holds, as every written token has it: bound by memory. */
const reading = { rows: 1, depth: 4096, columns: 8192 } as const;

/** Each is repeated for so long: enough to be right within a few per cent, short enough to wait for. */
const measureMilliseconds = 600;

type Shape = Readonly<Record<'rows' | 'depth' | 'columns', number>>;

/** Finds out the GPU and how fast this machine multiplies matrices, without a model. */
export async function measureMachine(threads: number | null): Promise<MeasuredMachine> {
  const { rows, depth, columns } = product;
  const seconds = await secondsOf(product, threads);
  const readingSeconds = await secondsOf(reading, threads);
  return {
    gpu: await findGpu(),
    operationsPerSecond: (2 * rows * depth * columns) / seconds,
    bytesPerSecond: (4 * reading.depth * reading.columns) / readingSeconds,
  };
}

/** Seconds that one product takes, the best of all runs: others only had to share the processor. */
async function secondsOf({ rows, depth, columns }: Shape, threads: number | null): Promise<number> {
  const graph = new GraphWriter('measure');
  const x = graph.input('x', [rows, depth]);
  // Constant, so that the runtime lays it out once, as it does the weights of a model.
  const weights = graph.op('Expand', [graph.scalar(0.5), graph.ints(depth, columns)]);
  graph.output('y', [rows, columns], graph.op('MatMul', [x, weights]));
  const session = await OnnxSession.open(graph.encode(), { threads: threads ?? undefined });
  try {
    const inputs = { x: { data: new Float32Array(rows * depth).fill(1), shape: [rows, depth] } };
    await session.run(inputs);
    let best = Infinity;
    for (const end = performance.now() + measureMilliseconds; performance.now() < end;) {
      const start = performance.now();
      await session.run(inputs);
      best = Math.min(best, performance.now() - start);
    }
    return best / 1000;
  } finally {
    await session.dispose();
  }
}

async function findGpu(): Promise<MeasuredMachine['gpu']> {
  const runtime = await openLlamaRuntime('auto').catch(() => null);
  if (!runtime || runtime.backend === 'off') return null;
  return { name: runtime.devices.join(', '), ...(await runtime.gpuMemory()) };
}

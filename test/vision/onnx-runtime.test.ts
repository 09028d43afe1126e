import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { GraphWriter } from '../../native-models/formats/onnx/graph-writer.ts';
import { OnnxSession } from '../../native-models/vision/onnx-runtime.ts';
import { temporaryFolder } from './support/small-package.ts';

/** y = x + x, with `extra` zeros behind. */
function padded(extra: number): Uint8Array {
  const graph = new GraphWriter('test');
  const x = graph.input('x', ['length']);
  const longer = graph.op('Pad', [graph.op('Add', [x, x]), graph.ints(0, extra)]);
  graph.output('y', ['longer'], longer);
  return graph.encode();
}

const x = { data: Float32Array.of(1, 2), shape: [2] };

test('a graph from memory or from a file runs', async () => {
  const path = join(await temporaryFolder(), 'graph.onnx');
  await writeFile(path, padded(1));
  for (const model of [path, padded(1)]) {
    const session = await OnnxSession.open(model, { threads: 1 });
    await expect(session.run({ x })).resolves.toEqual({ y: { data: Float32Array.of(2, 4, 0), shape: [3] } });
    await session.dispose();
  }
});

test('a session waits for its runs before it goes, can be disposed twice, and refuses work afterwards', async () => {
  const session = await OnnxSession.open(padded(1));
  const running = session.run({ x });
  await Promise.all([session.dispose(), session.dispose()]);
  await expect(running).resolves.toBeDefined();
  expect(() => session.run({ x })).toThrow(expect.objectContaining({ code: 'internal' }));
});

test('memory that cannot be had is said to be missing', async () => {
  const session = await OnnxSession.open(padded(2 ** 44));
  await expect(session.run({ x })).rejects.toMatchObject({ code: 'out-of-memory' });
  await session.dispose();
});

test('a file that is no graph is refused with its name', async () => {
  const path = join(await temporaryFolder(), 'graph.onnx');
  await writeFile(path, 'not a graph');
  await expect(OnnxSession.open(path)).rejects.toMatchObject({
    code: 'package-invalid',
    message: expect.stringMatching(/^graph\.onnx: /) as string,
  });
});

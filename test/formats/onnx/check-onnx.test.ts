import fc from 'fast-check';
import { appendFile, copyFile, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { AppError } from '../../../preload/contract/errors.ts';
import { checkOnnxFile, type ExpectedGraph } from '../../../native-models/formats/onnx/check-onnx.ts';
import {
  decodeModel,
  encodeModel,
  onnxTypes,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../../../native-models/formats/onnx/onnx-proto.ts';
import { OnnxSession } from '../../../native-models/vision/onnx-runtime.ts';
import {
  convertEnhanceOf,
  temporaryFolder,
  withRandomCheckpoint,
} from '../../vision/support/small-package.ts';

/** A random model of 3 x 3 crops of 4 x 4 tokens, 32 channels in and 64 out. */
const expected: ExpectedGraph = {
  inputs: { local: [9, 16, 32], globals: [1, 16, 32], base: [1, 16, 32] },
  outputs: { dem: [16, 32], embeddings: [16, 64] },
};
const data = 'enhance.onnx.data';
const files = new Set(['enhance.onnx', data]);

let source: string;
let model: OnnxModel;

beforeAll(async () => {
  source = await withRandomCheckpoint({}, async (checkpoint, directory) => {
    await convertEnhanceOf(checkpoint, directory);
    return directory;
  });
  model = decodeModel(await readFile(join(source, 'enhance.onnx')));
});

/** A folder with these bytes as enhance.onnx, beside the true data file. */
async function packageOf(bytes: Uint8Array): Promise<string> {
  const folder = await temporaryFolder();
  await copyFile(join(source, data), join(folder, data));
  await writeFile(join(folder, 'enhance.onnx'), bytes);
  return join(folder, 'enhance.onnx');
}

function withGraph(change: (graph: OnnxGraph) => Partial<OnnxGraph>): Uint8Array {
  return encodeModel({ ...model, graph: { ...model.graph, ...change(model.graph) } });
}

function withNode(change: Partial<OnnxNode>): Uint8Array {
  return withGraph(({ node }) => ({ node: [{ ...node[0]!, ...change }, ...node.slice(1)] }));
}

/** Changes the first tensor that lies in the data file. */
function withTensor(change: (tensor: OnnxTensor) => Partial<OnnxTensor>): Uint8Array {
  return withGraph(({ initializer }) => {
    const first = initializer.findIndex(({ externalData }) => (externalData?.length ?? 0) > 0);
    return {
      initializer: initializer.map((tensor, at) =>
        at === first ? { ...tensor, ...change(tensor) } : tensor,
      ),
    };
  });
}

function withEntry(key: string, value: string): Uint8Array {
  return withTensor(({ externalData }) => ({
    externalData: externalData!.map((entry) => (entry.key === key ? { key, value } : entry)),
  }));
}

async function faultOf(path: string, graph = expected): Promise<string> {
  const error = await checkOnnxFile(path, graph, files).then(
    () => new Error('the file was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).code).toBe('package-invalid');
  expect((error as AppError).message).toMatch(/^enhance\.onnx: [^\n]+\.$/);
  return (error as AppError).message;
}

test('a graph this app wrote is accepted', async () => {
  await expect(checkOnnxFile(join(source, 'enhance.onnx'), expected, files)).resolves.toBeUndefined();
});

test.each<[string, RegExp, () => Uint8Array]>([
  ['no bytes', /no graph|IR version/, () => new Uint8Array(0)],
  ['a text file', /not an ONNX model/, () => Buffer.from('once upon a time, there was no model')],
  ['a truncated graph', /not an ONNX model/, () => encodeModel(model).subarray(0, 3000)],
  ['an unknown operator', /operator "Evil"/, () => withNode({ opType: 'Evil' })],
  [
    'an operator of another domain',
    /operator "my\.domain\.Add"/,
    () => withNode({ opType: 'Add', domain: 'my.domain' }),
  ],
  [
    'a newer operator set',
    /operator set/,
    () => encodeModel({ ...model, opsetImport: [{ domain: '', version: 99 }] }),
  ],
  ['a newer format', /IR version 99/, () => encodeModel({ ...model, irVersion: 99 })],
  ['a value read before it is computed', /before it is computed/, () => withNode({ input: ['embeddings'] })],
  ['a value written twice', /"local" twice/, () => withNode({ output: ['local'] })],
  [
    'an output that nothing computes',
    /never computes/,
    () => withGraph(({ node }) => ({ node: node.slice(0, -1) })),
  ],
  [
    'an input we do not know',
    /base, more"/,
    () => withGraph(({ input }) => ({ input: [...input, { ...input[0]!, name: 'more' }] })),
  ],
  ['an unknown element type', /of type 8/, () => withTensor(() => ({ dataType: 8 }))],
  [
    'a huge tensor',
    /of shape \[16777216, 16777216\]/,
    () => withTensor(() => ({ dims: [2 ** 24, 2 ** 24] })),
  ],
  ['a tensor of negative size', /of shape \[-1\]/, () => withTensor(() => ({ dims: [-1] }))],
  ['a shape that does not match the bytes', /of another length/, () => withTensor(() => ({ dims: [7] }))],
  ['an offset beyond the file', /beyond the end/, () => withEntry('offset', '999999999')],
  ['a negative offset', /beyond the end/, () => withEntry('offset', '-64')],
  [
    'weights in a parent folder',
    /not a file of the package/,
    () => withEntry('location', '../enhance.onnx.data'),
  ],
  ['weights in a system file', /not a file of the package/, () => withEntry('location', '/etc/passwd')],
  [
    'weights in another file of the folder',
    /not a file of the package/,
    () => withEntry('location', 'notes.txt'),
  ],
  [
    'a padding of terabytes',
    /out of range/,
    () =>
      withGraph(({ initializer }) => ({
        initializer: initializer.map((tensor) =>
          tensor.rawData?.length === 8
            ? { ...tensor, rawData: new Uint8Array(BigInt64Array.of(2n ** 40n).buffer) }
            : tensor,
        ),
      })),
  ],
  [
    'a padding to 14 GB and a mean over it',
    /would hold 14\d{3} MiB at the node "wide"/,
    () =>
      withGraph(({ node, initializer }) => {
        const ints = (name: string, ...values: bigint[]) => ({
          name,
          dims: [values.length],
          dataType: onnxTypes.int64.id,
          rawData: new Uint8Array(BigInt64Array.from(values).buffer),
        });
        const added = (opType: string, name: string, ...input: string[]): OnnxNode => ({
          ...{ opType, name, input, output: [name], attribute: [], domain: '' },
        });
        return {
          initializer: [
            ...initializer,
            ints('pads', 0n, 0n, 0n, 7_000n, 16n, 16_352n),
            ints('axes', 0n, 1n, 2n),
          ],
          node: [added('Pad', 'wide', 'base', 'pads'), added('ReduceMean', 'mean', 'wide', 'axes'), ...node],
        };
      }),
  ],
  [
    'an attribute we do not write',
    /the attribute "auto_pad"/,
    () => withNode({ attribute: [{ name: 'auto_pad', i: 1, type: 2 }] }),
  ],
  [
    'an output of another shape than it declares',
    /computes the output embeddings of shape/,
    () =>
      withGraph(({ node }) => ({
        node: node.map((each) =>
          each.output[0] === 'embeddings' ? { ...each, input: [node[0]!.output[0]!] } : each,
        ),
      })),
  ],
])('%s is refused', async (_what, fault, bytes) => {
  expect(await faultOf(await packageOf(bytes()))).toMatch(fault);
});

/** Protocol buffer fields that ONNX Runtime would read and we never write, behind a whole valid model. */
test.each([
  ['functions of the model (field 25)', [0xca, 0x01, 0x00]],
  ['training information (field 20)', [0xa2, 0x01, 0x00]],
  ['a second graph, which merges into the first', [0x3a, 0x02, 0x0a, 0x00]],
])('%s are refused', async (_what, field) => {
  const path = await packageOf(encodeModel(model));
  await appendFile(path, Uint8Array.from(field));
  expect(await faultOf(path)).toMatch(/fields that this app does not write|operator ""/);
});

describe('the data file', () => {
  test('must be long enough for every tensor', async () => {
    const path = await packageOf(encodeModel(model));
    await truncate(join(path, '..', data), 1000);
    expect(await faultOf(path)).toMatch(/beyond the end/);
  });

  test('must be a file of its own, not a link', async () => {
    const path = await packageOf(encodeModel(model));
    const inside = join(path, '..', data);
    await rm(inside);
    await symlink(join(source, data), inside);
    expect(await faultOf(path)).toMatch(/not a plain file/);
  });
});

test('a graph of other dimensions than the manifest says is refused', async () => {
  const path = join(source, 'enhance.onnx');
  const other = { ...expected, outputs: { ...expected.outputs, embeddings: [16, 128] } };
  expect(await faultOf(path, other)).toMatch(/embeddings of shape \[16, 64\] instead of \[16, 128\]/);
});

test('a missing file is said to be missing', async () => {
  const check = checkOnnxFile(join(source, 'nothing.onnx'), expected, files);
  await expect(check).rejects.toMatchObject({ code: 'file-missing' });
});

test('damaged graphs are refused, or load without harm: never a crash', async () => {
  const good = encodeModel(model);
  const path = await packageOf(good);
  const damage = fc.record({
    at: fc.integer({ min: 0, max: good.length - 1 }),
    byte: fc.integer({ min: 0, max: 255 }),
    end: fc.oneof(fc.constant(good.length), fc.integer({ min: 0, max: good.length })),
  });
  let refused = 0;
  const runs = 300;
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, byte, end }) => {
      const bytes = good.slice(0, end);
      if (at < end) bytes[at] = byte;
      await writeFile(path, bytes);
      try {
        await checkOnnxFile(path, expected, files);
      } catch (error) {
        expect(error).toMatchObject({ code: 'package-invalid' });
        refused++;
        return;
      }
      // What passes may still be a graph that ONNX Runtime refuses: in words, not by crashing.
      const session = await OnnxSession.open(path, { threads: 1 }).catch((error: unknown) => error);
      if (session instanceof OnnxSession) await session.dispose();
      else expect(session).toMatchObject({ code: 'package-invalid' });
    }),
    { numRuns: runs, seed: 7 },
  );
  expect(refused).toBeGreaterThan(runs / 2);
});

import { copyFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Decoder } from '../../native-models/language/decoder.ts';
import { type LlamaRuntime, openLlamaRuntime } from '../../native-models/language/llama-runtime.ts';
import { loadModel, withContext } from '../../native-models/language/load-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { exactDecoder, goldenLanguage } from './support.ts';

const folder = temporaryFolder();
let gguf: string;
beforeAll(async () => {
  ({ gguf } = await goldenLanguage('tower-inside', folder));
});

const failureOf = (loading: Promise<unknown>): Promise<unknown> => loading.catch((error: unknown) => error);

test('loading reports progress and can be cancelled', async () => {
  const told: number[] = [];
  const loaded = await exactDecoder(gguf, { onLoadProgress: (fraction) => told.push(fraction) });
  await loaded.dispose();
  expect(told.at(-1)).toBe(1);
  const controller = new AbortController();
  const cancelled = exactDecoder(gguf, {
    signal: controller.signal,
    onLoadProgress: () => controller.abort(),
  });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
});

test('a file whose weights end early is refused in one line that names it', async () => {
  const cut = join(folder, 'cut.gguf');
  copyFileSync(gguf, cut);
  truncateSync(cut, 2_000_000);
  const failure = await failureOf(exactDecoder(cut));
  expect(failure).toMatchObject({ code: 'package-invalid' });
  expect((failure as Error).message).toMatch(/^cut\.gguf: [^\n]+$/);
});

test('a file that is not there is refused by name', async () => {
  const missing = join(folder, 'missing.gguf');
  expect(await failureOf(exactDecoder(missing))).toMatchObject({
    code: 'file-missing',
    details: { file: missing },
  });
});

test.each([0, 1.5, 8193])(
  'a context of %d tokens is refused: the model has 8192 positions',
  async (contextTokens) => {
    const failure = await failureOf(exactDecoder(gguf, { contextTokens }));
    expect(failure).toMatchObject({ code: 'wrong-usage', details: { most: 8192 } });
  },
);

test('a context that does not fit into memory is refused with the numbers, before it is tried', async () => {
  const runtime = await openLlamaRuntime('off');
  const crowded = withEstimates(runtime, { contextMemory: async () => ({ ramNeeded: 9e9, ramFree: 1e9 }) });
  const failure = await failureOf(loadModel({ gguf, contextTokens: 512, gpu: 'off' }, async () => crowded));
  expect(failure).toMatchObject({
    code: 'out-of-memory',
    message: 'A context of 512 tokens needs 9.0 GB of memory; 1.0 GB are free.',
    details: { needed: 9e9, available: 1e9, contextTokens: 512 },
  });
});

test('layers asked for on a machine without a GPU run on the CPU, and the decoder says so', async () => {
  const runtime = await openLlamaRuntime('off');
  const decoder = new Decoder(
    await loadModel({ gguf, contextTokens: 512, gpu: 2 }, async () => runtime),
    512,
  );
  expect(decoder).toMatchObject({
    backend: 'off',
    gpuLayers: 0,
    note: 'No GPU works here; the CPU is used.',
  });
  await decoder.dispose();
});

test('a GPU that runs out of memory gives way to the CPU, and the decoder says so', async () => {
  const runtime = await openLlamaRuntime('off');
  const layersTried: number[] = [];
  const weak: LlamaRuntime = {
    ...withEstimates(runtime, { layersThatFit: async () => 3 }),
    backend: 'vulkan',
    library: {
      ...runtime.library,
      async llama_init_from_model(model, params) {
        layersTried.push(layersTried.length);
        return layersTried.length === 1 ? null : runtime.library.llama_init_from_model(model, params);
      },
    },
  };
  const decoder = new Decoder(await loadModel({ gguf, contextTokens: 512 }, async () => weak), 512);
  expect(layersTried.length).toBe(2);
  expect(decoder).toMatchObject({
    backend: 'off',
    gpuLayers: 0,
    note: 'GPU memory ran out; the CPU is used.',
  });
  await decoder.decodeTokens([1, 2, 3]);
  await decoder.dispose();
});

test('a second context has its cache in main memory where the GPU has no room for it', async () => {
  const runtime = await openLlamaRuntime('off');
  const loaded = await loadModel({ gguf, contextTokens: 512, gpu: 'off' }, async () => runtime);
  const tried: unknown[] = [];
  const on = (fits: (offload: unknown) => boolean) => ({
    ...loaded,
    ...{
      gpuLayers: 3,
      estimates: { ...loaded.estimates, contextMemory: async () => ({ ramNeeded: 1, ramFree: 1 }) },
    },
    runtime: {
      ...runtime,
      library: {
        ...runtime.library,
        async llama_init_from_model(
          ...[model, params]: Parameters<typeof runtime.library.llama_init_from_model>
        ) {
          tried.push(params.offload_kqv);
          return fits(params.offload_kqv) ? runtime.library.llama_init_from_model(model, params) : null;
        },
      },
    },
  });
  const room = (weak: ReturnType<typeof on>) => withContext(weak, 64, null, async (_, batch) => batch);
  expect(await room(on((offload) => offload === false))).toBe(64);
  expect(await room(on(() => true))).toBe(64);
  expect(await failureOf(room(on(() => false)))).toMatchObject({
    ...{ code: 'out-of-memory', message: 'GPU memory ran out.', details: {} },
  });
  expect(tried).toEqual([true, false, true, true, false]);
  await new Decoder(loaded, 512).dispose();
});

test('without a GPU nothing is offloaded', async () => {
  const runtime = await openLlamaRuntime('off');
  const estimates = await runtime.examine(gguf);
  const plan = { contextTokens: 512, batchTokens: 128, kvType: 'f16', flashAttention: 'auto' } as const;
  expect(await estimates.layersThatFit(plan)).toBe(0);
});

test('the memory of a context grows with its length', async () => {
  const runtime = await openLlamaRuntime('off');
  const estimates = await runtime.examine(gguf);
  const needed = async (contextTokens: number, kvType: 'f16' | 'f32') => {
    const plan = { contextTokens, batchTokens: 128, kvType, flashAttention: false } as const;
    return (await estimates.contextMemory(plan, 0)).ramNeeded;
  };
  // 3 layers of keys and values, 4 heads of 32 numbers each.
  const tokenBytes = 3 * 2 * 4 * 32;
  expect((await needed(8192, 'f32')) - (await needed(4096, 'f32'))).toBeGreaterThanOrEqual(
    4096 * tokenBytes * 4,
  );
  expect((await needed(8192, 'f16')) - (await needed(4096, 'f16'))).toBeGreaterThanOrEqual(
    4096 * tokenBytes * 2,
  );
});

function withEstimates(
  runtime: LlamaRuntime,
  changed: Partial<Awaited<ReturnType<LlamaRuntime['examine']>>>,
): LlamaRuntime {
  return { ...runtime, examine: async (file) => ({ ...(await runtime.examine(file)), ...changed }) };
}

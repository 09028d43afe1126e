import { expect, test } from 'vitest';
import { bindLlama, boundRelease, checkLayout } from '../../native-models/language/llama-bindings.ts';
import { openLlamaRuntime } from '../../native-models/language/llama-runtime.ts';

test('the release node-llama-cpp ships is the one the layouts were written for', async () => {
  const { library } = await openLlamaRuntime('off');
  expect(library.llama_version()).toContain(boundRelease.slice(1));
});

test('another release is refused before anything of it is called', () => {
  const failure = () => bindLlama('/nowhere/libllama.so', 'v0.6.0');
  expect(failure).toThrow(
    expect.objectContaining({
      code: 'runtime-unavailable',
      message:
        'llama.cpp cannot be used: llama.cpp v0.6.0 is loaded, but this program was written for v0.5.0.',
      details: { release: 'v0.6.0', expected: 'v0.5.0' },
    }),
  );
});

test('llama.cpp is loaded once, however often it is opened', async () => {
  expect(await openLlamaRuntime('off')).toBe(await openLlamaRuntime('off'));
});

test('a struct whose defaults are not where they belong is refused', async () => {
  const { library } = await openLlamaRuntime('off');
  const params = library.llama_context_default_params();
  expect(() => checkLayout('llama_context_params', params)).not.toThrow();
  // As if a field had been inserted before these.
  const shifted = { ...params, n_batch: params.n_ctx, n_ubatch: params.n_batch };
  expect(() => checkLayout('llama_context_params', shifted)).toThrow(
    expect.objectContaining({
      code: 'runtime-unavailable',
      message: expect.stringContaining('its llama_context_params has another layout') as string,
    }),
  );
});

import { expect, test } from 'vitest';
import { bindLlama, boundRelease } from '../../native-models/language/llama-bindings.ts';
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

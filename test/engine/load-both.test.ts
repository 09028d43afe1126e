import { beforeEach, expect, test, vi } from 'vitest';
import { loadBoth } from '../../native-models/engine/load-both.ts';
import { createDecoder } from '../../native-models/language/decoder.ts';
import type { OpenedPackage } from '../../native-models/package/open-package.ts';
import { createImageEncoder } from '../../native-models/vision/encode-image.ts';

vi.mock('../../native-models/language/decoder.ts', () => ({ createDecoder: vi.fn() }));
vi.mock('../../native-models/vision/encode-image.ts', () => ({ createImageEncoder: vi.fn() }));

const opened = {
  path: (name: string) => `/package/${name}`,
  manifest: { language: { contextTrained: 2048 } },
} as unknown as OpenedPackage;

function native() {
  const dispose = vi.fn(() => Promise.resolve());
  return { dispose, ...Promise.withResolvers<never>() };
}

let encoder: ReturnType<typeof native>;
let decoder: ReturnType<typeof native>;
beforeEach(() => {
  [encoder, decoder] = [native(), native()];
  vi.mocked(createImageEncoder).mockReset().mockReturnValue(encoder.promise);
  vi.mocked(createDecoder).mockReset().mockReturnValue(decoder.promise);
});
const load = () => loadBoth(opened, { threads: 1 }, { contextTokens: null, gpu: 'off' });
const loaded = ({ dispose }: ReturnType<typeof native>) => ({ dispose }) as never;

test('the language model and the tower load beside each other, neither waiting for the other', async () => {
  const both = load();
  expect(createDecoder).toHaveBeenCalledWith({
    ...{ gguf: '/package/language.gguf', contextTokens: 2048, gpu: 'off' },
  });
  expect(createImageEncoder).toHaveBeenCalledWith(opened, { threads: 1 });
  decoder.resolve(loaded(decoder));
  encoder.resolve(loaded(encoder));
  await expect(both).resolves.toEqual({ encoder: loaded(encoder), decoder: loaded(decoder) });
  expect(encoder.dispose).not.toHaveBeenCalled();
});

test('a tower on a GPU has its memory before the language model measures what is left', async () => {
  const both = loadBoth(opened, { provider: 'cuda' }, { contextTokens: null, gpu: 'auto' });
  await Promise.resolve();
  expect(createDecoder).not.toHaveBeenCalled();
  encoder.resolve(loaded(encoder));
  decoder.reject(new Error('no memory'));
  await expect(both).rejects.toThrow('no memory');
  expect(createDecoder).toHaveBeenCalledOnce();
  expect(encoder.dispose).toHaveBeenCalledOnce();
});

test.each([
  ['decoder', 'encoder'],
  ['encoder', 'decoder'],
] as const)('when the %s cannot be loaded, the %s is freed', async (failing, other) => {
  const natives = { encoder, decoder };
  const both = load();
  natives[failing].reject(new Error('no memory'));
  natives[other].resolve(loaded(natives[other]));
  await expect(both).rejects.toThrow('no memory');
  expect(natives[other].dispose).toHaveBeenCalledOnce();
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ThreadPace } from '../../native-models/language/thread-pace.ts';
import { float32 } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { distance, exactDecoder, goldenLanguage, row, useGolden } from './support.ts';

const folder = temporaryFolder();
const { decoder, ...golden } = await useGolden('tower-inside');

/** Ids 0, 1, 2, ... */
const someIds = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => i % golden.expected.n_vocab);

async function logitsAfter(ids: readonly number[]): Promise<Float32Array> {
  decoder.truncate(0);
  await decoder.decodeTokens(ids);
  return decoder.logits();
}

test('tokens and the same rows of the embedding table give equal logits', async () => {
  const ids = golden.expected.text_only_ids;
  const rows = new Float32Array(ids.length * golden.width);
  ids.forEach((id, i) => rows.set(row(golden.embedTokens, id, golden.width), i * golden.width));
  const expected = await logitsAfter(ids);
  decoder.truncate(0);
  await decoder.decodeEmbeddings(rows);
  expect(distance(decoder.logits(), expected)).toBe(0);
});

test('batches divide a prompt without changing what it means', async () => {
  const ids = someIds(300);
  const whole = await logitsAfter(ids);
  decoder.truncate(0);
  for (let from = 0; from < ids.length; from += 7) await decoder.decodeTokens(ids.slice(from, from + 7));
  expect(distance(decoder.logits(), whole)).toBeLessThan(1e-4);
});

test('progress counts the tokens decoded', async () => {
  const told: number[] = [];
  decoder.truncate(0);
  await decoder.decodeEmbeddings(float32(golden.tensors, 'embeddings'), {
    onProgress: (done) => told.push(done),
  });
  expect(told.length).toBeGreaterThan(2);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(decoder.position);
});

test('a truncated sequence continues as if the rest had never been', async () => {
  await logitsAfter(someIds(20));
  await decoder.decodeTokens([5]);
  const expected = decoder.logits();
  await logitsAfter(someIds(40));
  decoder.truncate(20);
  expect(decoder.position).toBe(20);
  await decoder.decodeTokens([5]);
  expect(distance(decoder.logits(), expected)).toBe(0);
});

test('a saved state continues identically, also in another decoder of the same file', async () => {
  const ids = someIds(100);
  await logitsAfter(ids);
  const saved = await decoder.save();
  await decoder.decodeTokens([7, 8]);
  const expected = decoder.logits();
  const other = await exactDecoder(golden.gguf);
  for (const target of [decoder, other]) {
    target.truncate(3);
    await target.restore(saved);
    expect(target.position).toBe(ids.length);
    await target.decodeTokens([7, 8]);
    expect(distance(target.logits(), expected)).toBe(0);
  }
  await other.dispose();
});

test('a state of another model is refused, and the decoder starts over', async () => {
  const apart = await goldenLanguage('tower-apart', folder);
  const other = await exactDecoder(apart.gguf);
  await other.decodeTokens([1, 2, 3]);
  const foreign = await other.save();
  await other.dispose();
  await expect(decoder.restore(foreign)).rejects.toMatchObject({ code: 'internal' });
  expect(decoder.position).toBe(0);
  await decoder.decodeTokens([1, 2, 3]);
});

test('more than the context holds is refused with the numbers, and nothing is decoded', async () => {
  const small = await exactDecoder(golden.gguf, { contextTokens: 50 });
  await small.decodeTokens(someIds(30));
  await expect(small.decodeTokens(someIds(21))).rejects.toMatchObject({
    code: 'context-overflow',
    details: { needed: 51, available: 50 },
  });
  expect(small.position).toBe(30);
  await small.decodeTokens(someIds(20));
  await small.dispose();
});

test.each([
  ['at the start', 0, 0],
  ['between batches', 128, 0],
  ['within a batch', 128, 1],
])('cancelling %s keeps whole batches, and decoding goes on', async (_when, afterTokens, delayMs) => {
  const ids = someIds(1000);
  const expected = await logitsAfter(ids);
  decoder.truncate(0);
  const controller = new AbortController();
  const cancel = () => void setTimeout(() => controller.abort(), delayMs);
  if (afterTokens === 0) cancel();
  const decoding = decoder.decodeTokens(ids, {
    signal: controller.signal,
    onProgress: (done) => done === afterTokens && cancel(),
  });
  await expect(decoding).rejects.toMatchObject({ code: 'cancelled' });
  expect(decoder.position % 128).toBe(0);
  expect(decoder.position).toBeLessThan(ids.length);
  await decoder.decodeTokens(ids.slice(decoder.position));
  expect(distance(decoder.logits(), expected)).toBeLessThan(1e-4);
});

test('threads that nobody chose change while it works, and what is decoded does not', async () => {
  const own = await exactDecoder(golden.gguf, { threads: undefined });
  try {
    const ids = someIds(300);
    const expected = await logitsAfter(ids);
    // The first batch is stopped, as one on trial with more threads than there is room for, and done again.
    const impatient = vi.spyOn(ThreadPace.prototype, 'patience', 'get');
    for (let call = 0; call < 5; call++) impatient.mockReturnValueOnce(0);
    const took = vi.spyOn(ThreadPace.prototype, 'took');
    const inTurn = vi.spyOn(ThreadPace.prototype, 'threads', 'get');
    for (let call = 0; call < 100; call++) inTurn.mockReturnValueOnce(1).mockReturnValueOnce(2);
    await own.decodeTokens(ids.slice(0, 250));
    for (const id of ids.slice(250)) await own.decodeTokens([id]);
    expect(took.mock.calls.filter(([, , isStopped]) => isStopped).length).toBeGreaterThanOrEqual(1);
    expect(own.position).toBe(ids.length);
    expect(distance(own.logits(), expected)).toBeLessThan(1e-4);
  } finally {
    vi.restoreAllMocks();
    await own.dispose();
  }
});

test('a second call while one is running is refused instead of racing it', async () => {
  decoder.truncate(0);
  const running = decoder.decodeTokens(someIds(600));
  await expect(decoder.decodeTokens([1])).rejects.toThrow('busy');
  expect(() => decoder.truncate(0)).toThrow('busy');
  expect(() => decoder.logits()).toThrow('busy');
  await running;
  expect(decoder.position).toBe(600);
});

test('ids and rows that do not belong to the model are refused before native code sees them', async () => {
  for (const id of [-1, golden.expected.n_vocab, 1.5, NaN])
    await expect(decoder.decodeTokens([id])).rejects.toThrow('Token');
  await expect(decoder.decodeEmbeddings(new Float32Array(golden.width + 1))).rejects.toThrow('width');
});

test('disposing stops what is running, twice does no harm, and afterwards nothing works', async () => {
  const short = await exactDecoder(golden.gguf);
  const running = short.decodeTokens(someIds(2000));
  const outcome = expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await Promise.all([short.dispose(), short.dispose()]);
  await outcome;
  await short.dispose();
  await expect(short.decodeTokens([1])).rejects.toThrow('disposed');
});

test.each([
  ['NaN', NaN],
  ['infinity', Infinity],
])('weights that are %s are told at the first token', async (_name, value) => {
  const bytes = readFileSync(golden.gguf);
  new Float32Array(bytes.buffer, bytes.byteOffset + bytes.length - 4096, 1024).fill(value);
  const gguf = join(folder, 'damaged.gguf');
  writeFileSync(gguf, bytes);
  const damaged = await exactDecoder(gguf);
  await damaged.decodeTokens(someIds(5));
  const sampler = damaged.createSampler({});
  expect(() => damaged.sample(sampler)).toThrow(
    expect.objectContaining({
      code: 'package-invalid',
      details: { file: 'damaged.gguf', reason: 'no-numbers' },
      message: 'damaged.gguf: the model computed no numbers.',
    }),
  );
  sampler.dispose();
  await damaged.dispose();
});

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import { attentionOf, lookAt } from '../../native-models/engine/lens.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import { imageEmbeddings } from '../../native-models/language/prompt.ts';
import type { Head } from '../../native-models/language/reread.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { float32 } from '../support/safetensors-file.ts';
import { plainAttention } from './plain-llama.ts';
import { distance, exactDecoder, type GoldenLanguage, row, useGolden } from './support.ts';

/** docs/inference.md, How it is known to be right: with everything in float32 the stages agree to this. */
const tolerance = 1e-3;

const config = { layers: 3, heads: 8, hidden: 256, keyValueHeads: 4, epsilon: 1e-5, ropeTheta: 500_000 };
const everyHead: Head[] = Array.from({ length: config.layers * config.heads }, (_, at) => ({
  layer: Math.floor(at / config.heads),
  head: at % config.heads,
}));

const inside = await useGolden('tower-inside');
const apart = await useGolden('tower-apart');
const pictureOf = ({ tensors, width }: GoldenLanguage) =>
  imageEmbeddings(float32(tensors, 'embeddings'), width);

describe.each([
  ['tower-inside', inside],
  ['tower-apart', apart],
] as const)('%s', (name, { decoder, ...golden }) => {
  const image = pictureOf(golden);

  /** Positions of everything up to the last token but one of the answer. */
  const positions = () => {
    const { ids_before_image: before, ids_after_image: after, greedy_ids: ids } = golden.expected;
    return Array.from({ length: before.length + image.count + after.length + ids.length - 1 }, (_, at) => at);
  };

  // Plain numbers take seconds, and the models differ only in their towers.
  test.runIf(name === 'tower-inside')(
    'the attention of every head is that of the model written out in plain numbers',
    async () => {
      const { expected, embedTokens, width } = golden;
      const { greedy_ids: ids } = expected;
      const conversation = new ChatSession(new Sequence(decoder), golden.format);
      const { attention, context } = await conversation.reread(
        { text: expected.question, pictures: [image] },
        ids,
        {
          look: () => ({ heads: everyHead, positions: positions() }),
        },
      );
      const token = (id: number) => row(embedTokens, id, width);
      const embeddings = [
        ...expected.ids_before_image.map(token),
        ...Array.from({ length: image.count }, (_, at) => row(image.rows, at, width)),
        ...[...expected.ids_after_image, ...ids.slice(0, -1)].map(token),
      ];
      const directory = join(fileURLToPath(new URL(`../golden/${name}/`, import.meta.url)), 'checkpoint');
      const checkpoint = await openCheckpoint(directory, { clip: join(directory, '../clip') });
      const plain = await plainAttention(
        config,
        (tensor) => checkpoint.tensors.readFloat32(tensor),
        embeddings,
      );
      await checkpoint.close();
      const first = embeddings.length - ids.length;
      let largest = 0;
      for (let at = 0; at < ids.length; at++) {
        everyHead.forEach(({ layer, head }, index) => {
          const found = row(attention!, (context + at) * everyHead.length + index, embeddings.length);
          const wanted = plain[layer]![head]![first + at]!;
          expect(found.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
          largest = Math.max(largest, distance(found.subarray(0, wanted.length), wanted));
        });
      }
      expect(largest).toBeLessThan(tolerance);
    },
  );

  test('the likelihoods are those of the golden logits, and the words that were chosen are the likeliest', async () => {
    const { expected, format, tensors } = golden;
    const conversation = new ChatSession(new Sequence(decoder), format);
    const question = { text: expected.question, pictures: [image] };
    const { logLikelihood } = await conversation.reread(question, expected.greedy_ids, { likelihood: true });
    const steps = float32(tensors, 'step_logits');
    const wanted = expected.greedy_ids.map((id, step) => {
      const logits = row(steps, step, expected.n_vocab);
      return logits[id]! - Math.log(logits.reduce((sum, each) => sum + Math.exp(each), 0));
    });
    expect(distance(logLikelihood!, wanted)).toBeLessThan(tolerance);
  });

  test('an answer without the picture it was about is read anew, and the cache stays', async () => {
    const { expected, format } = golden;
    const conversation = new ChatSession(new Sequence(decoder), format);
    const question = { text: expected.question, pictures: [image] };
    const covered = imageEmbeddings(new Float32Array(image.rows.length), golden.width);
    await conversation.prepare({ images: [image] });
    const { position } = decoder;
    const { logLikelihood } = await conversation.reread(question, expected.greedy_ids, { likelihood: true });
    const anew = { likelihood: true, anew: true };
    const again = await conversation.reread(question, expected.greedy_ids, anew);
    const blind = await conversation.reread({ ...question, pictures: [covered] }, expected.greedy_ids, anew);
    expect(distance(again.logLikelihood!, logLikelihood!)).toBeLessThan(tolerance);
    expect(distance(blind.logLikelihood!, logLikelihood!)).toBeGreaterThan(tolerance);
    expect(decoder.position).toBeGreaterThanOrEqual(position);
  });
});

test('the first answer is looked at alike after later turns, and from a prompt that is decoded anew', async () => {
  const { decoder, expected, format } = inside;
  const image = pictureOf(inside);
  const question = { text: expected.question, pictures: [image] };
  const positions = Array.from({ length: 100 }, (_, at) => at);
  const look = () => ({ heads: everyHead, positions });
  const conversation = new ChatSession(new Sequence(decoder), format);
  const greedy = { sampling: { temperature: 0 } } as const;
  await conversation.ask(question.text, { ...greedy, images: question.pictures, maxTokens: 4 });
  const again = async (anew: boolean) =>
    (await conversation.upTo(0).reread(question, expected.greedy_ids, { look, anew })).attention!;
  const first = await again(false);
  expect(distance(await again(true), first)).toBeLessThan(tolerance);
  const { position } = decoder;
  for (const sight of ['boats ', 'houses ']) {
    await conversation.ask(sight.repeat(50), { ...greedy, maxTokens: 2 });
  }
  // More than llama.cpp adds to a context by itself.
  expect(decoder.position).toBeGreaterThan(position + 256);
  expect(distance(await again(false), first)).toBeLessThan(tolerance);
});

test('a cache written with flash attention is read without it', async () => {
  const { gguf, expected, format } = inside;
  const image = pictureOf(inside);
  const question = { text: expected.question, pictures: [image] };
  const positions = Array.from({ length: 100 }, (_, at) => at);
  const look = () => ({ heads: everyHead, positions });
  const attentionWith = async (options: { flashAttention: boolean; kvType: 'f16' | 'f32' }) => {
    const decoder = await exactDecoder(gguf, options);
    try {
      const conversation = new ChatSession(new Sequence(decoder), format);
      const answer = await conversation.ask(question.text, {
        images: question.pictures,
        maxTokens: expected.greedy_ids.length,
        sampling: { temperature: 0 },
      });
      const before = decoder.position;
      const found = await conversation
        .upTo(0)
        .reread(question, expected.greedy_ids, { look, likelihood: true });
      expect(decoder.position).toBe(before);
      // What was written stays as it was, and the conversation goes on from there.
      expect(answer.ids).toHaveLength(expected.greedy_ids.length);
      const next = await conversation.ask('And now?', { maxTokens: 2, sampling: { temperature: 0 } });
      expect(next.counts.image).toBe(0);
      return found;
    } finally {
      await decoder.dispose();
    }
  };
  const exact = await attentionWith({ flashAttention: false, kvType: 'f32' });
  for (const kvType of ['f16', 'f32'] as const) {
    const flash = await attentionWith({ flashAttention: true, kvType });
    expect(distance(flash.attention!, exact.attention!)).toBeLessThan(0.02);
    expect(distance(flash.logLikelihood!, exact.logLikelihood!)).toBeLessThan(0.05);
  }
});

test('the attention of many heads is taken a few at a time, and comes to the same maps', async () => {
  const { decoder, expected, format } = inside;
  const image = pictureOf(inside);
  const session = () => new ChatSession(new Sequence(decoder), format);
  const question = { text: expected.question, pictures: [image] };
  const wish = { question, seen: [image], answer: expected.greedy_ids, heads: everyHead };
  const whole = await lookAt(session(), wish, {});
  const bytes = 4 * 5 * image.count * (expected.ids_after_image.length + expected.greedy_ids.length);
  const parts: number[] = [];
  for await (const { attention } of attentionOf(session(), wish, { bytes }))
    parts.push(attention.heads.length);
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.reduce((sum, count) => sum + count)).toBe(everyHead.length);
  const inParts = await lookAt(session(), wish, { bytes });
  expect(inParts.tokens).toEqual(whole.tokens);
  expect(distance(inParts.maps, whole.maps)).toBeLessThan(1e-5);
});

test('a look that is cancelled ends, and the model goes on', async () => {
  const { decoder, expected, format } = inside;
  const image = pictureOf(inside);
  const conversation = new ChatSession(new Sequence(decoder), format);
  const question = { text: expected.question, pictures: [image] };
  await conversation.prepare({ images: [image] });
  const stopped = new AbortController();
  const look = conversation.reread(question, expected.greedy_ids, {
    likelihood: true,
    anew: true,
    signal: stopped.signal,
  });
  stopped.abort();
  await expect(look).rejects.toMatchObject({ code: 'cancelled' });
  const { ids } = await conversation.ask(expected.question, {
    images: [image],
    maxTokens: expected.greedy_ids.length,
    sampling: { temperature: 0 },
  });
  expect(ids).toEqual(expected.greedy_ids);
});

import { describe, expect, test } from 'vitest';
import { ChatSession } from '../../native-models/language/chat.ts';
import { conversationParts, imageEmbeddings } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { float32 } from '../support/safetensors-file.ts';
import { distance, goldenCases, row, useGolden } from './support.ts';

/** docs/inference.md, How it is known to be right: with everything in float32 the stages agree to this. */
const tolerance = 1e-3;

describe.each(goldenCases)('%s', async (name) => {
  const { decoder, ...golden } = await useGolden(name);

  test('the prompt around the picture has the ids of the authors’ tokenizer, two BOS in front', () => {
    const { expected, format, tensors, width } = golden;
    const image = imageEmbeddings(float32(tensors, 'embeddings'), width);
    const parts = conversationParts(decoder.vocabulary, format, format.chat.defaultSystem, [], {
      text: expected.question,
      pictures: [image],
    });
    expect(parts).toEqual([
      { ids: expected.ids_before_image },
      { image, from: 0, count: image.count },
      { ids: expected.ids_after_image },
    ]);
  });

  test('a question about the picture gets the 16 golden tokens, from the golden logits', async () => {
    const { expected, format, tensors, width } = golden;
    const image = imageEmbeddings(float32(tensors, 'embeddings'), width);
    const logits: Float32Array[] = [];
    const answer = await new ChatSession(new Sequence(decoder), format).ask(expected.question, {
      images: [image],
      maxTokens: expected.greedy_ids.length,
      sampling: { temperature: 0 },
      onToken: (step) => logits.push(step.logits()),
    });
    expect(answer.ids).toEqual(expected.greedy_ids);
    const steps = float32(tensors, 'step_logits');
    const distances = logits.map((found, step) => distance(found, row(steps, step, expected.n_vocab)));
    expect(Math.max(...distances)).toBeLessThan(tolerance);
  });

  test('text without a picture gives the golden logits', async () => {
    const { expected, tensors } = golden;
    decoder.truncate(0);
    await decoder.decodeTokens(expected.text_only_ids);
    expect(distance(decoder.logits(), float32(tensors, 'text_only_logits'))).toBeLessThan(tolerance);
  });
});

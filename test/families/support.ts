import { join } from 'node:path';
import { expect } from 'vitest';

import { ChatSession } from '../../native-models/language/chat.ts';
import { createDecoder } from '../../native-models/language/decoder.ts';
import {
  conversationParts,
  imageEmbeddings,
  partLength,
  type PromptPart,
} from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { openPackage, type OpenedPackage } from '../../native-models/package/open-package.ts';
import { createImageEncoder, type EncodedImage } from '../../native-models/vision/encode-image.ts';
import type { FamilyGolden } from '../support/family-golden.ts';
import { float32 } from '../support/safetensors-file.ts';

/** docs/inference.md, How it is known to be right: of the largest magnitude, where that is above 1. */
const tolerance = 1e-3;

/** Everything that a package computes of a golden case, against the independent implementation: both turns. */
export async function expectGolden(directory: string, golden: FamilyGolden): Promise<void> {
  const opened = await openPackage(directory, { verify: true });
  const image = await encodePhoto(opened, golden);
  const { tensors } = golden;
  expectClose(image.stages().get('view_features')!.data, float32(tensors, 'view_features'), 'view_features');
  expectClose(image.embeddings, float32(tensors, 'embeddings'), 'embeddings');
  await expectAnswers(opened, image, golden);
}

async function encodePhoto(opened: OpenedPackage, { folder, tensors }: FamilyGolden): Promise<EncodedImage> {
  const encoder = await createImageEncoder(opened, { threads: 1 });
  try {
    const image = await encoder.encode(join(folder, 'photo.png'));
    expect(image.stages().get('view_pixels')!.shape).toEqual(tensors.get('view_pixels')!.shape);
    return image;
  } finally {
    await encoder.dispose();
  }
}

async function expectAnswers(
  { manifest, path }: OpenedPackage,
  { embeddings, width, plan }: EncodedImage,
  { expected, tensors }: FamilyGolden,
): Promise<void> {
  const decoder = await createDecoder({
    ...{ gguf: path('language.gguf'), contextTokens: 1024, gpu: 'off', threads: 1 },
    ...{ kvType: 'f32', flashAttention: false },
  });
  try {
    const images = [imageEmbeddings(embeddings, width, plan.pieces)];
    const next = { text: expected.question, pictures: images };
    const parts = conversationParts(decoder.vocabulary, manifest, manifest.chat.defaultSystem, [], next);
    expect(parts.flatMap(idsOf)).toEqual([...tensors.get('prompt_ids')!.data]);

    const conversation = new ChatSession(new Sequence(decoder), manifest);
    const logits: number[] = [];
    const greedy = { maxTokens: 16, sampling: { temperature: 0 } };
    const first = await conversation.ask(expected.question, {
      ...{ ...greedy, images },
      onToken: (step) => logits.push(...step.logits()),
    });
    expect(first.ids).toEqual(expected.greedy_ids);
    expect(first.finishReason).toBe(expected.stopped ? 'stop' : 'length');
    expectClose(logits, float32(tensors, 'step_logits'), 'step_logits');
    const second = await conversation.ask(expected.question2, greedy);
    expect(second.ids).toEqual(expected.greedy2_ids);
  } finally {
    await decoder.dispose();
  }
}

/** -1 where a row of embeddings stands. */
const idsOf = (part: PromptPart): readonly number[] =>
  'ids' in part ? part.ids : Array.from({ length: partLength(part) }, () => -1);

function expectClose(found: ArrayLike<number>, wanted: Float32Array, name: string): void {
  expect(found.length, name).toBe(wanted.length);
  let [difference, largest] = [0, 1];
  for (let at = 0; at < wanted.length; at++) {
    difference = Math.max(difference, Math.abs(found[at]! - wanted[at]!));
    largest = Math.max(largest, Math.abs(wanted[at]!));
  }
  expect(difference / largest, name).toBeLessThan(tolerance);
}

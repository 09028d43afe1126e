import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { GgufFacts } from '../../native-models/formats/gguf/gguf-facts.ts';
import { readLanguageChat } from '../../native-models/convert/language/language-chat.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { familyOf, inOneQuestion } from '../../native-models/families/index.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import type { Decoder } from '../../native-models/language/decoder.ts';
import {
  conversationParts,
  imageEmbeddings,
  pictureOfSize,
  type ChatFormat,
  type ImageEmbeddings,
  type PromptPart,
} from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { mostPictures } from '../../preload/contract/api.ts';
import { taggedCases, familyGolden, picturesInChat, seeingOf } from '../support/family-golden.ts';
import { float32 } from '../support/safetensors-file.ts';
import { distance, exactDecoder, row } from './support.ts';

/** The whole prompt as the golden files have it: -1 where a row of embeddings stands. */
const idsOf = (parts: readonly PromptPart[]): number[] =>
  parts.flatMap((part) => ('ids' in part ? [...part.ids] : new Array<number>(part.count).fill(-1)));

describe.each(taggedCases)('%s, the language file of the pair', (name) => {
  const { folder, expected, tensors, pieces } = familyGolden(name);
  const gguf = join(folder, 'pair', 'language.gguf');
  let decoder: Decoder;
  let format: ChatFormat;
  let image: ImageEmbeddings;
  beforeAll(async () => {
    const { chat, addsBos, stopIds } = readLanguageChat(
      new GgufFacts(await readGguf(gguf), 'language.gguf', 'package-invalid'),
      picturesInChat[expected.kind],
    );
    format = { chat, language: { addsBos, stopIds: [...stopIds] } };
    decoder = await exactDecoder(gguf);
    image = imageEmbeddings(float32(tensors, 'embeddings'), expected.dims.language_width, pieces);
  });
  afterAll(() => decoder.dispose());

  const converse = (history: ConstructorParameters<typeof ChatSession>[2] = {}) =>
    new ChatSession(new Sequence(decoder), format, history);
  const steps = expected.greedy_ids.length;
  const greedy = { maxTokens: 16, sampling: { temperature: 0 } };

  test('the prompt has the ids of the published processor', () => {
    const next = { text: expected.question, pictures: [image] };
    const parts = conversationParts(decoder.vocabulary, format, '', [], next);
    expect(idsOf(parts)).toEqual([...tensors.get('prompt_ids')!.data]);
  });

  test('both turns get the golden tokens, the first from the golden logits', async () => {
    const logits: Float32Array[] = [];
    const conversation = converse();
    const one = await conversation.ask(expected.question, {
      ...greedy,
      images: [image],
      onToken: (step) => logits.push(step.logits()),
    });
    expect(one.ids).toEqual(expected.greedy_ids);
    expect(one.text).toBe(expected.answer_in_template);
    expect(one.finishReason).toBe(expected.stopped ? 'stop' : 'length');
    const golden = float32(tensors, 'step_logits');
    const distances = logits.map((found, step) =>
      distance(found, row(golden, step, expected.dims.vocabulary)),
    );
    expect(distances).toHaveLength(steps);
    expect(Math.max(...distances)).toBeLessThan(1e-3 * Math.max(1, expected.largest.step_logits));
    const two = await conversation.ask(expected.question2, greedy);
    expect(two.ids).toEqual(expected.greedy2_ids);
    expect(two.finishReason).toBe(expected.stopped2 ? 'stop' : 'length');
    expect(two.counts.image).toBe(0);
  });

  test('the second turn has the ids of the processor, the answer’s own among them', () => {
    const first = { question: { text: expected.question, pictures: [image] }, answer: expected.greedy_ids };
    const next = { text: expected.question2, pictures: [] };
    const parts = conversationParts(decoder.vocabulary, format, '', [first], next);
    expect(idsOf(parts)).toEqual([...tensors.get('prompt2_ids')!.data]);
  });

  test.runIf(expected.kind === 'internvl')(
    'Qwen’s names for parts of code are tokens in a person’s text too',
    () => {
      const { vocabulary } = decoder;
      for (const name of [
        '<|fim_prefix|>',
        '<|fim_middle|>',
        '<|fim_suffix|>',
        '<|fim_pad|>',
        '<|repo_name|>',
        '<|file_sep|>',
      ]) {
        const id = expected.special_ids[name]!;
        expect(vocabulary.tokenize([{ text: `a${name}b` }])).toEqual(
          ['a', 'b'].flatMap((text, at) => [...(at === 1 ? [id] : []), ...vocabulary.tokenize([{ text }])]),
        );
      }
      const ending = '<|im_end|>';
      expect(vocabulary.tokenize([{ text: ending }])).not.toContain(expected.special_ids[ending]);
    },
  );

  test('an answer that comes back as text is written as the template has it', async () => {
    const text = {
      question: { text: expected.question, pictures: [image] },
      answer: expected.answer_in_template,
    };
    const spaced = { ...text, answer: ` \n${expected.answer_in_template}` };
    const lengths = [text, spaced].map((turn) => converse({ history: [turn] }).measure('').needed);
    // SmolVLM's template trims; InternVL's takes answers as they are.
    expect(lengths[0]! === lengths[1]).toBe(expected.kind === 'smolvlm');
    const leading = expected.kind === 'smolvlm' ? ' ' : '';
    const written = decoder.vocabulary.tokenize([{ text: leading + expected.answer_in_template }]);
    const bare = converse({ history: [{ ...text, answer: '' }] }).measure('').needed;
    const space = decoder.vocabulary.tokenize([{ text: leading }]).length;
    expect(lengths[0]! - bare).toBe(written.length - space);
  });

  test('a picture of which only the plan is known takes the same room', () => {
    const ask = (picture: ImageEmbeddings) => converse().measure(expected.question, [picture]).needed;
    expect(ask(pictureOfSize(pieces))).toBe(ask(image));
    expect(ask(image)).toBe(tensors.get('prompt_ids')!.data.length + 1);
  });

  test('several pictures stand in one question as the family was trained with them', () => {
    const family = familyOf(seeingOf(expected));
    const names = new Map(Object.entries(expected.special_ids).map(([token, id]) => [id, token]));
    const { vocabulary } = decoder;
    const written = (count: number) => {
      const pictures = inOneQuestion(family, new Array<ImageEmbeddings>(count).fill(image));
      const next = { text: expected.question, pictures };
      return conversationParts(vocabulary, format, '', [], next)
        .map((part) =>
          'image' in part
            ? `(${part.from}+${part.count})`
            : part.ids
                .map((id) => names.get(id) ?? Buffer.from(vocabulary.bytes(id)).toString('latin1'))
                .join(''),
        )
        .join('');
    };
    let from = 0;
    const body = pieces
      .map((piece) => {
        if ('text' in piece) return piece.text;
        from += piece.rows;
        return `(${from - piece.rows}+${piece.rows})`;
      })
      .join('');
    const one = written(1);
    expect(one).toContain(body);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: mostPictures }), (count) => {
        const label = (index: number) => (expected.kind === 'internvl' ? `Image-${index + 1}: ` : '');
        const bodies = Array.from({ length: count }, (_, index) => label(index) + body).join('');
        expect(written(count)).toBe(one.replace(body, () => bodies));
      }),
      { numRuns: 5 },
    );
  });

  test('reading ahead reads the picture; the question costs its own tokens', async () => {
    const conversation = converse();
    const ahead = await conversation.prepare({ images: [image] });
    expect(ahead.image).toBe(image.count);
    const answer = await conversation.ask(expected.question, { ...greedy, images: [image], maxTokens: 1 });
    expect(answer.ids).toEqual(expected.greedy_ids.slice(0, 1));
    expect(answer.counts.image).toBe(0);
    expect(answer.counts.reused).toBeGreaterThanOrEqual(image.count);
  });

  test('names of special tokens in a person’s words stay plain characters', () => {
    const [name, id] = Object.entries(expected.special_ids).find(([token]) => token === '<|im_end|>')!;
    const { vocabulary } = decoder;
    expect(vocabulary.tokenize([{ template: name }])).toEqual([id]);
    const plain = vocabulary.tokenize([{ text: name }]);
    expect(plain.length).toBeGreaterThan(1);
    expect(Buffer.concat(plain.map((one) => vocabulary.bytes(one))).toString()).toBe(name);
  });
});

test('Qwen’s tokenizers read text in NFC; SmolLM2’s reads it as it is', async () => {
  const bytes = async (name: 'internvl-b' | 'smolvlm-a', text: string) => {
    const decoder = await exactDecoder(join(familyGolden(name).folder, 'pair', 'language.gguf'));
    try {
      const ids = decoder.vocabulary.tokenize([{ text }]);
      return Buffer.concat(ids.map((id) => decoder.vocabulary.bytes(id))).toString();
    } finally {
      await decoder.dispose();
    }
  };
  const decomposed = 'cafe\u0301 \u1112\u1161\u11ab';
  expect(decomposed.normalize('NFC')).not.toBe(decomposed);
  // The golden question that its ids above were made of is such a text.
  const { question } = familyGolden('internvl-b').expected;
  expect(question.normalize('NFC')).not.toBe(question);
  expect(await bytes('internvl-b', decomposed)).toBe(decomposed.normalize('NFC'));
  expect(await bytes('smolvlm-a', decomposed)).toBe(decomposed);
});

test('tags that a vocabulary lacks are plain text between the tokens around them', async () => {
  const { folder, expected } = familyGolden('internvl-a');
  const gguf = join(folder, 'pair', 'language.gguf');
  const decoder = await exactDecoder(gguf);
  try {
    const { vocabulary } = decoder;
    const facts = new GgufFacts(await readGguf(gguf), 'language.gguf', 'package-invalid');
    const { chat, addsBos, stopIds } = readLanguageChat(facts, picturesInChat.internvl);
    const tagged = pictureOfSize([
      { text: '<img>' },
      { text: '<row_1_col_1>' },
      { rows: 2 },
      { text: '\n<img>' },
    ]);
    const parts = conversationParts(
      vocabulary,
      { chat, language: { addsBos, stopIds: [...stopIds] } },
      ...(['', [], { text: 'What?', pictures: [tagged] }] as const),
    );
    const image = expected.special_ids['<img>']!;
    const plain = (text: string) => vocabulary.tokenize([{ text }]);
    const ids = idsOf(parts);
    const at = ids.indexOf(image);
    const wanted = [image, ...plain('<row_1_col_1>'), -1, -1, ...plain('\n'), image, ...plain('What?')];
    expect(ids.slice(at, at + wanted.length)).toEqual(wanted);
  } finally {
    await decoder.dispose();
  }
});

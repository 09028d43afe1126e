import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import {
  exactContext,
  readLanguageConfig,
} from '../../../native-models/convert/checkpoint/language-config.ts';
import { readLanguageChat } from '../../../native-models/convert/language/language-chat.ts';
import { planLanguage } from '../../../native-models/convert/language/language.ts';
import { readTokenizer } from '../../../native-models/convert/language/tokenizer.ts';
import { contextTrained, openPair } from '../../../native-models/convert/pair/open-pair.ts';
import { onLineOfItsOwn } from '../../../native-models/families/recognised.ts';
import { GgufFacts } from '../../../native-models/formats/gguf/gguf-facts.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { writeGguf } from '../../../native-models/formats/gguf/write-gguf.ts';
import { openWeightFiles } from '../../../native-models/formats/weights/weight-files.ts';
import { ChatSession } from '../../../native-models/language/chat.ts';
import type { Decoder } from '../../../native-models/language/decoder.ts';
import { conversationParts, imageEmbeddings } from '../../../native-models/language/prompt.ts';
import { Sequence } from '../../../native-models/language/sequence.ts';
import { checkLanguageFile } from '../../../native-models/package/check-language.ts';
import { distance, exactDecoder, row } from '../../language/support.ts';
import {
  familyGolden,
  languageOf,
  picturesInChat,
  type ExpectedFamily,
} from '../../support/family-golden.ts';
import { expectFault } from '../../support/faults.ts';
import { float32 } from '../../support/safetensors-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Phi-3's tokenizer is SentencePiece's: its white space behind `<|user|>` and the like is taken away, its factors are LongRoPE's. */
const { folder: golden, expected, tensors, pieces } = familyGolden('internvl-c');
const directory = join(golden, 'checkpoint-own');
const pair = { mmproj: join(golden, 'pair', 'mmproj.gguf'), language: join(golden, 'pair', 'language.gguf') };
const folder = temporaryFolder();
const { config, prefixes } = languageOf(directory);
const facts = readLanguageConfig(config, prefixes);

/** The language model with the tokenizer of a folder, as a GGUF file. */
async function write(tokenizerOf: string, name: string, speech = picturesInChat.internvl) {
  const tokenizer = await readTokenizer(tokenizerOf, facts.language.vocabularySize, facts, speech);
  const weights = (await openWeightFiles(directory))!;
  const path = join(folder, `${name}.gguf`);
  try {
    const plan = planLanguage({ config: facts, tensors: weights }, tokenizer, name, 'f32');
    await writeGguf({ path, layout: plan.layout, data: plan.data });
  } finally {
    await weights.close();
  }
  const { chat, addsBos, stopIds } = tokenizer;
  return { path, tokenizer, format: { chat, language: { addsBos, stopIds: [...stopIds] } } };
}

/** The folder of the tokenizer alone, changed. */
function copyTokenizer(name: string, change: (at: string) => void): string {
  const at = join(folder, name);
  cpSync(directory, at, { recursive: true });
  rmSync(join(at, 'model.safetensors'));
  change(at);
  return at;
}

function edit(path: string, change: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** With transformers' tokenizer.json instead of tokenizer.model. */
const fast = copyTokenizer('fast', (at) => {
  rmSync(join(at, 'tokenizer.model'));
  cpSync(join(golden, 'tokenizer.json'), join(at, 'tokenizer.json'));
});

describe.each([
  ['tokenizer.model', directory],
  ['tokenizer.json', fast],
])('Phi-3 with its %s', (file, at) => {
  test('says of its text what llama.cpp’s converter says of it', async () => {
    const { path, tokenizer, format } = await write(at, file);
    const [ours, theirs] = [(await readGguf(path)).metadata, (await readGguf(pair.language)).metadata];
    for (const key of ['tokens', 'add_bos_token', 'model', 'pre'])
      expect(ours.get(`tokenizer.ggml.${key}`), key).toEqual(theirs.get(`tokenizer.ggml.${key}`));
    const types = (metadata: typeof ours) =>
      (metadata.get('tokenizer.ggml.token_type') as { values: readonly unknown[] }).values;
    // `<unk>` is what it says here; of Phi-3's, that converter says control.
    expect(types(ours)[0]).toBe(2);
    expect(types(ours).slice(1)).toEqual(types(theirs).slice(1));
    for (const [key, value] of theirs) if (key.startsWith('phi3.')) expect(ours.get(key), key).toEqual(value);
    expect(tokenizer.stopIds).toEqual([...expected.stop_ids]);
    const other = new GgufFacts(await readGguf(pair.language), 'language.gguf', 'package-invalid');
    expect(format.chat).toEqual(readLanguageChat(other, picturesInChat.internvl).chat);
    expect(format.chat.user.before).toBe('<|user|>');
  });

  test('becomes the tensors of llama.cpp’s converter, bit for bit', async () => {
    const { path } = await write(at, file);
    const header = await readGguf(path);
    checkLanguageFile(header, 'language.gguf', 'package-invalid');
    const bytes = async (from: string) => {
      const all = readFileSync(from);
      const { tensors } = await readGguf(from);
      return new Map(tensors.map((one) => [one.name, all.subarray(one.offset, one.offset + one.bytes)]));
    };
    const [ours, theirs] = [await bytes(path), await bytes(pair.language)];
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [name, data] of ours) expect(data.equals(theirs.get(name)!), name).toBe(true);
  });

  test('reads texts as transformers does', async () => {
    const { path } = await write(at, file);
    await withDecoder(path, ({ vocabulary }) => {
      for (const { text, ids } of expected.texts!) {
        // Special tokens in a person's words are plain characters here.
        if (text.includes('<|')) continue;
        expect(vocabulary.tokenize([{ text }]), text).toEqual(ids);
      }
    });
  });

  test('answers as transformers’ Phi-3 does, from its logits', async () => {
    const { path, format } = await write(at, file);
    await withDecoder(path, async (decoder) => {
      const image = imageEmbeddings(float32(tensors, 'embeddings'), expected.dims.language_width, pieces);
      const next = { text: expected.question, pictures: [image] };
      const parts = conversationParts(decoder.vocabulary, format, '', [], next);
      const ids = parts.flatMap((part) =>
        'ids' in part ? [...part.ids] : new Array<number>(part.count).fill(-1),
      );
      expect(ids).toEqual([...tensors.get('prompt_ids')!.data]);
      const logits: Float32Array[] = [];
      const conversation = new ChatSession(new Sequence(decoder), format);
      const greedy = { maxTokens: 16, sampling: { temperature: 0 } };
      const one = await conversation.ask(expected.question, {
        ...{ ...greedy, images: [image] },
        onToken: (step) => logits.push(step.logits()),
      });
      expect(one.ids).toEqual(expected.greedy_ids);
      const wanted = float32(tensors, 'step_logits');
      const distances = logits.map((found, step) =>
        distance(found, row(wanted, step, expected.dims.vocabulary)),
      );
      expect(Math.max(...distances)).toBeLessThan(1e-3 * expected.largest.step_logits);
      expect((await conversation.ask(expected.question2, greedy)).ids).toEqual(expected.greedy2_ids);
    });
  });
});

async function withDecoder(path: string, work: (decoder: Decoder) => unknown): Promise<void> {
  const decoder = await exactDecoder(path);
  try {
    await work(decoder);
  } finally {
    await decoder.dispose();
  }
}

test('what is known of an answer afterwards is known by the rotation it was written with', async () => {
  const { path } = await write(directory, 'rotation');
  const ids = Array.from({ length: 40 }, (_, at) => 260 + ((7 * at) % 90));
  const [asked, answer] = [ids.slice(0, 30), ids.slice(29)];
  /** How likely each token of the answer was in a context of so many tokens, as it is decoded and as it is read again. */
  const likelihoods = async (contextTokens: number) => {
    const decoder = await exactDecoder(path, { contextTokens });
    try {
      const written: number[] = [];
      await decoder.decodeTokens(asked.slice(0, -1));
      for (const [at, id] of answer.slice(0, -1).entries()) {
        await decoder.decodeTokens([id]);
        const logits = decoder.logits();
        const largest = Math.max(...logits);
        const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
        written.push(logits[answer[at + 1]!]! - largest - Math.log(sum));
      }
      const before = [{ ids: asked.slice(0, -1) }];
      const { logLikelihood } = await decoder.reread({ before, ids: answer, likelihood: true });
      return { written, reread: [...logLikelihood!] };
    } finally {
      await decoder.dispose();
    }
  };
  const [short, long] = [await likelihoods(2048), await likelihoods(4096)];
  for (const { written, reread } of [short, long]) expect(distance(written, reread)).toBeLessThan(1e-3);
  // Beyond the original context the other factors are taken, also for a short text.
  expect(distance(short.written, long.written)).toBeGreaterThan(0.01);
});

describe('a space in front of the beginning alone, as newer tokenizers put it', () => {
  /** A format that opens plainly, of a vocabulary in which `</s>` closes answers. */
  const template =
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ 'Dog: ' + m['content'] }}{% else %}{{ 'Cat: ' + m['content'] + '</s>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Cat:' }}{% endif %}";
  const plain = (at: string) =>
    edit(join(at, 'tokenizer_config.json'), (json) => {
      Object.assign(json, { legacy: false, chat_template: template, eos_token: '</s>' });
    });
  const model = copyTokenizer('first-model', plain);
  const json = copyTokenizer('first-json', (at) => {
    plain(at);
    rmSync(join(at, 'tokenizer.model'));
    cpSync(join(golden, 'tokenizer.json'), join(at, 'tokenizer.json'));
    edit(join(at, 'tokenizer.json'), (tokenizer) => {
      tokenizer['normalizer'] = null;
      tokenizer['pre_tokenizer'] = {
        ...{ type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
      };
    });
  });

  test.each([
    ['tokenizer.model', model],
    ['tokenizer.json', json],
  ])('%s', async (file, at) => {
    const { path, format } = await write(at, `first-${file}`, onLineOfItsOwn);
    await withDecoder(path, ({ vocabulary }) => {
      const answer = vocabulary.tokenize([{ text: `${format.chat.assistant.leading!}A line` }]);
      const turn = { question: { text: 'What is it?', pictures: [] }, answer };
      const next = { text: 'Describe red.', pictures: [] };
      const ids = (chat: typeof format.chat) =>
        conversationParts(vocabulary, { ...format, chat }, '', [turn], next).flatMap((part) =>
          'ids' in part ? [...part.ids] : [],
        );
      const [bare, opened] = expected.texts_first as NonNullable<ExpectedFamily['texts']>;
      expect(ids(format.chat)).toEqual(bare!.ids);
      // A format that opens with a token has no beginning to put a space at.
      const marked = { ...format.chat, begin: `<s>${format.chat.begin.trimStart()}` };
      expect(ids(marked)).toEqual(opened!.ids);
    });
  });
});

test('tokenizers that do not say put a space before all plain text, and some before none', async () => {
  const read = async (change: object) => {
    const at = copyTokenizer('said', (copy) =>
      edit(join(copy, 'tokenizer_config.json'), (json) => Object.assign(json, change)),
    );
    return readTokenizer(at, facts.language.vocabularySize, facts, picturesInChat.internvl);
  };
  expect((await read({ legacy: undefined })).pieces!.addsSpace).toBe(true);
  expect((await read({ legacy: false })).pieces!.addsSpace).toBe(false);
  expect((await read({ add_prefix_space: false })).pieces!.addsSpace).toBe(false);
});

test('pieces that are found whole may hold spaces', async () => {
  const valid = readFileSync(join(directory, 'tokenizer.model'));
  const at = valid.indexOf('▁line');
  // 0x0a, the length of the piece, 0x0a, the length of its text, the text; then its score.
  const length = valid[at - 3]!;
  const end = at - 2 + length;
  const changed = [
    valid.subarray(0, at - 3),
    [length + 2],
    valid.subarray(at - 2, end),
    [0x18, 4],
    valid.subarray(end),
  ];
  const folderOf = copyTokenizer('whole', (copy) =>
    writeFileSync(join(copy, 'tokenizer.model'), Buffer.concat(changed.map((part) => Buffer.from(part)))),
  );
  const read = (from: string) =>
    readTokenizer(from, facts.language.vocabularySize, facts, picturesInChat.internvl);
  const id = (await read(directory)).tokens.indexOf('▁line');
  const { tokens, types } = await read(folderOf);
  expect([tokens[id], types[id]]).toEqual([' line', 4]);
});

describe('the context in which llama.cpp computes what transformers does', () => {
  const read = (change: object) =>
    readLanguageConfig({ ...(config as object), ...change }, prefixes).language;

  test('is the one of the short factors, and of a window that cuts nothing', async () => {
    expect(exactContext(facts.language)).toBe(2048);
    expect(exactContext(read({ sliding_window: 1000 }))).toBe(1000);
    expect(exactContext(read({ rope_scaling: null }))).toBe(6000);
    expect(exactContext(read({ rope_scaling: null, sliding_window: null }))).toBe(8192);
    const opened = await openPair(pair);
    await opened.close();
    expect(contextTrained(opened)).toBe(2048);
  });

  test('what rotation is multiplied with follows from both lengths, unless it is stated', () => {
    const grown = Math.sqrt(1 + Math.log(4) / Math.log(2048));
    expect(facts.language.ropeScaling).toMatchObject({ attentionFactor: grown });
    const scaling = (config as { rope_scaling: object }).rope_scaling;
    const stated = read({ rope_scaling: { ...scaling, attention_factor: 1.5 } });
    expect(stated.ropeScaling).toMatchObject({ attentionFactor: 1.5 });
    // As transformers 5 writes it.
    const rope_parameters = { ...scaling, rope_type: 'longrope', original_max_position_embeddings: 4096 };
    const newer = read({ rope_scaling: null, rope_parameters });
    expect(newer.ropeScaling).toMatchObject({ originalContextLength: 4096 });
    expect(read({ max_position_embeddings: 2048 }).ropeScaling).toMatchObject({ attentionFactor: 1 });
  });

  test.each<[string, object, string]>([
    [
      'too few factors',
      { rope_scaling: { type: 'su', short_factor: [1], long_factor: [1] } },
      'has 1 numbers',
    ],
    ['no factors', { rope_scaling: { type: 'longrope' } }, 'short_factor'],
    ['another stretch', { rope_scaling: { type: 'yarn', factor: 4 } }, '"yarn"'],
    ['heads that are turned in part', { partial_rotary_factor: 0.75 }, 'partial_rotary_factor'],
    [
      'such heads, as transformers 5 says it',
      { rope_parameters: { partial_rotary_factor: 0.75 } },
      'partial_rotary_factor',
    ],
    ['heads that do not fill the width', { head_dim: 16 }, 'do not fill'],
  ])('%s: refused', async (_, change, words) => {
    await expectFault((async () => read(change))(), 'checkpoint-invalid', 'config.json', words);
  });
});

describe('a tokenizer.model that is not read', () => {
  const valid = readFileSync(join(directory, 'tokenizer.model'));
  const refused = async (bytes: Uint8Array, words: string[]) => {
    const at = copyTokenizer('wrong', (copy) => writeFileSync(join(copy, 'tokenizer.model'), bytes));
    const reading = readTokenizer(at, facts.language.vocabularySize, facts, picturesInChat.internvl);
    await expectFault(reading, 'checkpoint-invalid', 'tokenizer.model', ...words);
  };

  test('what is no SentencePiece model', async () => {
    await refused(new Uint8Array(0), ['holds no pieces']);
    await refused(Buffer.from('{"model": {}}'), ['no SentencePiece model']);
  });

  test('what would fill the memory or the stack', async () => {
    const piece = Buffer.from([0x0a, 3, 0x0a, 1, 0x61]);
    await refused(Buffer.alloc(piece.length * (2 ** 20 + 1), piece), ['more than 1048576 pieces']);
    await refused(Buffer.alloc(2e6, 0x4b), ['no SentencePiece model']);
    await refused(Buffer.concat([valid, Buffer.from([0x12, 0x7f, 0x18, 2])]), ['no SentencePiece model']);
  });

  test('a unigram model, and one that changes text', async () => {
    // Field 2 is the trainer's, 3 the normaliser's; the last one counts.
    await refused(Buffer.concat([valid, Buffer.from([0x12, 2, 0x18, 1])]), ['BPE']);
    await refused(Buffer.concat([valid, Buffer.from([0x1a, 2, 0x20, 1])]), ['changes text']);
    await refused(Buffer.concat([valid, Buffer.from([0x0a, 3, 0x0a, 1, 0x61])]), ['twice']);
  });
});

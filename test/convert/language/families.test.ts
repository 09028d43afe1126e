import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { languageTensors } from '../../../native-models/convert/checkpoint/expected-tensors.ts';
import { readLanguageConfig } from '../../../native-models/convert/checkpoint/language-config.ts';
import { readLanguageChat } from '../../../native-models/convert/language/language-chat.ts';
import { planLanguage, planQuantized } from '../../../native-models/convert/language/language.ts';
import { readTokenizer } from '../../../native-models/convert/language/tokenizer.ts';
import { GgufFacts } from '../../../native-models/formats/gguf/gguf-facts.ts';
import { readGguf } from '../../../native-models/formats/gguf/read-gguf.ts';
import { writeGguf } from '../../../native-models/formats/gguf/write-gguf.ts';
import { openWeightFiles } from '../../../native-models/formats/weights/weight-files.ts';
import { ChatSession } from '../../../native-models/language/chat.ts';
import { imageEmbeddings } from '../../../native-models/language/prompt.ts';
import { quantizeGguf } from '../../../native-models/language/quantize.ts';
import { Sequence } from '../../../native-models/language/sequence.ts';
import { checkLanguageFile } from '../../../native-models/package/check-language.ts';
import {
  checkpointFolders,
  taggedCases,
  familyGolden,
  languageOf,
  picturesInChat,
  type FamilyCase,
} from '../../support/family-golden.ts';
import { expectFault } from '../../support/faults.ts';
import { float32 } from '../../support/safetensors-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { distance, exactDecoder, row } from '../../language/support.ts';

const folder = temporaryFolder();

/** Everything of a checkpoint folder that its language model is made of. The caller closes `tensors`. */
async function openLanguage(name: FamilyCase, directory: string) {
  const { config, prefixes } = languageOf(directory);
  const facts = readLanguageConfig(config, prefixes);
  const { vocabularySize } = facts.language;
  const speech = picturesInChat[familyGolden(name).expected.kind];
  const tokenizer = await readTokenizer(directory, vocabularySize, facts, speech);
  return { config: { language: facts.language }, tokenizer, tensors: (await openWeightFiles(directory))! };
}

const all = taggedCases.flatMap((name) => checkpointFolders(name).map((part) => [name, part] as const));

describe.each(all)('%s, %s', (name, part) => {
  const golden = familyGolden(name);
  const directory = join(golden.folder, part);
  const pair = join(golden.folder, 'pair', 'language.gguf');

  test('says of its text what llama.cpp’s converter says of it', async () => {
    const { tokenizer, tensors } = await openLanguage(name, directory);
    await tensors.close();
    const { metadata } = await readGguf(pair);
    const list = (key: string) =>
      (metadata.get(`tokenizer.ggml.${key}`) as { values: readonly unknown[] }).values;
    const scalar = (key: string) =>
      (metadata.get(`tokenizer.ggml.${key}`) as { value: unknown } | undefined)?.value;
    // The own layout of internvl-b does not know of the last token.
    const count = part === 'checkpoint-own' && name === 'internvl-b' ? 464 : tokenizer.tokens.length;
    expect(tokenizer.tokens.slice(0, count)).toEqual(list('tokens').slice(0, count));
    expect(tokenizer.types.slice(0, count)).toEqual(list('token_type').slice(0, count));
    expect(tokenizer.tokens).toHaveLength(list('tokens').length);
    expect(tokenizer.tokens.slice(465)).toEqual(list('tokens').slice(465));
    expect(tokenizer.merges).toEqual(list('merges'));
    expect(tokenizer).toMatchObject({
      preTokenizer: scalar('pre'),
      bosId: scalar('bos_token_id'),
      eosId: scalar('eos_token_id'),
      padId: scalar('padding_token_id'),
      eotId: null,
      addsBos: false,
    });
    expect(tokenizer.stopIds).toEqual(expect.arrayContaining([...golden.expected.stop_ids]));
  });

  test('is spoken to as the pair is', async () => {
    const { tokenizer, tensors } = await openLanguage(name, directory);
    await tensors.close();
    const facts = new GgufFacts(await readGguf(pair), 'language.gguf', 'package-invalid');
    expect(tokenizer.chat).toEqual(readLanguageChat(facts, picturesInChat[golden.expected.kind]).chat);
  });

  test('becomes the tensors of the pair, bit for bit', async () => {
    const source = await openLanguage(name, directory);
    const path = join(folder, `${name}-${part}.gguf`);
    try {
      expect([...source.tensors.tensors.keys()]).toEqual(
        expect.arrayContaining(languageTensors(source.config.language).map(([tensor]) => tensor)),
      );
      const plan = planLanguage(source, source.tokenizer, name, 'f32');
      await writeGguf({ path, layout: plan.layout, data: plan.data });
    } finally {
      await source.tensors.close();
    }
    const header = await readGguf(path);
    checkLanguageFile(header, 'language.gguf', 'package-invalid');
    const [ours, theirs] = [await tensorsOf(path), await tensorsOf(pair)];
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [tensor, bytes] of ours) expect(bytes.equals(theirs.get(tensor)!), tensor).toBe(true);
  });

  test('answers as the golden checkpoint does, from the golden logits', async () => {
    const { expected, tensors, pieces } = golden;
    const { tokenizer, tensors: weights } = await openLanguage(name, directory);
    await weights.close();
    const { chat, addsBos, stopIds } = tokenizer;
    const decoder = await exactDecoder(join(folder, `${name}-${part}.gguf`));
    try {
      const logits: Float32Array[] = [];
      const format = { chat, language: { addsBos, stopIds: [...stopIds] } };
      const conversation = new ChatSession(new Sequence(decoder), format);
      const greedy = { maxTokens: 16, sampling: { temperature: 0 } };
      const image = imageEmbeddings(float32(tensors, 'embeddings'), expected.dims.language_width, pieces);
      const one = await conversation.ask(expected.question, {
        ...{ ...greedy, images: [image] },
        onToken: (step) => logits.push(step.logits()),
      });
      expect(one.ids).toEqual(expected.greedy_ids);
      const golden = float32(tensors, 'step_logits');
      const distances = logits.map((found, at) => distance(found, row(golden, at, expected.dims.vocabulary)));
      expect(Math.max(...distances)).toBeLessThan(1e-3 * Math.max(1, expected.largest.step_logits));
      expect((await conversation.ask(expected.question2, greedy)).ids).toEqual(expected.greedy2_ids);
    } finally {
      await decoder.dispose();
    }
  });
});

/** The bytes of a file's tensors by name. */
async function tensorsOf(path: string): Promise<Map<string, Buffer>> {
  const file = readFileSync(path);
  const { tensors } = await readGguf(path);
  return new Map(
    tensors.map(({ name, offset, bytes }) => [name, file.subarray(offset, offset + bytes)] as const),
  );
}

test.each(['internvl-a', 'internvl-b'] as const)('%s in q4_0 is what llama.cpp makes of it', async (name) => {
  const source = await openLanguage(name, join(familyGolden(name).folder, 'checkpoint-hf'));
  const [ours, exact, theirs] = ['ours', 'exact', 'theirs'].map((one) => join(folder, `${one}.gguf`));
  try {
    const plan = await planQuantized(source, source.tokenizer, name, 'q4_0');
    await writeGguf({ path: ours!, layout: plan.layout, data: plan.data });
    const whole = planLanguage(source, source.tokenizer, name, 'f32');
    await writeGguf({ path: exact!, layout: whole.layout, data: whole.data });
  } finally {
    await source.tensors.close();
  }
  await quantizeGguf(exact!, theirs!, 'q4_0');
  const expected = await tensorsOf(theirs!);
  for (const [tensor, bytes] of await tensorsOf(ours!))
    expect(bytes.equals(expected.get(tensor)!), tensor).toBe(true);
});

describe('configurations', () => {
  const prefixes = { body: 'model.', head: 'lm_head.' };
  const small = { hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 };
  const read = (json: object) => readLanguageConfig({ model_type: 'llama', ...json }, prefixes).language;

  test('leave out what transformers assumes', () => {
    expect(read({})).toMatchObject({
      ...{ architecture: 'llama', hiddenSize: 4096, intermediateSize: 11008, layers: 32, heads: 32 },
      ...{ keyValueHeads: 32, headSize: 128, vocabularySize: 32000, rmsNormEps: 1e-6, ropeTheta: 10000 },
      ...{ contextLength: 2048, tiedEmbeddings: false, ropeScaling: null },
    });
    const qwen3 = { architecture: 'qwen3', headSize: 128, vocabularySize: 151936, contextLength: 32768 };
    expect(read({ model_type: 'qwen3', ...small })).toMatchObject(qwen3);
  });

  test('a dynamic stretch changes nothing within the positions of the model', () => {
    const rope_scaling = { type: 'dynamic', factor: 2 };
    expect(read({ model_type: 'qwen2', ...small, rope_scaling }).ropeScaling).toBeNull();
    expect(read({ ...small, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } }).ropeTheta).toBe(
      5e5,
    );
  });

  test.each<[string, object, string[]]>([
    ['layer norms of queries and keys', { qk_layer_norms: true }, ['qk_layer_norms']],
    ['interleaved rotation', { rope_interleaved: true }, ['rope_interleaved']],
    ['a bias where none is known', { model_type: 'qwen3', attention_bias: true }, ['attention_bias']],
    ['a sliding window', { model_type: 'qwen2', use_sliding_window: true }, ['use_sliding_window']],
    ['another activation', { hidden_act: 'gelu' }, ['hidden_act']],
    ['heads that do not fill the width', { model_type: 'qwen2', head_dim: 32 }, ['4 heads of 32']],
    [
      'Llama 3’s stretch of another model',
      { model_type: 'qwen2', rope_scaling: { type: 'llama3' } },
      ['"llama3"'],
    ],
    ['a stretch that is not known', { rope_scaling: { rope_type: 'longrope' } }, ['"longrope"']],
    ['a vocabulary beyond any', { vocab_size: 2 ** 31 }, ['vocab_size']],
    ['a model of states', { model_type: 'lfm2' }, ['"lfm2"', 'hybrid']],
    ['positions in rows and columns', { model_type: 'qwen2_5_vl_text' }, ['M-RoPE']],
    ['features in several layers', { model_type: 'qwen3_vl_text' }, ['deepstack']],
    ['pictures seen in both directions', { model_type: 'gemma3_text' }, ['both directions']],
    ['Mistral with a window', { model_type: 'mistral', sliding_window: 4096 }, ['sliding_window']],
    ['InternLM', { model_type: 'internlm2' }, ['"internlm2"', 'llama, mistral, qwen2, qwen3']],
  ])('%s is refused', async (_, change, words) => {
    const refused = (async () => read({ ...small, ...change }))();
    await expectFault(refused, 'checkpoint-invalid', 'config.json', ...words);
  });
});

test('the white space that tokens of the chat format take from in front of them is not in the format', async () => {
  const copy = join(folder, 'left');
  cpSync(join(familyGolden('internvl-a').folder, 'checkpoint-hf'), copy, { recursive: true });
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(join(copy, name), change(readFileSync(join(copy, name), 'utf8')));
  edit('chat_template.jinja', (text) => text.replaceAll('<|im_end|>', ' \\n<|im_end|>'));
  edit('tokenizer.json', (text) => {
    const json = JSON.parse(text) as { added_tokens: { content: string; lstrip: boolean }[] };
    for (const token of json.added_tokens) token.lstrip ||= /^<\|im_(start|end)\|>$/.test(token.content);
    return JSON.stringify(json);
  });
  const { tokenizer, tensors } = await openLanguage('internvl-a', copy);
  await tensors.close();
  const { user, assistant } = tokenizer.chat;
  // tokenizers 0.23 gives one list of ids for this text and for the template's own.
  expect(`${user.before}Hi${user.after}${assistant.before}Yes.${assistant.after}${user.before}Why?`).toBe(
    '<|im_start|>user\nHi<|im_end|><|im_start|>assistant\nYes.<|im_end|><|im_start|>user\nWhy?',
  );
});

describe('a folder without tokenizer.json', () => {
  const copy = join(folder, 'own');
  const open = () => {
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(familyGolden('internvl-b').folder, 'checkpoint-own'), copy, { recursive: true });
  };
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(join(copy, name), change(readFileSync(join(copy, name), 'utf8')));
  const editConfig = (change: (json: Record<string, unknown>) => void) =>
    edit('tokenizer_config.json', (text) => {
      const json = JSON.parse(text) as Record<string, unknown>;
      change(json);
      return JSON.stringify(json);
    });
  const read = () => readTokenizer(copy, 477, { bosId: 429, eosIds: [431] }, picturesInChat.internvl);

  test('takes the added tokens from added_tokens.json where the configuration lists none', async () => {
    open();
    const before = await read();
    editConfig((json) => delete json['added_tokens_decoder']);
    const after = await read();
    expect(after.tokens).toEqual(before.tokens);
    expect(after.types).toEqual(before.types);
  });

  test.each<[string, () => void, string[]]>([
    [
      'of another kind of tokenizer',
      () => editConfig((json) => (json['tokenizer_class'] = 'GPT2Tokenizer')),
      ['tokenizer.json'],
    ],
    [
      'whose merges name a token that is not there',
      () => edit('merges.txt', (text) => `${text}zzz qqq\n`),
      ['vocab.json', '"zzz qqq"'],
    ],
    [
      'with a merge of three',
      () => edit('merges.txt', (text) => `${text}a b c\n`),
      ['merges.txt', '"a b c"'],
    ],
    ['without merges', () => edit('merges.txt', () => '#version: 0.2\n'), ['merges.txt', 'no merges']],
    [
      'with an added token at no place',
      () => editConfig((json) => (json['added_tokens_decoder'] = { x: { content: 'a' } })),
      ['tokenizer_config.json'],
    ],
    [
      'with an added token in another’s place',
      () => editConfig((json) => (json['added_tokens_decoder'] = { 3: { content: '<new>' } })),
      ['vocab.json', 'the id 3'],
    ],
  ])('%s is refused', async (name, change, words) => {
    open();
    change();
    const code = name === 'of another kind of tokenizer' ? 'file-missing' : 'checkpoint-invalid';
    await expectFault(read(), code, ...words);
  });
});

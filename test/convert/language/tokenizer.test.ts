import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';

import { readTokenizer } from '../../../native-models/convert/language/tokenizer.ts';
import { expectFault } from '../../support/faults.ts';
import { familyGolden, picturesInChat } from '../../support/family-golden.ts';
import { goldenCase } from '../../support/golden.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = join(temporaryFolder(), 'checkpoint');
const facts = { bosId: 449, eosIds: [450] };
const read = (size = 458) => readTokenizer(folder, size, facts);

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json']) {
    cpSync(join(goldenCase('tower-inside').checkpoint, name), join(folder, name));
  }
});

interface Json {
  model: { vocab: Record<string, unknown>; merges: unknown; [key: string]: unknown };
  added_tokens: { id: number; content: string; special: boolean }[];
  pre_tokenizer: { pretokenizers: { pattern?: { Regex: string }; [key: string]: unknown }[] };
  [key: string]: unknown;
}

function edit(change: (json: Json) => void, name = 'tokenizer.json'): void {
  const path = join(folder, name);
  const json = JSON.parse(readFileSync(path, 'utf8')) as Json;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

test('the golden tokenizer', async () => {
  const tokenizer = await read();
  expect(tokenizer.tokens).toHaveLength(458);
  expect(tokenizer.tokens[0]).toBe('!');
  expect(tokenizer.tokens[456]).toBe('<|eot_id|>');
  expect(tokenizer.types.slice(448)).toEqual([1, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
  expect(tokenizer.merges).toHaveLength(193);
  expect(tokenizer.merges[0]).toBe('Ġ t');
  expect(tokenizer).toMatchObject({
    preTokenizer: 'llama-bpe',
    bosId: 449,
    eosId: 450,
    eotId: 456,
    padId: 457,
    addsBos: true,
    stopIds: [450, 456],
  });
});

test('rows of the embeddings without a token are named and marked unused', async () => {
  const { tokens, types } = await read(460);
  expect(tokens.slice(457)).toEqual(['<pad>', '[PAD458]', '[PAD459]']);
  expect(types.slice(457)).toEqual([3, 5, 5]);
});

test('tokens named like properties of objects are tokens', async () => {
  const path = join(folder, 'tokenizer.json');
  const named = '"vocab": {"constructor": 458, "__proto__": 459, "prototype": 460, ';
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"vocab":\s*\{/, named));
  expect((await read(461)).tokens.slice(458)).toEqual(['constructor', '__proto__', 'prototype']);
});

test.each(['lstrip', 'single_word'])(
  'an added token that %s says is not found in text by its name alone is refused; one that text may not name is not',
  async (flag) => {
    const add = (special: boolean) =>
      edit((json) => {
        const others = json.added_tokens.filter(({ id }) => id !== 458);
        json.added_tokens = [...others, { id: 458, content: 'New York', special, ...{ [flag]: true } }];
      });
    add(true);
    expect((await read(459)).types[458]).toBe(3);
    add(false);
    await expectFault(read(459), 'checkpoint-invalid', 'tokenizer.json', '"New York"', flag);
  },
);

test('merges may be pairs, as newer files have them', async () => {
  const before = await read();
  edit((json) => {
    json.model.merges = (json.model.merges as string[]).map((merge) => merge.split(' '));
  });
  expect((await read()).merges).toEqual(before.merges);
});

describe('the post_processor decides whether a BOS is added', () => {
  const bos = { SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } };
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const template = (...single: object[]) => ({
    type: 'TemplateProcessing',
    single,
    pair: [],
    special_tokens: {},
  });
  const byteLevel = { type: 'ByteLevel', trim_offsets: true };
  test.each([
    ['none', null, false],
    ['byte offsets', byteLevel, false],
    ['the text alone', template(text), false],
    ['a BOS', template(bos, text), true],
    ['a BOS after byte offsets', { type: 'Sequence', processors: [byteLevel, template(bos, text)] }, true],
  ])('%s', async (_, processor, adds) => {
    edit((json) => (json['post_processor'] = processor));
    expect((await read()).addsBos).toBe(adds);
  });

  test('one that adds more is refused', async () => {
    edit((json) => (json['post_processor'] = template(bos, text, bos)));
    await expectFault(read(), 'checkpoint-invalid', 'tokenizer.json', 'more than a BOS');
    edit((json) => (json['post_processor'] = { type: 'BertProcessing' }));
    await expectFault(read(), 'checkpoint-invalid', 'tokenizer.json', 'BertProcessing');
  });
});

test('the chat template is the one of the checkpoint, or says conv_llama3', async () => {
  expect((await read()).chatTemplate).toContain('<|start_header_id|>');
  edit(
    (json) => (json['chat_template'] = [{ name: 'default', template: 'theirs' }]),
    'tokenizer_config.json',
  );
  expect((await read()).chatTemplate).toBe('theirs');
});

test('special tokens may be named by the configuration alone', async () => {
  rmSync(join(folder, 'tokenizer_config.json'));
  rmSync(join(folder, 'generation_config.json'));
  const { bosId, eosId, padId, stopIds } = await read();
  expect([bosId, eosId, padId, stopIds]).toEqual([449, 450, null, [450, 456]]);
});

describe('the end of an answer', () => {
  const config = 'tokenizer_config.json';

  test('is named by special_tokens_map.json where tokenizer_config.json does not', async () => {
    rmSync(join(folder, 'generation_config.json'));
    edit((json) => Object.assign(json, { bos_token: null, eos_token: null, pad_token: null }), config);
    const named = {
      bos_token: '<|begin_of_text|>',
      eos_token: { content: '<|eot_id|>' },
      pad_token: '<pad>',
    };
    writeFileSync(join(folder, 'special_tokens_map.json'), JSON.stringify(named));
    expect(await readTokenizer(folder, 458, { bosId: null, eosIds: [] })).toMatchObject({
      ...{ bosId: 449, eosId: 456, eotId: null, padId: 457, stopIds: [456] },
    });
  });

  test('is what the chat format closes a turn with where nothing names it', async () => {
    rmSync(join(folder, 'generation_config.json'));
    edit((json) => delete json['eos_token'], config);
    expect(await readTokenizer(folder, 458, { bosId: 449, eosIds: [] })).toMatchObject({
      ...{ eosId: 456, eotId: null, stopIds: [456] },
    });
  });

  test('is in config.json only where generation_config.json does not say it, and there within the vocabulary', async () => {
    const other = { bosId: 128_000, eosIds: [0, 128_001] };
    expect((await readTokenizer(folder, 458, other)).stopIds).toEqual([450, 456]);
    rmSync(join(folder, 'generation_config.json'));
    const { eosId: named, stopIds: both } = await readTokenizer(folder, 458, other);
    expect([named, both]).toEqual([450, [0, 450, 456]]);
    rmSync(join(folder, config));
    edit((json) => (json['post_processor'] = null));
    const { bosId, eosId, stopIds } = await readTokenizer(folder, 458, other);
    expect([bosId, eosId, stopIds]).toEqual([null, 0, [0, 456]]);
  });
});

test('a pad_token that is no token is none', async () => {
  edit((json) => (json['pad_token'] = '<nothing>'), 'tokenizer_config.json');
  expect((await read()).padId).toBeNull();
});

test('an unk_token that stands among the added tokens alone is a token', async () => {
  edit((json) => {
    json.model['unk_token'] = '<unk>';
    json.added_tokens.push({ id: 458, content: '<unk>', special: true });
  });
  const { unknownId, tokens, types } = await read(459);
  expect([unknownId, tokens[458], types[458]]).toEqual([458, '<unk>', 2]);
});

test('a Sequence of one step is that step', async () => {
  const before = await read();
  edit((json) => {
    json['normalizer'] = { type: 'Sequence', normalizers: [] };
    Object.assign(json, { pre_tokenizer: { type: 'Sequence', pretokenizers: [json.pre_tokenizer] } });
  });
  expect(await read()).toEqual(before);
  edit((json) => (json['normalizer'] = { type: 'Sequence', normalizers: [{ type: 'NFC' }] }));
  await expectFault(read(), 'checkpoint-invalid', 'tokenizer.json', '"NFC"');
});

describe('a tokenizer that cannot be used is refused by name', () => {
  const cases: [string, (json: Json) => void, string][] = [
    ['no merges', (json) => delete json.model.merges, 'merges'],
    ['an empty list of merges', (json) => (json.model.merges = []), 'merges'],
    ['merges of other things', (json) => (json.model.merges = [1]), 'merges'],
    ['a merge of three', (json) => (json.model.merges = ['a b c']), '"a b c"'],
    ['a merge into no token', (json) => (json.model.merges = ['! !']), '"! !"'],
    ['no vocabulary', (json) => delete (json.model as Partial<Json['model']>).vocab, 'vocab'],
    ['ids that are no ids', (json) => (json.model.vocab['!'] = -1), 'vocab'],
    ['an id twice', (json) => (json.model.vocab['!'] = 1), 'the id 1'],
    ['an id beyond the embeddings', (json) => (json.model.vocab['!'] = 458), '458'],
    ['another kind of model', (json) => (json.model['type'] = 'Unigram'), 'model.type'],
    ['byte fallback without pieces', (json) => (json.model['byte_fallback'] = true), 'normalizer'],
    ['a normalizer', (json) => (json['normalizer'] = { type: 'NFC' }), 'normalizer'],
    ['a token of nothing', (json) => (json.model.vocab[''] = 457), 'a token of nothing'],
    ['a token with a zero byte', (json) => (json.model.vocab['a\u0000'] = 457), 'zero byte'],
    ['no end of turn', (json) => (json.added_tokens[7]!.content = '<|im_end|>'), '<|eot_id|>'],
    ['an unknown split', (json) => (json.pre_tokenizer.pretokenizers[0]!.pattern!.Regex = '\\d'), '\\\\d'],
    [
      'splitting by spaces',
      (json) => (json.pre_tokenizer.pretokenizers[0] = { type: 'Whitespace' }),
      'Whitespace',
    ],
  ];
  test.each(cases)('%s', async (_, change, word) => {
    edit(change);
    await expectFault(read(), 'checkpoint-invalid', 'tokenizer.json', word);
  });

  test('a name of an unused row', async () => {
    edit((json) => json.added_tokens.push({ id: 458, content: '[PAD459]', special: true }));
    await expectFault(read(460), 'checkpoint-invalid', 'tokenizer.json', '[PAD459]');
  });

  test('another token in a row than the configuration has there', async () => {
    edit((json) => (json.added_tokens[8]!.content = '<other>'));
    await expectFault(read(), 'checkpoint-invalid', 'tokenizer.json', 'the id 457', '<pad>');
  });

  test('a bos token that does not exist', async () => {
    edit((json) => (json['bos_token'] = '<s>'), 'tokenizer_config.json');
    await expectFault(read(), 'checkpoint-invalid', '"<s>"', 'bos_token');
  });

  test('a stop id beyond the vocabulary', async () => {
    edit((json) => (json['eos_token_id'] = 999), 'generation_config.json');
    await expectFault(read(), 'checkpoint-invalid', '999');
  });

  test('pieces without a token for every byte', async () => {
    rmSync(folder, { recursive: true });
    cpSync(join(familyGolden('next-b').folder, 'checkpoint'), folder, { recursive: true });
    const readPieces = () => readTokenizer(folder, 401, { bosId: 1, eosIds: [2] }, picturesInChat.next);
    expect((await readPieces()).pieces).not.toBeNull();
    edit((json) => {
      json.model.vocab['other'] = json.model.vocab['<0x0A>'];
      delete json.model.vocab['<0x0A>'];
    });
    await expectFault(readPieces(), 'checkpoint-invalid', 'tokenizer.json', '<0x0A>');
  });

  test('no tokenizer', async () => {
    rmSync(join(folder, 'tokenizer.json'));
    await expectFault(read(), 'file-missing', 'tokenizer.json');
  });
});

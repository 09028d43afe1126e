import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { readMmproj } from '../../native-models/families/read-mmproj.ts';
import type { GgufValue } from '../../native-models/formats/gguf/gguf-format.ts';
import { readGguf, type GgufHeader } from '../../native-models/formats/gguf/read-gguf.ts';
import { findWrongViews } from '../../native-models/package/check-manifest.ts';
import { parseManifest } from '../../native-models/package/read-manifest.ts';
import { expectFault } from '../support/faults.ts';
import { familyGolden, seeingOf } from '../support/family-golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openPair } from '../../native-models/convert/pair/open-pair.ts';
import { knownChat } from '../../native-models/convert/language/known-chats.ts';
import { nestedLanguage } from '../../native-models/families/checkpoint-files.ts';

const folder = temporaryFolder();
const huge = 2 ** 31;
const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });

describe('an mmproj is refused by its metadata alone', () => {
  const changed = async (
    name: 'smolvlm-a' | 'internvl-a',
    change: (metadata: Map<string, GgufValue>) => unknown,
  ): Promise<GgufHeader> => {
    const header = await readGguf(join(familyGolden(name).folder, 'pair', 'mmproj.gguf'));
    const metadata = new Map(header.metadata);
    change(metadata);
    return { ...header, metadata };
  };
  const cases: [string, 'smolvlm-a' | 'internvl-a', (m: Map<string, GgufValue>) => unknown, string][] = [
    ['of Qwen-VL', 'smolvlm-a', (m) => m.set('clip.projector_type', text('qwen2.5vl_merger')), 'M-RoPE'],
    ['of Gemma 3', 'smolvlm-a', (m) => m.set('clip.projector_type', text('gemma3')), 'non-causal'],
    ['of LFM2-VL', 'smolvlm-a', (m) => m.set('clip.projector_type', text('lfm2')), 'hybrid'],
    ['of MiniCPM-V', 'smolvlm-a', (m) => m.set('clip.projector_type', text('minicpmv4_6')), 'hybrid'],
    ['whose shuffle is 0', 'smolvlm-a', (m) => m.set('clip.vision.projector.scale_factor', u32(0)), 'is 0'],
    [
      'whose shuffle is huge',
      'smolvlm-a',
      (m) => m.set('clip.vision.projector.scale_factor', u32(huge)),
      'blocks',
    ],
    [
      'whose shuffle does not divide',
      'smolvlm-a',
      (m) => m.set('clip.vision.projector.scale_factor', u32(3)),
      'blocks of 3',
    ],
    [
      'whose longest edge is huge',
      'smolvlm-a',
      (m) => m.set('clip.vision.preproc_image_size', u32(huge)),
      'tiles',
    ],
    ['whose tiles are huge', 'smolvlm-a', (m) => m.set('clip.vision.image_size', u32(huge)), 'image_size'],
    ['whose patch does not fit', 'smolvlm-a', (m) => m.set('clip.vision.patch_size', u32(65)), 'patch of 65'],
    [
      'whose heads do not divide',
      'smolvlm-a',
      (m) => m.set('clip.vision.attention.head_count', u32(5)),
      '5 heads',
    ],
    [
      'with features of several layers',
      'smolvlm-a',
      (m) => m.set('clip.vision.feature_layer', { type: 'array', of: 'i32', values: [1, 2] }),
      'several layers',
    ],
    [
      'with any number of tiles',
      'internvl-a',
      (m) => m.set('clip.vision.preproc_max_tiles', u32(huge)),
      'tiles',
    ],
    [
      'with fewer tiles at most than at least',
      'internvl-a',
      (m) => m.set('clip.vision.preproc_min_tiles', u32(13)),
      'contradict',
    ],
    [
      'with another activation',
      'internvl-a',
      (m) => m.set('clip.use_silu', { type: 'bool', value: true }),
      'activation',
    ],
  ];
  test.each(cases)('%s', async (_, name, change, word) => {
    const header = await changed(name, change);
    await expectFault(
      Promise.resolve().then(() => readMmproj(header, 'mmproj.gguf')),
      'checkpoint-invalid',
      word,
    );
  });

  test('of InternVL with the tower of 6 billion parameters', async () => {
    const header = await changed('internvl-a', () => undefined);
    const norm = { ...header.tensors[0]!, name: 'v.blk.0.attn_q_norm.weight' };
    const large = { ...header, tensors: [...header.tensors, norm] };
    await expectFault(
      Promise.resolve().then(() => readMmproj(large, 'mmproj.gguf')),
      'checkpoint-invalid',
      'attn_q_norm',
      '6 billion',
    );
  });
});

describe('the feed-forward pair of an mmproj whose tower is as wide inside', () => {
  const square = async (
    name: 'smolvlm-a' | 'internvl-a',
    change: (metadata: Map<string, GgufValue>) => unknown,
  ) => {
    const header = await readGguf(join(familyGolden(name).folder, 'pair', 'mmproj.gguf'));
    const metadata = new Map(header.metadata);
    change(metadata);
    const width = (metadata.get('clip.vision.embedding_length') as { value: number }).value;
    const tensors = header.tensors.map((tensor) =>
      /ffn_(up|down)\.weight$/.test(tensor.name) ? { ...tensor, shape: [width, width] } : tensor,
    );
    return readMmproj({ ...header, metadata, tensors }, 'mmproj.gguf').tensors.get(
      'encoder.layers.0.mlp.fc1.weight',
    )!.name;
  };

  test('is taken by its names, but in the files of the old converter', async () => {
    const older = (metadata: Map<string, GgufValue>) => metadata.delete('clip.vision.preproc_image_size');
    expect(await square('smolvlm-a', () => undefined)).toBe('v.blk.0.ffn_up.weight');
    expect(await square('smolvlm-a', older)).toBe('v.blk.0.ffn_down.weight');
    expect(await square('internvl-a', older)).toBe('v.blk.0.ffn_up.weight');
  });
});

test('a longest edge of 17 small tiles is no hostile number', () => {
  const views = (longestEdge: number) =>
    findWrongViews({ family: 'idefics3', tile: 32, longestEdge, shuffle: 2 }, { patch: 16, tokens: 4 });
  expect(views(544)).toBeNull();
  expect(views(2080)).toContain('4225 tiles');
});

test('tiles that are more pixels together than any picture are refused', () => {
  const vision = { patch: 32, tokens: 128 ** 2 };
  const next = (columns: number) =>
    findWrongViews({ family: 'next', tile: 4096, grids: [{ columns, rows: 4 }] }, vision);
  const internvl = (mostTiles: number) =>
    findWrongViews({ family: 'internvl', tile: 4096, shuffle: 2, leastTiles: 1, mostTiles }, vision);
  for (const faultOf of [() => next(5), () => internvl(17)]) expect(faultOf()).toContain('16384 x 16384');
  expect([next(4), internvl(16)]).toEqual([null, null]);
});

describe('a checkpoint is refused by its configuration alone, without its weights', () => {
  type Json = Record<string, unknown>;
  const refused = async (
    source: string,
    change: (config: Json & Record<'vision_config' | 'text_config' | 'llm_config', Json>) => unknown,
    ...words: string[]
  ) => {
    const checkpoint = join(folder, 'checkpoint');
    const [name, layout] = source.split('/') as ['smolvlm-b', string];
    rmSync(checkpoint, { recursive: true, force: true });
    cpSync(join(familyGolden(name).folder, layout), checkpoint, {
      recursive: true,
      filter: (path) => !/\.safetensors/.test(path),
    });
    const path = join(checkpoint, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as Parameters<typeof change>[0];
    change(config);
    writeFileSync(path, JSON.stringify(config));
    const out = join(folder, 'package');
    await expectFault(
      convertCheckpoint({ checkpoint, out, vision: 'f32', llm: 'f32' }),
      'checkpoint-invalid',
      ...words,
    );
  };

  test('Qwen-VL, Gemma 3 and LFM2-VL, with the reason', async () => {
    await refused('smolvlm-b/checkpoint', (c) => (c['model_type'] = 'qwen2_5_vl'), 'qwen2_5_vl', 'M-RoPE');
    await refused('smolvlm-b/checkpoint', (c) => (c['model_type'] = 'gemma3'), 'gemma3', 'non-causal');
    await refused('smolvlm-b/checkpoint', (c) => (c['model_type'] = 'lfm2_vl'), 'lfm2_vl', 'hybrid');
  });

  test('InternVL with the tower of 6 billion parameters, or with InternLM2', async () => {
    await refused(
      'internvl-b/checkpoint-own',
      (c) => (c.vision_config['qk_normalization'] = true),
      '6 billion',
    );
    await refused(
      'internvl-b/checkpoint-hf',
      (c) => (c.vision_config['norm_type'] = 'rms_norm'),
      '6 billion',
    );
    await refused(
      'internvl-b/checkpoint-own',
      (c) => (c.llm_config['model_type'] = 'internlm2'),
      'internlm2',
    );
  });

  test('numbers that do not fit together, or that a loop would follow for years', async () => {
    await refused('smolvlm-b/checkpoint', (c) => (c['scale_factor'] = 0), 'scale_factor');
    await refused('smolvlm-b/checkpoint', (c) => (c['scale_factor'] = 2), 'blocks of 2');
    await refused('smolvlm-b/checkpoint', (c) => (c.vision_config['num_attention_heads'] = 5), '5 heads');
    await refused(
      'smolvlm-b/checkpoint',
      (c) => (c.vision_config['image_size'] = 64),
      'preprocessor_config.json',
    );
    await refused('internvl-b/checkpoint-own', (c) => (c['max_dynamic_patch'] = huge), 'tiles');
    // Beyond what a GGUF file or a package can hold: known before anything is written.
    for (const [key, value] of Object.entries({
      rms_norm_eps: 1e308,
      rope_theta: 1e-300,
      max_position_embeddings: 1e9,
    }))
      await refused('internvl-b/checkpoint-own', (c) => (c.llm_config[key] = value), key);
    await refused('internvl-b/checkpoint-own', (c) => (c['downsample_ratio'] = 0.3), 'downsample_ratio');
    await refused('internvl-b/checkpoint-own', (c) => (c['downsample_ratio'] = 1e-300), 'blocks');
    await refused('internvl-b/checkpoint-own', (c) => (c['ps_version'] = 'v1'), 'ps_version');
    await refused(
      'internvl-b/checkpoint-hf',
      (c) => (c['vision_feature_layer'] = [-2, -1]),
      'vision_feature_layer',
    );
  });
});

describe('a manifest is refused before geometry sees its numbers', () => {
  const { views, normalisation } = seeingOf(familyGolden('smolvlm-a').expected);
  const refused = (changes: object, vision: object = {}) => {
    const demo = JSON.parse(
      readFileSync(new URL('../../native-models/demo/package/manifest.json', import.meta.url), 'utf8'),
    ) as Record<string, object>;
    const kept = Object.entries(demo['files']!).filter(([name]) => name !== 'enhance-full.onnx');
    const manifest = {
      ...{ ...demo, schema: 2, files: Object.fromEntries(kept), normalisation },
      views: { ...views, ...changes },
      vision: { ...demo['vision'], patch: 8, tokens: 64, ...vision },
    };
    try {
      parseManifest(Buffer.from(JSON.stringify(manifest)));
      return null;
    } catch (error) {
      return error as { code: string; message: string };
    }
  };

  test('one that is right is read', () => expect(refused({})).toBeNull());

  test.each([
    [{ longestEdge: huge }, {}],
    [{ longestEdge: 4097 }, {}],
    [{ tile: huge }, {}],
    [
      { tile: 8192, longestEdge: 8192 },
      { patch: 8, tokens: 2 ** 20 },
    ],
    [{ shuffle: 0 }, {}],
    [{ shuffle: 3 }, {}],
    [{ shuffle: huge }, {}],
    [{}, { patch: 65 }],
    [{}, { tokens: 65 }],
    [{ family: 'internvl', leastTiles: 1, mostTiles: huge }, {}],
    [{ family: 'internvl', leastTiles: 3, mostTiles: 2 }, {}],
    [{ family: 'qwen2vl' }, {}],
  ])('%j, %j', (changes, vision) => {
    expect(refused(changes, vision)).toMatchObject({ code: 'package-invalid' });
  });
});

test.each([
  ['internvl-a', '<img>'],
  ['smolvlm-a', '<fake_token_around_image>'],
] as const)(
  'a language model of the right width without the tokens around pictures is no half of %s',
  async (name, tag) => {
    const { folder: golden } = familyGolden(name);
    const plain = readFileSync(join(golden, 'pair', 'language.gguf'));
    // Another token of the same length in its place.
    for (let at = plain.indexOf(tag); at >= 0; at = plain.indexOf(tag)) plain.write('#', at);
    const language = join(folder, `${name}-plain.gguf`);
    writeFileSync(language, plain);
    const opened = openPair({ mmproj: join(golden, 'pair', 'mmproj.gguf'), language });
    await expectFault(opened, 'checkpoint-invalid', tag, 'not a pair');
  },
);

test('an output matrix that is in the file is used, whatever the configuration says of it', () => {
  const tied = (top: unknown, nested: unknown, hasHead: boolean) =>
    nestedLanguage(
      { tie_word_embeddings: top, text_config: { tie_word_embeddings: nested } },
      'text_config',
      { modelType: 'llama', hasHead },
    )['tie_word_embeddings'];
  for (const [top, nested] of [
    [true, true],
    [true, false],
    [false, true],
    [true, undefined],
    [undefined, undefined],
  ]) {
    expect(tied(top, nested, true)).toBe(false);
    expect(tied(top, nested, false)).toBe(true);
  }
  for (const [top, nested] of [
    [false, undefined],
    [undefined, false],
    [false, false],
  ]) {
    expect(tied(top, nested, false)).toBe(false);
  }
});

test('a square larger than what is preprocessed is refused when the package is opened', () => {
  const views = { family: 'dual', mode: 'trained', padColour: [0, 0, 0], n: 3, tile: 3000 } as const;
  const wrong = (side: { n: number; tile: number }) =>
    findWrongViews({ ...views, ...side, globals: [4], base: 'global' } as never, { patch: 100, tokens: 900 });
  expect(wrong({ n: 3, tile: 3000 })).toMatch(/3 tiles of 3000 are more than 8192 pixels a side/);
});

test('a SmolVLM without a template is spoken to as SmolVLM, not as another model of its vocabulary', () => {
  const tokens = ['<|im_start|>', '<|im_end|>', '<end_of_utterance>', '<fake_token_around_image>'];
  expect(knownChat(new Set(tokens))?.user).toEqual({ before: 'User: ', after: '<end_of_utterance>\n' });
  expect(knownChat(new Set(tokens.slice(0, 2)))?.user.before).toBe('<|im_start|>user\n');
});

test('of two models without a template that share a vocabulary, the name tells how they are spoken to', () => {
  const tokens = new Set(['</s>', '▁US', 'ER']);
  expect(knownChat(tokens, 'llava-v1.6-mistral-7b.Q4_K_M.gguf')?.user.before).toBe('[INST] ');
  expect(knownChat(tokens, 'llava-v1.5-7b.Q4_K_M.gguf')?.user.before).toBe('USER: ');
});

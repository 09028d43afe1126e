import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { openSource } from '../../native-models/convert/checkpoint/open-source.ts';
import { checkpointReader, type CheckpointFamily } from '../../native-models/families/read-checkpoint.ts';
import { expectFault } from '../support/faults.ts';
import { familyGolden, type FamilyCase } from '../support/family-golden.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

type Json = Record<string, unknown>;
type Config = Json & Record<'vision_config' | 'text_config' | 'llm_config', Json>;
interface Files {
  readonly config: Config;
  preprocessor: Json;
}

/** A golden checkpoint as its family reads it, after `change`; its file holds no tensor of a name that is looked for. */
function read(name: FamilyCase, layout: string, change: (files: Files) => unknown): CheckpointFamily {
  const json = (file: string) => {
    const path = join(familyGolden(name).folder, layout, file);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Json) : {};
  };
  const files = { config: json('config.json') as Config, preprocessor: json('preprocessor_config.json') };
  change(files);
  return checkpointReader(files.config)!({ ...files, hasTensor: () => false });
}

const refusal = (...given: Parameters<typeof read>) => (async () => read(...given))();

describe('the longest edge and the tile of SmolVLM', () => {
  const views = (change: (files: Files) => unknown) => read('smolvlm-b', 'checkpoint', change).seeing.views;
  const asStated = { tile: 74, longestEdge: 296 };

  test.each<[string, (files: Files) => unknown, object]>([
    [
      'are those of config.json where the preprocessor has no tile',
      ({ preprocessor }) => delete preprocessor['max_image_size'],
      asStated,
    ],
    [
      'are those of config.json without a preprocessor',
      (files) => {
        files.preprocessor = {};
        files.config.vision_config['size'] = { longest_edge: 222 };
      },
      { tile: 74, longestEdge: 222 },
    ],
    [
      'are the picture of the tower and four of it where nothing states them',
      ({ config, preprocessor }) => {
        for (const part of [config.vision_config, preprocessor]) {
          delete part['size'];
          delete part['max_image_size'];
        }
      },
      asStated,
    ],
    [
      'are those of the preprocessor before all others',
      ({ config, preprocessor }) => {
        preprocessor['size'] = { longest_edge: 148 };
        config.vision_config['size'] = 'anything';
      },
      { tile: 74, longestEdge: 148 },
    ],
  ])('%s', (_, change, expected) => {
    expect(views(change)).toMatchObject(expected);
  });

  test('contradict each other by the file that says so', async () => {
    const change = ({ config, preprocessor }: Files) => {
      delete preprocessor['max_image_size'];
      config.vision_config['max_image_size'] = { longest_edge: 64 };
    };
    await expectFault(
      refusal('smolvlm-b', 'checkpoint', change),
      'checkpoint-invalid',
      'config.json: ',
      '64',
    );
  });
});

test.each<[FamilyCase, string]>([
  ['smolvlm-a', 'checkpoint'],
  ['internvl-a', 'checkpoint-hf'],
  ['internvl-a', 'checkpoint-own'],
  ['next-a', 'checkpoint'],
])(
  'a preprocessor that does other things with pixels is refused by the key that says so: %s, %s',
  async (name, layout) => {
    const wrong = { do_resize: false, do_rescale: false, rescale_factor: 1 / 127.5, do_normalize: false };
    for (const [key, value] of Object.entries(wrong)) {
      const change = ({ preprocessor }: Files) => (preprocessor[key] = value);
      await expectFault(refusal(name, layout, change), 'checkpoint-invalid', 'preprocessor_config.json', key);
    }
  },
);

describe('keys that are null are as good as left out', () => {
  test.each<[FamilyCase, string]>([
    ['smolvlm-a', 'checkpoint'],
    ['internvl-a', 'checkpoint-hf'],
    ['internvl-a', 'checkpoint-own'],
    ['next-a', 'checkpoint'],
  ])('%s, %s', (name, layout) => {
    const keys = ['layer_norm_eps', 'hidden_act', 'num_channels'];
    const nulls = ({ config, preprocessor }: Files) => {
      for (const key of keys) config.vision_config[key] = null;
      for (const key of ['downsample_ratio', 'vision_feature_layer', 'ps_version']) config[key] = null;
      for (const key of ['image_mean', 'image_std', 'resample']) preprocessor[key] = null;
    };
    expect(read(name, layout, nulls).seeing).toEqual(read(name, layout, () => undefined).seeing);
    expect(read(name, layout, nulls).vision).toEqual(read(name, layout, () => undefined).vision);
  });
});

describe('the language model of a checkpoint that does not name its type', () => {
  const typeOf = (name: FamilyCase, layout: string, change: (files: Files) => unknown = () => undefined) => {
    const { language } = read(name, layout, (files) => {
      for (const key of ['text_config', 'llm_config'] as const) delete files.config[key]?.['model_type'];
      change(files);
    });
    return (language.config as Json)['model_type'];
  };

  test('is that of the family’s class', () => {
    expect(typeOf('smolvlm-a', 'checkpoint')).toBe('llama');
    expect(typeOf('next-a', 'checkpoint')).toBe('llama');
    expect(typeOf('internvl-a', 'checkpoint-hf')).toBe('qwen2');
  });

  test('is that of its own class in the authors’ own layout', () => {
    expect(typeOf('internvl-b', 'checkpoint-own')).toBe('qwen3');
    expect(typeOf('internvl-c', 'checkpoint-own')).toBe('phi3');
    expect(
      typeOf('internvl-b', 'checkpoint-own', ({ config }) => delete config.llm_config['architectures']),
    ).toBe('qwen2');
  });
});

test.each([
  ['qwen2', 'llama', 'internvl-a', 'self_attn.k_proj.bias'],
  ['qwen3', 'llama', 'internvl-b', 'self_attn.k_norm.weight'],
] as const)(
  'a %s that says it is a %s is refused by the tensor that would be left out',
  async (_, type, name, tensor) => {
    const checkpoint = join(folder, name);
    rmSync(checkpoint, { recursive: true, force: true });
    cpSync(join(familyGolden(name).folder, 'checkpoint-hf'), checkpoint, { recursive: true });
    const path = join(checkpoint, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as Config;
    config.text_config['model_type'] = type;
    writeFileSync(path, JSON.stringify(config));
    const opened = openSource(checkpoint).then((source) => source.close());
    await expectFault(opened, 'checkpoint-invalid', `language_model.model.layers.0.${tensor}`, `"${type}"`);
  },
);

test('InternVL’s own layout has the pixel shuffle of version 2, unless it says otherwise', async () => {
  const seeing = (change: (files: Files) => unknown) => read('internvl-a', 'checkpoint-own', change).seeing;
  expect(seeing(({ config }) => delete config['ps_version'])).toEqual(seeing(() => undefined));
  const old = refusal('internvl-a', 'checkpoint-own', ({ config }) => (config['ps_version'] = 'v1'));
  await expectFault(old, 'checkpoint-invalid', 'ps_version');
});

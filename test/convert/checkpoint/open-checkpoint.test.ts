import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';

import { clipForm } from '../../../native-models/families/tower.ts';
import { openCheckpoint, readProvenance } from '../../../native-models/convert/checkpoint/open-checkpoint.ts';
import { readModelConfig } from '../../../native-models/convert/checkpoint/read-config.ts';
import { expectFault } from '../../support/faults.ts';
import { goldenCase, goldenNames } from '../../support/golden.ts';
import { makeRandomCheckpoint, type RandomCheckpointOptions } from '../../support/random-checkpoint.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { pickle, writeTorchZip } from '../../support/weight-writers.ts';

const folder = temporaryFolder();

/** Hash over the names in order, each followed by its numbers as float32. */
async function fingerprint(checkpoint: string, clip: string): Promise<string> {
  const opened = await openCheckpoint(checkpoint, { clip });
  const hash = createHash('sha256');
  for (const name of [...opened.tensors.tensors.keys()].sort()) {
    hash.update(name).update(new Uint8Array((await opened.tensors.readFloat32(name)).buffer));
  }
  await opened.close();
  return hash.digest('hex');
}

/** Taken with Python's zipfile, pickle and json from the same files. */
const goldenFingerprints = {
  'tower-inside': 'a0ef40f7c0c3ffed5c967d0effb9c28f60f22d680e848f880f6659d9657e9492',
  'tower-apart': '9214fa017a90d0fea7fa81646c7131a805a806a3a333cfe040984f741923d636',
};

describe.each(goldenNames)('golden case %s', (name) => {
  const { checkpoint, clip } = goldenCase(name);

  test('every tensor is read to the last bit', async () => {
    expect(await fingerprint(checkpoint, clip)).toBe(goldenFingerprints[name]);
  });

  test('its configuration is that of the files', async () => {
    const opened = await openCheckpoint(checkpoint, { clip });
    const inside = name === 'tower-inside';
    expect(opened.config).toEqual({
      vision: {
        hiddenSize: 64,
        intermediateSize: 160,
        layers: 4,
        layersRun: 3,
        heads: 4,
        imageSize: 336,
        patchSize: 14,
        layerNormEps: 1e-5,
        form: clipForm,
        activation: 'quick_gelu',
        mean: [0.48145466, 0.4578275, 0.40821073],
        std: [0.26862954, 0.26130258, 0.27577711],
      },
      crops: { n: 3 },
      projector: { layers: 2 },
      language: {
        architecture: 'llama',
        prefixes: { body: 'model.', head: 'lm_head.' },
        hiddenSize: inside ? 256 : 128,
        intermediateSize: inside ? 512 : 256,
        layers: 3,
        heads: 8,
        keyValueHeads: 4,
        headSize: inside ? 32 : 16,
        vocabularySize: 458,
        rmsNormEps: 1e-5,
        ropeTheta: 500000,
        slidingWindow: null,
        ropeScaling: null,
        contextLength: 8192,
        tiedEmbeddings: false,
      },
    });
    expect(opened.facts.contextTrained).toBe(2048);
    expect(opened.towerPrefix).toBe(
      inside ? 'model.vision_tower.vision_tower.vision_model.' : 'vision_model.',
    );
    expect(opened.provenance.tower).toBe(inside ? 'in the checkpoint' : 'openai/clip-vit-large-patch14-336');
    await opened.close();
  });
});

test('the same weights are read from every layout', async () => {
  const odd = {
    seed: 7,
    n: 2,
    imageSize: 42,
    visionWidth: 48,
    languageHeads: 2,
    languageIntermediate: 33,
    dtype: 'f32',
  } as const;
  const layouts: RandomCheckpointOptions[] = [
    { layout: 'safetensors', tower: 'safetensors' },
    { layout: 'sharded-safetensors', shards: 5, tower: 'bin' },
    { layout: 'bin', tower: 'bin' },
    { layout: 'sharded-bin', shards: 3, tower: 'safetensors' },
  ];
  const prints = new Set<string>();
  for (const [i, layout] of layouts.entries()) {
    const { checkpoint, clip } = makeRandomCheckpoint(join(folder, `layout-${i}`), { ...odd, ...layout });
    prints.add(await fingerprint(checkpoint, clip));
  }
  expect(prints.size).toBe(1);
});

test.each([
  ['bf16', 2 ** -8],
  ['f16', 2 ** -11],
] as const)('%s numbers are those of float32 to half a step', async (dtype, step) => {
  const name = 'model.layers.0.mlp.up_proj.weight';
  const read = async (type: 'f32' | typeof dtype) => {
    const { checkpoint, clip } = makeRandomCheckpoint(join(folder, `dtype-${type}`), { dtype: type });
    const opened = await openCheckpoint(checkpoint, { clip });
    const values = await opened.tensors.readFloat32(name);
    await opened.close();
    return values;
  };
  const [exact, rounded] = [await read('f32'), await read(dtype)];
  // Below 2^-14 the steps of float16 no longer shrink with the number.
  exact.forEach((value, i) => {
    expect(Math.abs(rounded[i]! - value)).toBeLessThanOrEqual(Math.max(Math.abs(value), 2 ** -14) * step);
  });
});

describe('a checkpoint that contradicts itself is refused by name', () => {
  const { checkpoint, clip } = goldenCase('tower-apart');
  const copy = join(folder, 'broken');
  const main = join(copy, 'checkpoint');
  const tower = join(copy, 'clip');
  const index = join(main, 'model.safetensors.index.json');
  const second = join(main, 'model-00002-of-00002.safetensors');

  beforeEach(() => {
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    cpSync(checkpoint, main, { recursive: true });
    cpSync(clip, tower, { recursive: true });
  });

  const edit = (path: string, change: (json: Record<string, Record<string, string>>) => void): void => {
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>;
    change(json);
    writeFileSync(path, JSON.stringify(json));
  };
  const refused = (...words: string[]) =>
    expectFault(openCheckpoint(main, { clip: tower }), 'checkpoint-invalid', ...words);

  test('no weights', async () => {
    rmSync(index);
    await refused('checkpoint', 'holds no model.safetensors');
  });

  test('a shard that is missing, truncated, or not where the index says', async () => {
    truncateSync(second, 900_000);
    await refused('model-00002-of-00002.safetensors', 'truncated');
    rmSync(second);
    await refused('model.safetensors.index.json', 'model-00002-of-00002.safetensors', 'missing');
    cpSync(join(main, 'model-00001-of-00002.safetensors'), second);
    await refused('in both');
    edit(index, (json) => {
      for (const name in json['weight_map']) json['weight_map'][name] = 'model-00001-of-00002.safetensors';
    });
    await refused('model.safetensors.index.json', 'lacks it');
  });

  test.each([
    '../model.safetensors',
    '/etc/passwd',
    'sub/model.safetensors',
    '..',
    'C:\\model.safetensors',
    '',
  ])('an index that names the file %j', async (name) => {
    edit(index, (json) => Object.assign(json['weight_map']!, { 'lm_head.weight': name }));
    await refused('model.safetensors.index.json', JSON.stringify(name));
  });

  test('a shard that is a link to its blob is read, as in the Hugging Face cache', async () => {
    renameSync(second, join(copy, 'blob'));
    symlinkSync('../blob', second);
    await expect(fingerprint(main, tower)).resolves.toBe(goldenFingerprints['tower-apart']);
  });

  test('an index without a map', async () => {
    writeFileSync(index, '{"weight_map": ["model.safetensors"]}');
    await refused('model.safetensors.index.json', 'weight_map');
  });

  test('a tensor of another shape than the configuration says', async () => {
    edit(join(main, 'config.json'), (json) => Object.assign(json, { intermediate_size: 255 }));
    await refused('model.layers.0.mlp.gate_proj.weight', '[256, 128]', '[255, 128]');
    edit(join(main, 'config.json'), (json) =>
      Object.assign(json, { intermediate_size: 256, vocab_size: 128257 }),
    );
    await refused('model.embed_tokens.weight', '[128257, 128]');
  });

  test.each([
    ['do_normalize', false],
    ['rescale_factor', 1 / 127.5],
    ['resample', 2],
  ])('a preprocessor of the tower that does other things with pixels: %s', async (key, value) => {
    edit(join(tower, 'preprocessor_config.json'), (json) => Object.assign(json, { [key]: value }));
    await refused('clip/preprocessor_config.json', key);
  });

  test('a tensor that is missing', async () => {
    edit(join(main, 'config.json'), (json) => Object.assign(json, { num_hidden_layers: 4 }));
    await refused('model.layers.3.self_attn.q_proj.weight', 'missing');
    edit(join(main, 'config.json'), (json) =>
      Object.assign(json, { num_hidden_layers: 3, mm_projector_type: 'mlp3x_gelu' }),
    );
    await refused('model.mm_projector.4.weight', 'missing');
  });

  test('a tensor of integers', async () => {
    rmSync(index);
    const { checkpoint: random } = makeRandomCheckpoint(join(copy, 'random'), { layout: 'safetensors' });
    const file = join(random, 'model.safetensors');
    const header = readFileSync(file, 'latin1').replace(
      '"model.norm.weight":{"dtype":"BF16"',
      '"model.norm.weight":{"dtype":"I16" ',
    );
    writeFileSync(file, header, 'latin1');
    await expectFault(
      openCheckpoint(random, { clip: join(copy, 'random/clip') }),
      'checkpoint-invalid',
      'model.norm.weight',
      '"I16"',
    );
  });

  test('a pickle in the place of the tower that calls os.system', async () => {
    const path = join(tower, 'pytorch_model.bin');
    writeTorchZip(path, [], { pickle: pickle('cos\nsystem\n(X\x04\x00\x00\x00true', 'tR') });
    await refused('pytorch_model.bin', 'os.system');
  });

  test.each([
    ['num_key_value_heads', 3, '8 heads'],
    ['hidden_size', 1e9, 'hidden_size'],
    ['hidden_size', '128', 'hidden_size'],
    ['hidden_act', 'gelu', 'hidden_act'],
    ['attention_bias', true, 'attention_bias'],
    ['model_type', 'mistral', 'model_type'],
    ['mm_projector_type', 'resampler', 'resampler'],
    ['mm_vision_select_layer', -7, '-7'],
    ['mm_vision_select_feature', 'cls_patch', 'mm_vision_select_feature'],
    ['mm_hidden_size', 1024, '1024'],
    ['dual_crop_n', 0, 'dual_crop_n'],
    ['rope_scaling', { type: 'ntk' }, '"ntk"'],
    ['rope_scaling', { type: 'yarn' }, 'factor'],
    ['rope_scaling', { type: 'yarn', factor: 4, beta_fast: 16 }, 'beta_fast'],
    ['max_position_embeddings', null, 'max_position_embeddings'],
  ])('config.json with %s = %j', async (key, value, word) => {
    edit(join(main, 'config.json'), (json) => Object.assign(json, { [key]: value }));
    await refused('config.json', word);
  });

  test.each([
    ['patch_size', 13],
    ['num_attention_heads', 5],
    ['hidden_act', 'relu'],
    ['num_channels', 1],
  ])('config.json of the tower with %s = %j', async (key, value) => {
    edit(join(tower, 'config.json'), (json) => Object.assign(json['vision_config']!, { [key]: value }));
    await refused('clip/config.json');
  });

  test('what config.json leaves out is what the classes of transformers take', async () => {
    edit(join(main, 'config.json'), (json) => {
      delete json['rms_norm_eps'];
      delete json['max_position_embeddings'];
      delete json['mm_vision_select_layer'];
      Object.assign(json, {
        mm_patch_merge_type: null,
        mm_vision_tower: null,
        mm_vision_select_feature: null,
      });
    });
    const { config } = await readModelConfig(main, tower);
    expect(config.language).toMatchObject({ rmsNormEps: 1e-6, contextLength: 2048 });
    expect(config.vision.layersRun).toBe(config.vision.layers - 1);
  });

  test('what is there but cannot be guessed is asked for', async () => {
    await expectFault(openCheckpoint(main), 'wrong-usage', '--clip');
    rmSync(join(tower, 'pytorch_model.bin'));
    await expectFault(openCheckpoint(main, { clip: tower }), 'wrong-usage', '--clip', 'weights');
    await expectFault(openCheckpoint(join(copy, 'nowhere'), { clip: tower }), 'file-missing', 'config.json');
  });
});

test('what the configuration may leave out has the value of the published model', async () => {
  const { checkpoint, clip } = makeRandomCheckpoint(join(folder, 'defaults'), { n: 3 });
  const opened = await openCheckpoint(checkpoint, { clip });
  expect(opened.config.crops.n).toBe(3);
  expect(opened.config.vision.mean).toEqual([0.48145466, 0.4578275, 0.40821073]);
  await opened.close();
});

test('a positive select layer counts layers from the embeddings', async () => {
  const { checkpoint, clip } = makeRandomCheckpoint(join(folder, 'select'), { selectLayer: 1 });
  const opened = await openCheckpoint(checkpoint, { clip });
  expect(opened.config.vision.layersRun).toBe(1);
  await opened.close();
});

test('a checkpoint of the published width needs nobody to describe the tower it names', async () => {
  const directory = join(folder, 'published');
  mkdirSync(directory);
  const { checkpoint } = goldenCase('tower-inside');
  const json = JSON.parse(readFileSync(join(checkpoint, 'config.json'), 'utf8')) as object;
  const write = (tower: string) =>
    writeFileSync(
      join(directory, 'config.json'),
      JSON.stringify({ ...json, mm_hidden_size: 1024, mm_vision_tower: tower }),
    );
  write('openai/clip-vit-large-patch14-336');
  const { vision } = (await readModelConfig(directory, null)).config;
  expect(vision).toMatchObject({ hiddenSize: 1024, layers: 24, layersRun: 23, heads: 16, imageSize: 336 });
  expect(vision).toMatchObject({ patchSize: 14, intermediateSize: 4096, activation: 'quick_gelu' });
  write('google/siglip-so400m-patch14-384');
  await expectFault(readModelConfig(directory, null), 'wrong-usage', '--clip');
});

test.each([
  ['none', undefined, 'not stated', undefined],
  ['one language', 'license: mit\nlanguage: en', 'mit', ['en']],
  [
    'a list below',
    'language:\n- en\n- "ko"  # too\n  - zh-Hans\nlicense: apache-2.0',
    'apache-2.0',
    ['en', 'ko', 'zh-Hans'],
  ],
  ['a list on the line', "language: ['en', ko]\ntags:\n- de", 'not stated', ['en', 'ko']],
  ['nothing of the kind', 'license: other\ntags:\n- en', 'other', undefined],
  ['no tag', 'language:\n- English, mostly\n- <en>', 'not stated', undefined],
])(
  'of the model card the licence and the languages it states are kept: %s',
  async (name, front, licence, languages) => {
    const checkpoint = join(folder, `card of ${name}`);
    mkdirSync(checkpoint);
    writeFileSync(join(checkpoint, 'config.json'), '{}');
    if (front !== undefined)
      writeFileSync(join(checkpoint, 'README.md'), `---\n${front}\n---\n\n# A model\nlanguage: fr\n`);
    const origin = await readProvenance(checkpoint, '');
    expect([origin.licence, origin.languages]).toEqual([licence, languages]);
  },
);

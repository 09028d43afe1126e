import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { checkpointReader } from '../../native-models/families/read-checkpoint.ts';
import { expectFault } from '../support/faults.ts';
import { familyGolden, type FamilyCase } from '../support/family-golden.ts';
import { rewriteWeights } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { byteLength } from '../support/weight-writers.ts';

const folder = temporaryFolder();

type Json = Record<string, unknown>;
type Config = Json & { vision_config: Json };

const readConfig = (directory: string) =>
  JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as Config;

/** The tower of a golden checkpoint after `change`; `hasTensors`: whether its file holds every name that is looked for. */
function tower(name: FamilyCase, layout: string, change: (config: Config) => unknown, hasTensors = true) {
  const config = readConfig(join(familyGolden(name).folder, layout));
  change(config);
  return checkpointReader(config)!({ config, preprocessor: {}, hasTensor: () => hasTensors }).vision;
}

describe.each([
  ['checkpoint-hf', 'attention_bias', 'vision_feature_layer'],
  ['checkpoint-own', 'qkv_bias', 'select_layer'],
])('the tower of InternVL, %s', (layout, biasKey, layerKey) => {
  const hasBias = (value: unknown, hasTensors: boolean) =>
    tower('internvl-b', layout, ({ vision_config }) => (vision_config[biasKey] = value), hasTensors).form
      .qkvBias;

  test('has biases of queries, keys and values as stated, and otherwise as its weights', () => {
    expect(hasBias(true, false)).toBe(true);
    expect(hasBias(false, true)).toBe(false);
    expect(hasBias(undefined, true)).toBe(true);
    expect(hasBias(undefined, false)).toBe(false);
  });

  test('without these biases computes what it does with zeros', async () => {
    const convert = async (name: string, isStated: boolean): Promise<Buffer[]> => {
      const checkpoint = join(folder, `${name}-${layout}`);
      cpSync(join(familyGolden('internvl-b').folder, layout), checkpoint, { recursive: true });
      rewriteWeights(checkpoint, (tensor) => {
        if (!/(q_proj|k_proj|v_proj|qkv)\.bias$/.test(tensor.name) || /language/.test(tensor.name))
          return tensor;
        return isStated ? { ...tensor, pieces: () => [new Uint8Array(byteLength(tensor))] } : null;
      });
      const config = readConfig(checkpoint);
      config.vision_config[biasKey] = isStated;
      writeFileSync(join(checkpoint, 'config.json'), JSON.stringify(config));
      const out = join(folder, `package-${name}-${layout}`);
      await convertCheckpoint({ checkpoint, out, vision: 'f32', llm: 'f32' });
      return ['vision.onnx', 'vision.onnx.data'].map((file) => readFileSync(join(out, file)));
    };
    const [none, zeros] = [await convert('none', false), await convert('zeros', true)];
    expect(none.map((bytes, at) => bytes.equals(zeros[at]!))).toEqual([true, true]);
  });

  test('gives the hidden state that the configuration chooses', async () => {
    const run = (layer: unknown) =>
      tower('internvl-b', layout, (config) => (config[layerKey] = layer)).layersRun;
    // Of four layers.
    expect([-1, -2, 4, 1].map(run)).toEqual([4, 3, 4, 1]);
    for (const layer of [5, -5, [-1, -2], 'last']) {
      const read = Promise.resolve().then(() => run(layer));
      await expectFault(
        read,
        'checkpoint-invalid',
        'config.json',
        typeof layer === 'number' ? '4 layers' : layerKey,
      );
    }
  });
});

describe('the projector of LLaVA-NeXT without biases', () => {
  const convert = async (name: string, hasBias: boolean, isStated = hasBias) => {
    const checkpoint = join(folder, `projector-${name}`);
    cpSync(join(familyGolden('next-a').folder, 'checkpoint'), checkpoint, { recursive: true });
    rewriteWeights(checkpoint, (tensor) => {
      if (!/linear_[12]\.bias$/.test(tensor.name)) return tensor;
      return hasBias ? { ...tensor, pieces: () => [new Uint8Array(byteLength(tensor))] } : null;
    });
    const config = { ...readConfig(checkpoint), multimodal_projector_bias: isStated };
    writeFileSync(join(checkpoint, 'config.json'), JSON.stringify(config));
    const out = join(folder, `package-projector-${name}`);
    await convertCheckpoint({ checkpoint, out, vision: 'f32', llm: 'f32' });
    return ['enhance.onnx', 'enhance.onnx.data'].map((file) => readFileSync(join(out, file)));
  };

  test('computes what it does with zeros', async () => {
    const [none, zeros] = [await convert('none', false), await convert('zeros', true)];
    expect(none.map((bytes, at) => bytes.equals(zeros[at]!))).toEqual([true, true]);
  });

  test('has to say so', async () => {
    await expectFault(convert('unstated', false, true), 'checkpoint-invalid', 'linear_1.bias');
  });
});

test('what LLaVA-NeXT leaves out of its tower is that of CLIP; without any, it is the published one', () => {
  const sizes = (config: unknown) => {
    const { hiddenSize, layers, imageSize, patchSize } = tower('next-a', 'checkpoint', (given) => {
      given.vision_config = config as Json;
      delete given['image_grid_pinpoints'];
      if (config) given['image_grid_pinpoints'] = [[448, 224]];
    });
    return { hiddenSize, layers, imageSize, patchSize };
  };
  expect(sizes({ hidden_size: 96 })).toEqual({ hiddenSize: 96, layers: 12, imageSize: 224, patchSize: 32 });
  expect(sizes(null)).toEqual({ hiddenSize: 1024, layers: 24, imageSize: 336, patchSize: 14 });
});

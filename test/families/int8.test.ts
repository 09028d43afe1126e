import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { towerTensors } from '../../native-models/convert/checkpoint/expected-tensors.ts';
import { convertVision } from '../../native-models/convert/onnx/index.ts';
import { idefics3Form } from '../../native-models/families/idefics3/model.ts';
import { internVlForm } from '../../native-models/families/internvl/model.ts';
import type { Seeing } from '../../native-models/families/index.ts';
import type { VisionConfig } from '../../native-models/families/tower.ts';
import type { WeightSource } from '../../native-models/formats/weights/tensor-source.ts';
import { goldenCase } from '../support/golden.ts';
import { uniform } from '../support/random-tensors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const samples = (['tower-inside', 'tower-apart'] as const).map((name) =>
  join(goldenCase(name).folder, 'photo.png'),
);
const half: [number, number, number] = [0.5, 0.5, 0.5];
const normalisation = { mean: half, std: half };

/** Wide and deep enough for errors to add up as they do in a real tower. */
const shape = {
  ...{ hiddenSize: 128, intermediateSize: 256, layers: 8, layersRun: 8, heads: 4 },
  ...{ imageSize: 64, patchSize: 8, layerNormEps: 1e-6, mean: half, std: half },
};
const towers: Readonly<Record<string, { readonly config: VisionConfig; readonly seeing: Seeing }>> = {
  SigLIP: {
    config: { ...shape, form: idefics3Form, activation: 'gelu_tanh' },
    seeing: {
      ...{ normalisation, vision: { patch: 8 } },
      views: { family: 'idefics3', tile: 64, longestEdge: 128, shuffle: 2 },
    },
  },
  InternViT: {
    config: { ...shape, form: internVlForm, activation: 'gelu' },
    seeing: {
      ...{ normalisation, vision: { patch: 8 } },
      views: { family: 'internvl', tile: 64, leastTiles: 1, mostTiles: 4, shuffle: 2 },
    },
  },
};

/** Normal numbers; three channels behind every normalisation are `outliers` times as large, and read with weights as much smaller. */
function randomTower(config: VisionConfig, outliers: number): WeightSource {
  const channels = [5, 40, 99];
  const expected = towerTensors(config).map(([name, dims], seed) => {
    const next = uniform(seed + 1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const isGain = /norm\d?\.weight$|layer_scale/.test(name);
    const fan = dims.slice(1).reduce((product, size) => product * size, 1);
    const size = dims.reduce((product, dimension) => product * dimension, 1);
    const data = Float32Array.from({ length: size }, () =>
      isGain ? 1 + 0.1 * normal() : (dims.length === 1 ? 0.1 : 1 / Math.sqrt(fan)) * normal(),
    );
    const width = config.hiddenSize;
    if (/layer_norm[12]\.weight$/.test(name)) for (const at of channels) data[at]! *= outliers;
    if (/(q_proj|k_proj|v_proj|fc1)\.weight$/.test(name)) {
      for (let at = 0; at < size; at++) if (channels.includes(at % width)) data[at]! *= 2 / outliers;
    }
    return { name, shape: dims, data };
  });
  const byName = new Map(expected.map((tensor) => [tensor.name, tensor]));
  return {
    tensors: new Map(
      expected.map(({ name, shape: dims }) => [name, { name, type: 'f32', shape: dims, file: 'random' }]),
    ),
    readFloat32: async (name) => byName.get(name)!.data.slice(),
  };
}

test.each(Object.keys(towers).flatMap((name) => [2, 20, 100].map((outliers) => [name, outliers] as const)))(
  '8 bits keep the direction of every token of a %s tower whose outlier channels are %i times the others',
  async (name, outliers) => {
    const { config, seeing } = towers[name]!;
    const directory = join(folder, `${name}-${outliers}`);
    mkdirSync(directory);
    const { cosine } = await convertVision({
      ...{ tensors: randomTower(config, outliers), prefix: '', config, seeing },
      ...{ precision: 'int8', directory, samples },
    });
    expect(cosine.mean).toBeGreaterThan(0.999);
    expect(cosine.worst).toBeGreaterThan(0.99);
  },
);

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  createImageEncoder,
  type EncodedImage,
  type EncodeProgress,
  type ImageEncoder,
} from '../../native-models/vision/encode-image.ts';
import { float32, readSafetensors } from '../support/safetensors-file.ts';
import { goldenCases, goldenFile, goldenPackage, visionPackage } from './support/golden.ts';
import { largestDifference } from './support/numbers.ts';
import { withRandomCheckpoint } from './support/small-package.ts';

/** What an independent implementation and ours may differ by when both compute in float32. */
const tolerance = 1e-3;

const stage = (image: EncodedImage, name: string): Float32Array => image.stages().get(name)!.data;

describe.each(goldenCases)('golden case %s', (golden) => {
  const expected = readSafetensors(goldenFile(golden, 'expected.safetensors'));
  const photo = goldenFile(golden, 'preprocessed.png');
  let encoder: ImageEncoder;

  beforeAll(async () => {
    encoder = await createImageEncoder(await goldenPackage(golden));
  });
  afterAll(() => encoder.dispose());

  /** The largest difference of every stage from the independent implementation. */
  function differences(image: EncodedImage, globalCrop: Float32Array): Record<string, number> {
    const [basePixels, localFeatures, demOutput] = ['base_pixels', 'local_features', 'dem_output'].map(
      (name) => stage(image, name),
    );
    const size = demOutput!.length;
    const difference = (data: Float32Array, name: string) => largestDifference(data, float32(expected, name));
    return {
      basePixels: difference(basePixels!, 'base_pixels'),
      firstLocal: difference(localFeatures!.subarray(0, size), 'local_features_0'),
      lastLocal: difference(localFeatures!.subarray(8 * size), 'local_features_8'),
      global: difference(globalCrop, 'global_features_4'),
      dem: difference(demOutput!, 'dem_output'),
      embeddings: difference(image.embeddings, 'embeddings'),
    };
  }

  test('every stage of the short form agrees with the independent implementation', async () => {
    const image = await encoder.encode(photo);
    const found = differences(image, stage(image, 'global_features'));
    expect(Math.max(...Object.values(found)), JSON.stringify(found)).toBeLessThan(tolerance);
    expect(image.timings.passes).toHaveLength(10);
  });

  test('and so does every stage of the full form', async () => {
    const image = await encoder.encode(photo, { allViews: true });
    const size = stage(image, 'dem_output').length;
    const found = differences(image, stage(image, 'global_features').subarray(4 * size, 5 * size));
    expect(Math.max(...Object.values(found)), JSON.stringify(found)).toBeLessThan(tolerance);
    expect(image.timings.passes).toHaveLength(18);
  });
});

describe('a random model with 2 x 2 crops', () => {
  let encoder: ImageEncoder;
  const photo = goldenFile('tower-inside', 'photo.png');

  beforeAll(async () => {
    encoder = await withRandomCheckpoint({ n: 2, projector: 'mlp3x_gelu' }, async (checkpoint, directory) =>
      createImageEncoder(await visionPackage(checkpoint, directory)),
    );
  });
  afterAll(() => encoder.dispose());

  test('encodes 4 local crops, 4 global crops and the base image, and says so one by one', async () => {
    const events: EncodeProgress[] = [];
    const { embeddings, rows, width } = await encoder.encode(photo, {
      onProgress: (event) => events.push(event),
    });
    expect(embeddings).toHaveLength(rows * width);
    const crops = events.flatMap(({ view }) => (view ? [`${view.kind} ${view.index}`] : []));
    const four = [0, 1, 2, 3];
    expect(crops).toEqual([...four.map((k) => `local ${k}`), ...four.map((k) => `global ${k}`), 'base 0']);
    expect(events.filter(({ stage }) => stage === 'encode').at(-1)?.fraction).toBe(1);
  });

  test('gives the same embeddings for the same photo, in the short and in the full form', async () => {
    const [first, second] = [await encoder.encode(photo), await encoder.encode(photo)];
    expect(largestDifference(first.embeddings, second.embeddings)).toBe(0);
    const full = await encoder.encode(photo, { allViews: true });
    expect(largestDifference(first.embeddings, full.embeddings)).toBeLessThan(1e-5);
  });

  test('a region of the photo is another picture', async () => {
    const whole = await encoder.encode(photo);
    const part = await encoder.encode(photo, { region: { x: 10, y: 20, width: 200, height: 100 } });
    expect(part.plan.region).toEqual({ x: 10, y: 20, width: 200, height: 100 });
    expect(part.photo.sha256).toBe(whole.photo.sha256);
    expect(largestDifference(whole.embeddings, part.embeddings)).toBeGreaterThan(0.01);
  });

  test('stops between two crops when cancelled, and works afterwards', async () => {
    const controller = new AbortController();
    let encoded = 0;
    const onProgress = ({ view }: EncodeProgress) => {
      if (view && ++encoded === 2) controller.abort();
    };
    const cancelled = encoder.encode(photo, { signal: controller.signal, onProgress });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(encoded).toBe(2);
    await expect(encoder.encode(photo)).resolves.toMatchObject({ rows: 16 });
  });

  test('a missing photo is said to be missing', async () => {
    await expect(encoder.encode('no such photo.png')).rejects.toMatchObject({ code: 'file-missing' });
  });
});

test('an encoder can be disposed twice, and refuses work afterwards', async () => {
  const encoder = await createImageEncoder(await goldenPackage('tower-apart'));
  await encoder.dispose();
  await encoder.dispose();
  const late = encoder.encode(goldenFile('tower-apart', 'photo.png'));
  await expect(late).rejects.toMatchObject({ code: 'internal' });
});

describe.each([
  ['NaN', NaN],
  ['infinity', Infinity],
])('weights that are %s', (_name, value) => {
  test.each(['vision.onnx', 'enhance.onnx'] as const)('of %s are told by the first pass', async (file) => {
    const { manifest, path } = await goldenPackage('tower-inside');
    const data = `${path(file)}.data`;
    const bytes = await readFile(data);
    new Float32Array(bytes.buffer, bytes.byteOffset, 1024).fill(value);
    await writeFile(data, bytes);
    const encoder = await createImageEncoder({ manifest, path }, { threads: 1 });
    const passes: EncodeProgress[] = [];
    const encoding = encoder.encode(goldenFile('tower-inside', 'preprocessed.png'), {
      onProgress: (event) => event.stage === 'encode' && passes.push(event),
    });
    await expect(encoding).rejects.toMatchObject({
      code: 'package-invalid',
      message: `${file}: the model computed no numbers.`,
    });
    expect(passes).toHaveLength(file === 'vision.onnx' ? 0 : 10);
    await encoder.dispose();
  });
});

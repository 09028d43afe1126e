import { beforeAll, describe, expect, test } from 'vitest';

import { chooseProvider, type ProviderProof } from '../../native-models/vision/choose-provider.ts';
import { readSampleViews } from '../../native-models/vision/sample-views.ts';
import { goldenFile, goldenPackage } from './support/golden.ts';

describe('the provider for a tower', () => {
  let proof: ProviderProof;

  beforeAll(async () => {
    const { manifest, path } = await goldenPackage('tower-inside');
    const samples = [goldenFile('tower-inside', 'photo.png')];
    proof = {
      tower: path('vision.onnx'),
      dimensions: manifest,
      crops: (await readSampleViews(samples, manifest)).slice(0, 2),
    };
  });

  test('is the CPU where the others cannot start', async () => {
    await expect(chooseProvider({ ...proof, candidates: ['tensorrt'] })).resolves.toBe('cpu');
  });

  test('is the CPU or one that comes with ONNX Runtime', async () => {
    expect(['cpu', 'webgpu', 'coreml']).toContain(await chooseProvider(proof));
  });

  test('is not sought any further once cancelled', async () => {
    const cancelled = chooseProvider({ ...proof, signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });
});

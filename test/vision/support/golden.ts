import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  openCheckpoint,
  type Checkpoint,
} from '../../../native-models/convert/checkpoint/open-checkpoint.ts';
import { convertVision } from '../../../native-models/convert/onnx/index.ts';
import { baseIsGlobal, globalsThatReachAnswer } from '../../../native-models/image/dual-crops.ts';
import type { VisionPackage } from '../../../native-models/vision/encode-image.ts';
import { convertEnhanceOf, temporaryFolder } from './small-package.ts';

export const goldenCases = ['tower-inside', 'tower-apart'] as const;

export function goldenFile(golden: (typeof goldenCases)[number], file: string): string {
  return fileURLToPath(new URL(`../../golden/${golden}/${file}`, import.meta.url));
}

/** Converts the vision side of a golden case in float32 into a folder of its own. */
export async function goldenPackage(golden: (typeof goldenCases)[number]): Promise<VisionPackage> {
  const checkpoint = await openCheckpoint(goldenFile(golden, 'checkpoint'), {
    clip: goldenFile(golden, 'clip'),
  });
  try {
    return await visionPackage(checkpoint, await temporaryFolder());
  } finally {
    await checkpoint.close();
  }
}

/** Converts the vision side of a checkpoint in float32 into `directory`. */
export async function visionPackage(checkpoint: Checkpoint, directory: string): Promise<VisionPackage> {
  const { tensors, towerPrefix: prefix, config } = checkpoint;
  const { vision, crops, language } = config;
  await convertVision({ tensors, prefix, config: vision, crops, precision: 'f32', directory, samples: [] });
  await convertEnhanceOf(checkpoint, directory);
  const [red, green, blue] = vision.mean.map((mean) => Math.floor(mean * 255));
  return {
    manifest: {
      preprocess: {
        mode: 'trained',
        padColour: [red!, green!, blue!],
        mean: [...vision.mean],
        std: [...vision.std],
      },
      crops: {
        perspectives: 'dual',
        n: crops.n,
        tile: vision.imageSize,
        globalsEncoded: globalsThatReachAnswer(crops.n),
        baseIsGlobal: baseIsGlobal(crops.n),
      },
      vision: { tokens: (vision.imageSize / vision.patchSize) ** 2, width: vision.hiddenSize },
      language: { width: language.hiddenSize },
    },
    path: (name) => join(directory, name),
  };
}

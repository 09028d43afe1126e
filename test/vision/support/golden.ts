import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  openCheckpoint,
  type Checkpoint,
} from '../../../native-models/convert/checkpoint/open-checkpoint.ts';
import { convertVision } from '../../../native-models/convert/onnx/index.ts';
import { dualSeeing } from '../../../native-models/families/dual/seeing.ts';
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
  const { vision, language } = config;
  const seeing = dualSeeing(config);
  await convertVision({ tensors, prefix, config: vision, seeing, precision: 'f32', directory, samples: [] });
  await convertEnhanceOf(checkpoint, directory);
  const tokens = (vision.imageSize / vision.patchSize) ** 2;
  return {
    manifest: {
      ...seeing,
      vision: { ...seeing.vision, tokens, width: vision.hiddenSize },
      language: { width: language.hiddenSize },
    },
    path: (name) => join(directory, name),
  };
}

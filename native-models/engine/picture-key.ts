import { createHash } from 'node:crypto';

import type { ViewPlan } from '../families/index.ts';
import type { RgbImage } from '../image/pixels.ts';

/** Names a picture in prompts and caches: sha256, in hexadecimal, of its pixels and of how its views lie in the prompt. */
export function pictureKey({ data }: RgbImage, { grid, pieces }: ViewPlan): string {
  return createHash('sha256')
    .update(data)
    .update(JSON.stringify([grid, pieces]))
    .digest('hex');
}

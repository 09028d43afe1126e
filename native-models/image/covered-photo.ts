import type { OpenedPhoto } from './decode.ts';
import { intersect, type Region, wholePhoto } from './geometry.ts';
import type { Rgb } from './pixels.ts';

/** The same photo with one colour over a part of it: what a model says without that part. */
export const coveredPhoto = (photo: OpenedPhoto, covered: Region, colour: Rgb): OpenedPhoto => ({
  info: photo.info,
  async pixels(options = {}) {
    const decoded = await photo.pixels(options);
    const { region = wholePhoto(photo.info), border = { left: 0, top: 0, right: 0, bottom: 0 } } = options;
    const common = intersect(covered, region);
    if (common === null) return decoded;
    const { width, height, data } = decoded.image;
    const across = (width - border.left - border.right) / region.width;
    const down = (height - border.top - border.bottom) / region.height;
    const [left, top] = [
      border.left + (common.x - region.x) * across,
      border.top + (common.y - region.y) * down,
    ];
    const [right, bottom] = [left + common.width * across, top + common.height * down];
    for (let y = Math.floor(top); y < Math.min(height, Math.ceil(bottom)); y++)
      for (let x = Math.floor(left); x < Math.min(width, Math.ceil(right)); x++)
        data.set(colour, 3 * (y * width + x));
    return decoded;
  },
});

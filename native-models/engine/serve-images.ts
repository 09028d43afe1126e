import { chooseScene } from '../demo/scenes/choose-scene.ts';
import { drawScene } from '../demo/scenes/draw-scene.ts';
import { AppError } from '../../preload/contract/errors.ts';
import { familyOf, shownView } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';
import type { RgbImage } from '../image/pixels.ts';
import { sharp } from '../image/sharp.ts';
import { DecodedPhotos } from './decoded-photos.ts';
import type { ImageFile, ImagesMethods } from './images-protocol.ts';
import { pictureKey } from './picture-key.ts';
import { Peer } from './peer.ts';
import type { Channel } from './peer.ts';
import { cutTile } from './pyramid.ts';

/** High enough that tiles show no seams and text no halos, without subsampled colours. */
const jpeg = { quality: 92, chromaSubsampling: '4:4:4' } as const;
/** Crops are shown as the encoder gets them, so nothing may be lost; speed matters more than size on one machine. */
const png = { compressionLevel: 3 } as const;

/**
 * The images process: of the program, the only one that decodes photos (a window may show one that is dropped). A photo
 * that brings a decoder down takes this process with it and nothing else. Returns the end of it that its parent talks to.
 */
export function serveImages(channel: Channel) {
  const photos = new DecodedPhotos();
  return new Peer<ImagesMethods, Record<never, never>>(channel, {
    inspect: async ({ source }, { signal }) => {
      const { info } = await openPhoto(source, { signal });
      const { width, height, bytes, format, notes, sha256 } = info;
      return { width, height, bytes, format, notes, sha256 };
    },

    drawScene: async ({ seed, side, pixels }) => toPng(drawScene(chooseScene(seed, side), pixels), false),

    thumbnail: async ({ photo, region, side }) => {
      const { image, partial } = await photos.reduced(photo, region, side);
      return toJpeg(image, partial);
    },

    tile: async ({ photo, tileSize, levels, level, column, row }, { signal }) => {
      const { image, partial } = await photos.level(photo, levels, level);
      if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
      const tile = cutTile(image, tileSize, column, row);
      if (!tile) throw new AppError('wrong-usage', `There is no tile ${level}/${column}_${row}.`);
      return toJpeg(tile, partial);
    },

    crop: async ({ photo, region, seeing, kind, index }) => {
      const prepared = await photos.prepared(photo, region, seeing, true);
      const at = prepared.plan.views.findIndex((view) => view.kind === kind && view.index === index);
      if (at < 0) throw new AppError('wrong-usage', `There is no ${kind} view ${index}.`);
      return toPng(shownView(seeing, prepared, at), prepared.info.notes.includes('partial'));
    },

    whole: async ({ photo, region, seeing }) => {
      const { picture, plan, info } = await photos.prepared(photo, region, seeing, true);
      return toPng(familyOf(seeing).whole(picture, plan), info.notes.includes('partial'));
    },

    modelPicture: async ({ photo, region, seeing, covered }) => {
      const { picture, plan, info } = covered?.length
        ? await photos.covered(photo, region, seeing, covered)
        : await photos.prepared(photo, region, seeing);
      return { picture, plan, key: pictureKey(picture, plan), partial: info.notes.includes('partial') };
    },
  });
}

async function toJpeg({ data, width, height }: RgbImage, partial: boolean): Promise<ImageFile> {
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg(jpeg)
    .toBuffer();
  return { mediaType: 'image/jpeg', bytes, partial };
}

async function toPng({ data, width, height }: RgbImage, partial: boolean): Promise<ImageFile> {
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .png(png)
    .toBuffer();
  return { mediaType: 'image/png', bytes, partial };
}

import {
  baseIsGlobal,
  globalPhase,
  globalsThatReachAnswer,
  localRectangle,
} from '../../native-models/image/dual-crops.ts';
import { modelRectangleToPhoto, padToSquare, wholePhoto } from '../../native-models/image/geometry.ts';
import { encoderPasses } from '../../native-models/package/encoder-passes.ts';
import type { Manifest } from '../../native-models/package/manifest.ts';
import type { CropPlan, Photo } from '../../preload/contract/api.ts';

/** How a model that is not there yet would see a photo: the dimensions of the published one. */
const publishedView = { n: 3, tile: 336, patch: 14 } as const;

/** The numbers of a manifest that say how a photo is cut. */
export interface CropNumbers {
  readonly n: number;
  readonly tile: number;
  /** Crops of each kind: n * n, or none where the model sees the square itself. */
  readonly crops: number;
  readonly passes: number;
  readonly globals: readonly number[];
  readonly base: number | null;
  /** Tokens the picture becomes. */
  readonly tokens: number;
}

export function cropNumbers(manifest: Manifest | null): CropNumbers {
  if (manifest) {
    const { crops, vision } = manifest;
    const { perspectives, n, tile, globalsEncoded, baseIsGlobal: base } = crops;
    return {
      ...{ n, tile, globals: globalsEncoded, base, tokens: vision.tokens },
      crops: perspectives === 'dual' ? n * n : 0,
      passes: encoderPasses(crops).length,
    };
  }
  const { n, tile, patch } = publishedView;
  const globals = globalsThatReachAnswer(n);
  return {
    ...{ n, tile, globals, base: baseIsGlobal(n), tokens: (tile / patch) ** 2 },
    crops: n * n,
    passes: n * n + globals.length,
  };
}

/** Where every crop lies on a photo, in photo pixels (DCM of the paper). */
export function cropPlan(photo: Pick<Photo, 'id' | 'width' | 'height'>, numbers: CropNumbers): CropPlan {
  const { n, tile, crops, globals, base, tokens, passes } = numbers;
  const square = padToSquare(wholePhoto(photo), n * tile);
  const indices = Array.from({ length: crops }, (_, index) => index);
  return {
    photoId: photo.id,
    n,
    tile,
    square: { x: square.x, y: square.y, width: square.side, height: square.side },
    locals: indices.map((index) => ({
      index,
      place: modelRectangleToPhoto(localRectangle(index, { n, tile }), square),
      reachesAnswer: true,
    })),
    globals: indices.map((index) => ({
      index,
      ...globalPhase(index, n),
      reachesAnswer: globals.includes(index),
      isBase: index === base,
    })),
    scale: square.pixels / square.side,
    tokens,
    grid: Math.sqrt(tokens),
    passes,
  };
}

import type { ModelView } from '../../../native-models/engine/images-protocol.ts';
import { encoderPasses } from '../../../native-models/package/encoder-passes.ts';
import type { Manifest } from '../../../native-models/package/manifest.ts';

/** CLIP's mean colour, with which the authors pad (INFERENCE.md, section 1). */
const publishedPadding = [122, 116, 104] as const;

/** How a package looks at a picture. */
export function viewOf({ crops, preprocess }: Manifest): ModelView {
  const { n, tile } = crops;
  return { n, tile, padColour: preprocess.padColour, mode: preprocess.mode };
}

/** The same without a package: as the published model does. */
export function publishedView(n: number, tile: number): ModelView {
  return { n, tile, padColour: publishedPadding, mode: 'trained' };
}

/** Encoder passes one picture costs. */
export function passesOf({ crops }: Manifest): number {
  return encoderPasses(crops).length;
}

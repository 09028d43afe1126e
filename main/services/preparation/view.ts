import type { ModelView } from '../../../native-models/engine/images-protocol.ts';
import type { Manifest } from '../../../native-models/package/manifest.ts';

/** How a package looks at a picture. */
export function viewOf({ crops, preprocess }: Manifest): ModelView {
  const { n, tile } = crops;
  return { n, tile, padColour: preprocess.padColour, mode: preprocess.mode };
}

/** Encoder passes one picture costs. */
export function passesOf({ crops }: Manifest): number {
  const base = crops.baseIsGlobal === null ? 1 : 0;
  return crops.n * crops.n + crops.globalsEncoded.length + base;
}

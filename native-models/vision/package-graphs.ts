import type { Manifest } from '../package/manifest.ts';
import { packageFiles } from '../package/package-files.ts';
import type { ExpectedGraph } from './check-onnx.ts';

/**
 * What every graph of the package must take and give, by file name: for `checkOnnxFile`. All arrays are float32, row-major:
 * crops [batch, 3, S, S] to features [batch, T, D]; features of the local crops, of the global crops (those that are encoded,
 * ascending; all n * n in the full form) and of the base image to the DEM output [T, D] and the embeddings [T, H].
 */
export function expectedGraphs(manifest: Manifest): Readonly<Record<string, ExpectedGraph>> {
  const { crops, vision, language } = manifest;
  const { tokens, width } = vision;
  const all = crops.n ** 2;
  const enhance = (globals: number): ExpectedGraph => ({
    inputs: { local: [all, tokens, width], globals: [globals, tokens, width], base: [1, tokens, width] },
    outputs: { dem: [tokens, width], embeddings: [tokens, language.width] },
  });
  return {
    [packageFiles.vision]: {
      inputs: { pixels: [null, 3, crops.tile, crops.tile] },
      outputs: { features: [null, tokens, width] },
    },
    [packageFiles.enhance]: enhance(crops.globalsEncoded.length),
    [packageFiles.enhanceFull]: enhance(all),
  };
}

import type { Manifest } from './manifest.ts';
import { packageFiles } from './package-files.ts';
import type { ExpectedGraph } from '../formats/onnx/check-onnx.ts';

/**
 * What every graph of the package must take and give, by file name: for `checkOnnxFile`. All arrays are float32, row-major:
 * crops [batch, 3, S, S] to features [batch, T, D]; features of the local crops, of the global crops (those that are encoded,
 * ascending; all n * n in the full form) and of the base image to the DEM output [T, D] and the embeddings [T, H]. With a
 * single perspective the features of the base image become the embeddings, and there is no full form.
 */
export function expectedGraphs(manifest: Manifest): Readonly<Record<string, ExpectedGraph>> {
  const { crops, vision, language } = manifest;
  const { tokens, width } = vision;
  const base = [1, tokens, width];
  const embeddings = [tokens, language.width];
  const tower: ExpectedGraph = {
    inputs: { pixels: [null, 3, crops.tile, crops.tile] },
    outputs: { features: [null, tokens, width] },
  };
  if (crops.perspectives === 'single') {
    return {
      [packageFiles.vision]: tower,
      [packageFiles.enhance]: { inputs: { base }, outputs: { embeddings } },
    };
  }
  const all = crops.n ** 2;
  const enhance = (globals: number): ExpectedGraph => ({
    inputs: { local: [all, tokens, width], globals: [globals, tokens, width], base },
    outputs: { dem: [tokens, width], embeddings },
  });
  return {
    [packageFiles.vision]: tower,
    [packageFiles.enhance]: enhance(crops.globalsEncoded.length),
    [packageFiles.enhanceFull]: enhance(all),
  };
}

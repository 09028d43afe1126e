import type { ExpectedGraph } from '../formats/onnx/check-onnx.ts';
import type { Manifest } from './manifest.ts';
import { packageFiles } from './package-files.ts';

/**
 * What every graph of the package must take and give, by file name: for `checkOnnxFile`. All arrays are float32, row-major:
 * views [batch, 3, S, S] to features [batch, T, D]. With two perspectives, features of the local crops, of the global crops
 * (those that are encoded, ascending; all n * n in the full form) and of the base image become the DEM output [T, D] and the
 * embeddings [T, H]; otherwise the features of one view become its embeddings, beside the one that ends a line (LLaVA-NeXT),
 * and there is no full form.
 */
export function expectedGraphs(manifest: Manifest): Readonly<Record<string, ExpectedGraph>> {
  const { views, vision, language } = manifest;
  const { tokens, width } = vision;
  const base = [1, tokens, width];
  const tower: ExpectedGraph = {
    inputs: { pixels: [null, 3, views.tile, views.tile] },
    outputs: { features: [null, tokens, width] },
  };
  if (views.family !== 'dual') {
    const rows = 'shuffle' in views ? tokens / views.shuffle ** 2 : tokens;
    const lineEnd = views.family === 'next' ? { line_end: [1, language.width] } : {};
    const connector = { inputs: { base }, outputs: { embeddings: [rows, language.width], ...lineEnd } };
    return { [packageFiles.vision]: tower, [packageFiles.enhance]: connector };
  }
  const all = views.n ** 2;
  const enhance = (globals: number): ExpectedGraph => ({
    inputs: { local: [all, tokens, width], globals: [globals, tokens, width], base },
    outputs: { dem: [tokens, width], embeddings: [tokens, language.width] },
  });
  return {
    [packageFiles.vision]: tower,
    [packageFiles.enhance]: enhance(views.globalsEncoded.length),
    [packageFiles.enhanceFull]: enhance(all),
  };
}

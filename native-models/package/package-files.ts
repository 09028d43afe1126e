import type { Manifest } from './manifest.ts';

/** Names of the files of a model package, all in one folder. */
export const packageFiles = {
  vision: 'vision.onnx',
  visionData: 'vision.onnx.data',
  enhance: 'enhance.onnx',
  enhanceFull: 'enhance-full.onnx',
  enhanceData: 'enhance.onnx.data',
  language: 'language.gguf',
} as const;

export type PackageFile = (typeof packageFiles)[keyof typeof packageFiles];

export const packageFileNames: readonly PackageFile[] = Object.values(packageFiles);

/** The files that a package of this family has: DEM, and with it its full form, only where there are two perspectives. */
export function requiredFiles({ family }: Pick<Manifest['views'], 'family'>): readonly PackageFile[] {
  return family === 'dual'
    ? packageFileNames
    : packageFileNames.filter((name) => name !== packageFiles.enhanceFull);
}

export const manifestName = 'manifest.json';

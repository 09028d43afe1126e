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

export const manifestName = 'manifest.json';

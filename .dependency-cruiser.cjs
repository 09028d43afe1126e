/** Which folder may import which, and which module owns which native runtime. */
const owner = (name, runtime, path) => ({
  name,
  comment: `${runtime} is imported by its owner alone`,
  severity: 'error',
  from: { path: '^(main|preload|renderer|native-models)/', pathNot: path },
  to: { path: `^node_modules/${runtime}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'native-models-stand-alone',
      severity: 'error',
      from: { path: '^native-models/' },
      to: { path: '^(main|preload|renderer|test)/' },
    },
    {
      name: 'preload-imports-nothing',
      severity: 'error',
      from: { path: '^preload/' },
      to: { path: '^(main|renderer|native-models|test)/' },
    },
    {
      name: 'renderer-sees-only-the-contract',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|native-models|test|preload/(?!contract))' },
    },
    {
      name: 'main-sees-models-and-contract',
      severity: 'error',
      from: { path: '^main/' },
      to: { path: '^(renderer|test|preload/(?!contract|schemas|channels))' },
    },
    {
      name: 'services-know-no-electron',
      severity: 'error',
      from: { path: '^main/(services|web|cli)/' },
      to: { path: '^(main/electron|node_modules/electron)/' },
    },
    owner('sharp-has-one-owner', 'sharp', '^native-models/image/sharp\\.ts$'),
    owner('onnxruntime-has-one-owner', 'onnxruntime-node', '^native-models/vision/onnx-runtime\\.ts$'),
    owner('koffi-has-one-owner', 'koffi', '^native-models/language/llama-bindings\\.ts$'),
    owner('node-llama-cpp-has-one-owner', 'node-llama-cpp', '^native-models/language/llama-runtime\\.ts$'),
    owner('electron-has-one-folder', 'electron', '^(main/electron|preload)/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

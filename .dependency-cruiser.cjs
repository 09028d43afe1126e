/** Which folder may import which, and which module owns which native runtime. */
const owner = (name, runtime, path, folders = 'main|preload|renderer|native-models') => ({
  name,
  comment: `${runtime} is imported by its owner alone`,
  severity: 'error',
  from: { path: `^(${folders})/`, pathNot: path },
  to: { path: `^node_modules/${runtime}/` },
});

/**
 * The folders of native-models, each of which may import those before it. `package` stands after `image`, since a manifest is
 * checked with the arithmetic of crops; a family's plan of a photo is data that `vision` and `language` work by, which share a
 * floor and do not see each other.
 */
const floors = [
  'files',
  'formats',
  'image',
  'package',
  'families',
  'vision',
  'language',
  'convert',
  'install',
  'engine',
  'eval',
];
/** Drawn pictures and their questions: engine alone hands them on. */
const attics = ['demo', 'samples'];

const above = (folder, floor) => [...floors.slice(floor + 1), ...(folder === 'engine' ? [] : attics)];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...floors.map((folder, floor) => ({
      name: `native-models-${folder}-sees-lower-floors`,
      severity: 'error',
      from: { path: `^native-models/${folder}/` },
      to: { path: `^native-models/(${above(folder, floor).join('|')})/` },
    })),
    {
      name: 'vision-and-language-are-apart',
      severity: 'error',
      from: { path: '^native-models/(vision|language)/' },
      to: { path: '^native-models/(vision|language)/', pathNot: '^native-models/$1/' },
    },
    {
      name: 'native-models-see-the-contract',
      severity: 'error',
      from: { path: '^native-models/' },
      to: { path: '^(main|renderer|test|preload/(?!contract/))' },
    },
    {
      name: 'contract-imports-valibot-alone',
      severity: 'error',
      from: { path: '^preload/contract/' },
      to: { pathNot: '^(preload/contract/|node_modules/valibot/)' },
    },
    {
      name: 'preload-imports-its-contract',
      severity: 'error',
      from: { path: '^preload/' },
      to: { path: '^(main|renderer|native-models|test)/' },
    },
    {
      name: 'renderer-sees-only-the-contract',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|native-models|test|preload/(?!contract/))' },
    },
    {
      name: 'main-sees-models-and-contract',
      severity: 'error',
      from: { path: '^main/' },
      to: { path: '^(renderer|test|preload/(?!contract/|channels))' },
    },
    {
      name: 'services-know-no-electron',
      severity: 'error',
      from: { path: '^main/(services|web|cli)/' },
      to: { path: '^(main/electron|node_modules/electron)/' },
    },
    owner('sharp-has-one-owner', 'sharp', '^native-models/image/sharp\\.ts$'),
    // Nor in tests: imported without its switches it reports to its maker.
    owner(
      'onnxruntime-has-one-owner',
      'onnxruntime-node',
      '^native-models/vision/onnx-runtime\\.ts$',
      'main|preload|renderer|native-models|test',
    ),
    owner('koffi-has-one-owner', 'koffi', '^native-models/language/(llama|ggml)-bindings\\.ts$'),
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

import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['build/', 'dist/', 'node_modules/', 'test/golden/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  prettier,
  {
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: { extraFileExtensions: ['.svelte'] },
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts', 'renderer/**/*.ts'],
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { parser: ts.parser },
    },
  },
  {
    // A path may lead to a pipe or to something without an end: files/regular-file.ts reads what is a file, to its end.
    files: ['main/**/*.ts', 'native-models/**/*.ts'],
    // These read nothing but files of the program itself, which may lie in its archive.
    ignores: [
      'main/{build,electron-binary}.ts',
      'main/electron/icons/*',
      'main/electron/window-state.ts',
      'main/host/renderer-files.ts',
      'main/services/{api,licences}.ts',
      'native-models/{demo,samples}/*.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        ...['node:fs', 'node:fs/promises'].map((name) => ({
          name,
          importNames: ['readFile', 'readFileSync', 'createReadStream', 'openSync', 'readSync'],
          message: 'Read with native-models/files/regular-file.ts.',
        })),
      ],
    },
  },
  {
    // Programs of the terminal talk on the console.
    files: [
      'main/bootstrap.mjs',
      'main/{start,dev}.ts',
      'main/cli/**',
      'test/run.ts',
      'test/bench/**',
      'test/soak/**',
      'test/eval/index.ts',
    ],
    rules: { 'no-console': 'off' },
  },
);

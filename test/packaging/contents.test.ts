import { expect, test } from 'vitest';
import { neededFiles, problemsOf } from './contents.ts';
import type { PackedFile } from './contents.ts';

const whole: PackedFile[] = neededFiles.map((path) => ({ path, unpacked: false }));

const check = (path: string, unpacked = true) => problemsOf([...whole, { path, unpacked }], 'linux', 'x64');

test('a whole archive has no problems, one without a child process has', () => {
  expect(problemsOf(whole, 'linux', 'x64')).toEqual([]);
  const without = whole.filter(({ path }) => !path.includes('images-worker'));
  expect(problemsOf(without, 'linux', 'x64')).toEqual([
    'build/app/native-models/engine/images-worker.js: missing',
  ]);
});

test('child processes of two builds are not packed together', () => {
  const workers = ['0123abcd', 'abcd0123'].map((mark) => ({
    path: `build/app/native-models/engine/models-worker-${mark}.js`,
    unpacked: false,
  }));
  expect(problemsOf([...whole, ...workers], 'linux', 'x64')).toEqual([
    'build/app/native-models/engine/models-worker.js: of two builds',
  ]);
});

test.each([
  ['node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64-0.35.5.node'],
  ['node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.8.18.7'],
  ['node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1'],
  ['node_modules/@koromix/koffi-linux-x64/musl_x64/koffi.node'],
])('%s belongs to Linux on x64, beside the archive and not in it', (path) => {
  expect(check(path)).toEqual([]);
  expect(check(path, false)).toEqual([
    `${path}: a library inside the archive, where the system cannot load it`,
  ]);
});

test.each([
  ['node_modules/better-sqlite3/prebuilds/darwin-arm64.node', 'platform'],
  ['node_modules/onnxruntime-node/bin/napi-v6/win32/x64/DirectML.dll', 'platform'],
  ['node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1', 'processor'],
  ['node_modules/@node-llama-cpp/linux-armv7l/bins/linux-armv7l/libggml-base.so', 'processor'],
])('%s belongs to another %s', (path, kind) => {
  expect(check(path)).toContain(`${path}: a library of another ${kind}`);
});

test.each([
  ['node_modules/node/bin/node', 'a development dependency'],
  ['main/electron/index.ts', 'a source'],
  ['build/app/model/language.gguf', 'weights'],
  ['node_modules/onnxruntime-node/bin/napi-v6/win32/x64/DirectML.dll', 'a library that reports to its maker'],
])('%s has no place in it: %s', (path, reason) => {
  expect(check(path, false)).toContain(`${path}: ${reason}`);
});

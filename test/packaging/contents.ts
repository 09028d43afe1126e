/** A file of the archive: its path from the top with slashes, and whether it lies beside the archive. */
export interface PackedFile {
  readonly path: string;
  readonly unpacked: boolean;
}

/** Without any of these the app does not start. */
export const neededFiles = [
  'package.json',
  'licences.json',
  'build/app/main/electron/index.js',
  'build/app/preload/index.cjs',
  'build/app/native-models/engine/images-worker.js',
  'build/app/native-models/engine/inference-worker.js',
  'build/renderer/index.html',
];

const nativeLibrary = /\.(node|dll|dylib|so(\.[\d.]+)?)$/;

/** What belongs to development, or is weights of a model, which come beside the archive or not at all. */
const unwanted: readonly [pattern: RegExp, reason: string][] = [
  [/^node_modules\/(node|electron|vite|typescript|vitest|svelte)\//, 'a development dependency'],
  [/^(main|renderer|native-models|test|docs)\//, 'a source'],
  [/\.(ts|svelte|map)$/, 'a source'],
  [/DirectML\.dll$/, 'a library that reports to its maker'],
  [/\.(gguf|safetensors|onnx|onnx\.data)$/, 'weights'],
];

/** Names of platforms and processors as packages write them in the paths of their libraries. */
const platforms = {
  linux: /linux|musl/,
  darwin: /darwin|mac/,
  win32: /win32|win-|windows/,
} as const;
const processors = { x64: /x64|x86_64/, arm64: /arm64|aarch64/, arm: /armv7l|armhf/ } as const;

/** What is wrong with the files of an archive for one platform and processor, one line each. */
export function problemsOf(
  files: readonly PackedFile[],
  platform: keyof typeof platforms,
  processor: keyof typeof processors,
): string[] {
  // Scripts of child processes carry the mark of their build.
  const unmarked = files.map(({ path }) => path.replace(/(-worker)-[\da-f]{8}\.js$/, '$1.js'));
  const paths = new Set(unmarked);
  const twice = unmarked.filter((path, index) => unmarked.indexOf(path) !== index);
  const missing = neededFiles.filter((path) => !paths.has(path)).map((path) => `${path}: missing`);
  const wrong = files.flatMap(({ path, unpacked }) => {
    const reasons = unwanted.filter(([pattern]) => pattern.test(path)).map(([, reason]) => reason);
    if (nativeLibrary.test(path)) {
      if (!unpacked) reasons.push('a library inside the archive, where the system cannot load it');
      if (isForeign(path, platforms, platform)) reasons.push('a library of another platform');
      if (isForeign(path, processors, processor)) reasons.push('a library of another processor');
    }
    return reasons.map((reason) => `${path}: ${reason}`);
  });
  return [...missing, ...twice.map((path) => `${path}: of two builds`), ...wrong];
}

/** Whether a path names others of `kinds` but not `own`. */
function isForeign<K extends string>(path: string, kinds: Readonly<Record<K, RegExp>>, own: K): boolean {
  const named = (Object.keys(kinds) as K[]).filter((kind) => kinds[kind].test(path));
  return named.length > 0 && !named.includes(own);
}

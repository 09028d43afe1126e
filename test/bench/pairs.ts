/**
 * Pairs of published shapes with random weights, asked on the command line as a person would: from the start of the program to
 * the first token, and what that is made of. They have a sixth of their layers, so that all of it takes minutes; with
 * `npm run bench -- pairs --published` all of them. With `LLAMA_MTMD_CLI` set to llama.cpp's own program (`build-mtmd.sh`
 * beside this file makes it), beside that on the same files.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { publishedPairs, writeRandomPair } from '../support/random-pair.ts';
import { inTurns, timed, type Figure } from './figure.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../main/cli/inf-llava.mjs', import.meta.url));
const harbour = fileURLToPath(new URL('../../native-models/samples/harbour.webp', import.meta.url));
const mtmd = process.env['LLAMA_MTMD_CLI'];

const question = 'What is this?';
/** Of the layers, where nobody asks for all of them. */
const quickShare = 1 / 6;
/** Enough to tell how fast it writes. */
const written = 32;
const words = ['--temperature', '0', '--threads', String(availableParallelism())];

interface Answer {
  readonly tokens: { readonly text: number; readonly image: number };
  readonly timings: {
    readonly passes: readonly number[];
    readonly prefillMs: number;
    readonly tokensPerSecond: number;
  };
}

/** @param published all layers, which takes more than a quarter of an hour on two cores */
export async function measure({ published }: { readonly published: boolean }): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-bench-'));
  try {
    // A photo of the size that phones take, as a JPEG: llama.cpp reads no WebP.
    const photo = join(folder, 'photo.jpg');
    await sharp(harbour).resize(4032, 3024, { fit: 'fill' }).jpeg({ quality: 90 }).toFile(photo);
    const figures: Figure[] = [];
    for (const name of Object.keys(publishedPairs) as (keyof typeof publishedPairs)[])
      figures.push(...(await measurePair(join(folder, name), name, photo, published)));
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measurePair(
  folder: string,
  name: keyof typeof publishedPairs,
  photo: string,
  published: boolean,
): Promise<Figure[]> {
  await mkdir(folder);
  await writeRandomPair(folder, name, published ? 1 : quickShare);
  const files = {
    mmproj: join(folder, `mmproj-${name}-Q8_0.gguf`),
    language: join(folder, `${name}-Q8_0.gguf`),
  };
  const imported = async (vision: 'f32' | 'int8') => {
    const out = join(folder, vision);
    const { mmproj, language } = files;
    const given = ['--mmproj', mmproj, '--language', language, '--out', out, '--vision', vision];
    const seconds = (await timed(() => run(process.execPath, [program, 'import', ...given]))) / 1000;
    return { out, seconds };
  };
  const [exact, rough] = [await imported('f32'), await imported('int8')];
  const ask = async (model: string, tokens: number) => {
    const given = ['--model', model, '--max-tokens', String(tokens), '--json', ...words];
    const { stdout } = await run(process.execPath, [program, 'ask', photo, question, ...given]);
    return JSON.parse(stdout) as Answer;
  };
  const what = (text: string) => `${name}${published ? '' : ', a sixth of its layers'}: ${text}`;
  const whole = await ask(rough.out, written);
  const perTile = ({ timings }: Answer) =>
    timings.passes.reduce((sum, pass) => sum + pass, 0) / timings.passes.length;
  const toFirstToken = () => timed(() => ask(rough.out, 1));
  const llamaToFirstToken = () => timed(() => askLlama(files, photo));
  const times = mtmd ? await inTurns(toFirstToken, llamaToFirstToken, { least: 3, most: 5 }) : null;
  const { text, image } = whole.tokens;
  return [
    { what: what('import, int8'), value: rough.seconds, unit: 's' },
    { what: what('one tile, float32'), value: perTile(await ask(exact.out, 1)), unit: 'ms' },
    { what: what('one tile, int8'), value: perTile(whole), unit: 'ms' },
    { what: what('tiles and the whole'), value: whole.timings.passes.length, unit: 'count' },
    { what: what('prefill'), value: (text + image) / (whole.timings.prefillMs / 1000), unit: 'tokens/s' },
    { what: what('writing'), value: whole.timings.tokensPerSecond, unit: 'tokens/s' },
    { what: what('start to first token'), value: (times?.one ?? (await toFirstToken())) / 1000, unit: 's' },
    ...(times
      ? ([
          { what: what('the same by llama-mtmd-cli'), value: times.other / 1000, unit: 's' },
          {
            what: what('start to first token / llama-mtmd-cli'),
            ...{ value: times.ratio, spread: times.spread, unit: 'x' },
            // The aim is that of the whole model: what does not depend on layers weighs more in a part of it.
            ...(published ? { target: { atMost: 0.5 } } : {}),
          },
        ] satisfies Figure[])
      : []),
  ];
}

async function askLlama(files: { mmproj: string; language: string }, photo: string): Promise<void> {
  const given = ['-m', files.language, '--mmproj', files.mmproj, '--image', photo, '-p', question, '-n', '1'];
  await run(mtmd!, [
    ...given,
    '--temp',
    '0',
    '-t',
    String(availableParallelism()),
    '--no-warmup',
    '-c',
    '8192',
  ]);
}

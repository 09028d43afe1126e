import { type Command, Option } from 'commander';
import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import { maxPhotoBytes } from '../../native-models/image/photo-file.ts';
import type { Region } from '../../native-models/image/geometry.ts';
import type { PhotoNote } from '../../preload/contract/photos.ts';
import type { BothModels } from '../../native-models/engine/load-both.ts';
import type { ViewsOf } from '../../native-models/package/manifest.ts';
import type { OpenedPackage } from '../../native-models/package/open-package.ts';
import { pathArgument } from '../host/path-argument.ts';
import { packageFolder } from './package-folder.ts';
import { numberOption, type Terminal } from './terminal.ts';

/** Options of every command that runs a model. */
export interface ModelOptions {
  /** As `packageFolder` takes it. */
  model?: string;
  threads?: number;
  gpu: 'auto' | 'off' | number;
  context?: number;
  preprocess?: PreprocessMode;
}

type PreprocessMode = ViewsOf<'dual'>['mode'];
const preprocessModes: readonly PreprocessMode[] = ['trained', 'released-demo'];

export function withModelOptions(command: Command): Command {
  return command
    .option(
      '--model <package>',
      'a package: its folder, or its name in `models list`; by default the one chosen in the app, or the first there is',
    )
    .option('--threads <n>', 'threads of the processor to use', numberOption('--threads', 1, 1024, true))
    .option('--gpu <auto|off|layers>', 'layers of the language model on the GPU', gpuOption, 'auto')
    .option(
      '--context <tokens>',
      'tokens a conversation may take, the picture included',
      numberOption('--context', 16, 2 ** 20, true),
    )
    .addOption(
      new Option('--preprocess <mode>', "instead of the package's own, to compare").choices(preprocessModes),
    );
}

export interface OpenModel extends BothModels {
  readonly package: OpenedPackage;
}

/** Opens the package and both its models, runs `work` and frees them, also when it fails. */
export async function withModel<T>(
  options: ModelOptions,
  terminal: Terminal,
  decoderOptions: { kvType?: 'f16' | 'f32'; flashAttention?: boolean },
  work: (model: OpenModel) => Promise<T>,
): Promise<T> {
  const { signal } = terminal;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const folder = await packageFolder(options.model, terminal);
  const { openPackage } = await import('../../native-models/package/open-package.ts');
  const opened = preprocessedAs(options.preprocess, await openPackage(folder, { signal }));
  const { loadBoth } = await import('../../native-models/engine/load-both.ts');
  const { encoder, decoder } = await loadBoth(opened, threads, {
    contextTokens: options.context ?? null,
    gpu: options.gpu,
    ...threads,
    ...decoderOptions,
    signal,
    onLoadProgress: (fraction) => terminal.progress('load the language model', fraction),
  });
  try {
    terminal.endProgress();
    if (decoder.note !== null) terminal.note(decoder.note);
    return await work({ package: opened, encoder, decoder });
  } finally {
    await decoder.dispose();
    await encoder.dispose();
  }
}

function preprocessedAs(mode: PreprocessMode | undefined, opened: OpenedPackage): OpenedPackage {
  const { manifest } = opened;
  if (mode === undefined) return opened;
  const { views } = manifest;
  if (!('mode' in views))
    throw new AppError('wrong-usage', `--preprocess: ${manifest.name} has one way only.`);
  return { ...opened, manifest: { ...manifest, views: { ...views, mode } } };
}

/**
 * A photo named on the command line: a path, a `file:` URL, or `-` for the bytes on stdin, of which no more are read than a photo
 * may have. Throws `wrong-usage`, `photo-unsupported`, `cancelled`.
 */
export async function photoArgument(argument: string, signal: AbortSignal): Promise<string | Uint8Array> {
  if (argument === '') throw new AppError('wrong-usage', 'The photo has no name.');
  if (argument !== '-') return pathArgument(argument);
  const pieces: Buffer[] = [];
  let read = 0;
  const end = () => process.stdin.destroy();
  signal.addEventListener('abort', end);
  for await (const piece of process.stdin) {
    pieces.push(piece as Buffer);
    read += (piece as Buffer).length;
    if (read > maxPhotoBytes) break;
  }
  signal.removeEventListener('abort', end);
  throwIfCancelled(signal);
  const bytes = Buffer.concat(pieces);
  if (bytes.length === 0)
    throw new AppError('photo-unsupported', 'standard input: empty.', {
      file: '-',
      reason: 'no-photo',
    });
  return bytes;
}

/** `x,y,w,h` in photo pixels after orientation. Throws `wrong-usage`. */
export function regionOption(text: string): Region {
  const numbers = text.split(',').map(Number);
  const [x, y, width, height] = numbers;
  if (numbers.length !== 4 || numbers.some((value) => !Number.isInteger(value) || value < 0)) {
    throw new AppError(
      'wrong-usage',
      `--region takes x,y,w,h in whole pixels of the upright photo, not "${text}".`,
    );
  }
  return { x: x!, y: y!, width: width!, height: height! };
}

function gpuOption(text: string): 'auto' | 'off' | number {
  if (text === 'auto' || text === 'off') return text;
  return numberOption('--gpu', 0, 10_000, true)(text);
}

/** What a person should know about how a photo was read. */
export const noteTexts: Readonly<Record<PhotoNote, string>> = {
  'first-frame': 'It is an animation; its first frame is used.',
  'first-page': 'It has several pages; the first is used.',
  partial: 'The file is damaged; what can be read of it is used.',
  'alpha-flattened': 'Its transparent parts are shown over the padding colour.',
  'colour-converted': 'Its colours were converted to sRGB.',
  'tone-mapped': 'Its high dynamic range was brought down to that of an ordinary screen.',
  'values-scaled':
    'Its values are no brightness; they were spread from black to white, and what is no number is black.',
  'camera-preview': 'It is a camera raw file; the preview in it is used.',
  'reduced-to-fit': 'It was reduced to fit into memory.',
};

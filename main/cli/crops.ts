import { Command } from 'commander';
import { AppError } from '../../preload/contract/errors.ts';
import { writeCrops } from '../../native-models/image/write-crops.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { photoArgument, regionOption } from './model-options.ts';
import type { Region } from '../../native-models/image/geometry.ts';
import { numberOption, openTerminal } from './terminal.ts';

interface Options {
  out: string;
  n?: number;
  tile?: number;
  model?: string;
  region?: Region;
  json: boolean;
}

/** The released model's: INFERENCE.md, sections 1 and 3. Any model's own come with --model. */
const published = {
  perspectives: 'dual',
  n: 3,
  tile: 336,
  padColour: [122, 116, 104],
  mode: 'trained',
} as const;

export function cropsCommand(): Command {
  return new Command('crops')
    .description('Write the local and global crops of a photo as pictures. Needs no model.')
    .argument('<photo>', 'a picture file, or - for standard input')
    .requiredOption('--out <folder>', 'where to write them')
    .option('--n <n>', `crops a side (${published.n} without --model)`, numberOption('--n', 1, 16, true))
    .option(
      '--tile <pixels>',
      `side of a crop (${published.tile} without --model)`,
      numberOption('--tile', 1, 4096, true),
    )
    .option('--model <package>', 'cut as this model does')
    .option('--region <x,y,w,h>', 'only this part of the upright photo, at its own resolution', regionOption)
    .option('--json', 'print the list of files as JSON', false)
    .action(async (photo: string, options: Options) => {
      const terminal = openTerminal(options);
      const written = await writeCrops(await photoArgument(photo), options.out, {
        ...(await gridOf(options)),
        ...(options.region && { region: options.region }),
        signal: terminal.signal,
      });
      terminal.result(written, written.files.join('\n'));
    });
}

async function gridOf({ n, tile, model }: Options) {
  if (model === undefined) return { ...published, ...(n && { n }), ...(tile && { tile }) };
  if (n !== undefined || tile !== undefined) {
    throw new AppError('wrong-usage', '--n and --tile come from the package that --model names.');
  }
  const { manifest } = await openPackage(model);
  return { ...manifest.crops, ...manifest.preprocess };
}

import { Command } from 'commander';
import { AppError } from '../../preload/contract/errors.ts';
import type { Seeing } from '../../native-models/families/index.ts';
import { writeViews } from '../../native-models/families/write-views.ts';
import { writeCrops } from '../../native-models/image/write-crops.ts';
import { openPackage } from '../../native-models/package/open-package.ts';
import { photoArgument, regionOption } from './model-options.ts';
import type { Region } from '../../native-models/image/geometry.ts';
import { packageFolder } from './package-folder.ts';
import { numberOption, openTerminal, type Terminal } from './terminal.ts';

interface Options {
  out: string;
  n?: number;
  tile?: number;
  model?: string;
  region?: Region;
  json: boolean;
}

/** The released model's: docs/inference.md, Preprocessing and DCM. Any model's own come with --model. */
const published = {
  perspectives: 'dual',
  n: 3,
  tile: 336,
  padColour: [122, 116, 104],
  mode: 'trained',
} as const;

export function cropsCommand(): Command {
  return new Command('crops')
    .argument('<photo>', 'a picture file, or - for standard input')
    .requiredOption('--out <folder>', 'where to write them')
    .option('--n <n>', `crops a side (${published.n} without --model)`, numberOption('--n', 1, 16, true))
    .option(
      '--tile <pixels>',
      `side of a crop (${published.tile} without --model)`,
      numberOption('--tile', 1, 4096, true),
    )
    .option('--model <package>', 'cut as this model does: its folder, or its name in `models list`')
    .option('--region <x,y,w,h>', 'only this part of the upright photo, at its own resolution', regionOption)
    .option('--json', 'print the list of files as JSON', false)
    .action(async (photo: string, options: Options) => {
      const terminal = openTerminal(options);
      const source = await photoArgument(photo);
      const wanted = { ...(options.region && { region: options.region }), signal: terminal.signal };
      const written =
        options.model === undefined
          ? await writeCrops(source, options.out, { ...gridOf(options), ...wanted })
          : await writeViews(source, options.out, await seeingOf(options, terminal), wanted);
      terminal.result(written, written.files.join('\n'));
    });
}

function gridOf({ n, tile }: Options) {
  return { ...published, ...(n && { n }), ...(tile && { tile }) };
}

async function seeingOf({ n, tile, model }: Options, terminal: Terminal): Promise<Seeing> {
  if (n !== undefined || tile !== undefined) {
    throw new AppError('wrong-usage', '--n and --tile come from the package that --model names.');
  }
  return (await openPackage(await packageFolder(model, terminal))).manifest;
}

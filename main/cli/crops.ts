import { Command } from 'commander';
import { AppError } from '../../preload/contract/errors.ts';
import { publishedGrid, publishedSeeing } from '../../native-models/families/dual/published.ts';
import type { Seeing } from '../../native-models/families/index.ts';
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

export function cropsCommand(): Command {
  return new Command('crops')
    .argument('<photo>', 'a picture file, or - for standard input')
    .requiredOption('--out <folder>', 'where to write them')
    .option('--n <n>', `crops a side (${publishedGrid.n} without --model)`, numberOption('--n', 1, 16, true))
    .option(
      '--tile <pixels>',
      `side of a crop (${publishedGrid.tile} without --model)`,
      numberOption('--tile', 1, 4096, true),
    )
    .option('--model <package>', 'cut as this model does: its folder, or its name in `models list`')
    .option('--region <x,y,w,h>', 'only this part of the upright photo, at its own resolution', regionOption)
    .option('--json', 'print the list of files as JSON', false)
    .action(async (photo: string, options: Options) => {
      const terminal = openTerminal(options);
      if (options.out === '') throw new AppError('wrong-usage', '--out: the folder has no name.');
      const source = await photoArgument(photo, terminal.signal);
      const wanted = { ...(options.region && { region: options.region }), signal: terminal.signal };
      const { writeViews } = await import('../../native-models/families/write-views.ts');
      const written = await writeViews(source, options.out, await seeingOf(options, terminal), wanted);
      terminal.result(written, written.files.join('\n'));
    });
}

async function seeingOf({ n, tile, model }: Options, terminal: Terminal): Promise<Seeing> {
  if (model === undefined) {
    return publishedSeeing({ n: n ?? publishedGrid.n, tile: tile ?? publishedGrid.tile });
  }
  if (n !== undefined || tile !== undefined) {
    throw new AppError('wrong-usage', '--n and --tile come from the package that --model names.');
  }
  const { openPackage } = await import('../../native-models/package/open-package.ts');
  return (await openPackage(await packageFolder(model, terminal))).manifest;
}

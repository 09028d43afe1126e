import { Command, Option } from 'commander';
import { ownBytes } from '../../native-models/package/package-file.ts';
import { formatBytes, openTerminal } from './terminal.ts';

interface Options {
  mmproj: string;
  language: string;
  name?: string;
  out: string;
  vision: 'f32' | 'int8';
  force: boolean;
  json: boolean;
}

export function importCommand(): Command {
  return new Command('import')
    .requiredOption('--mmproj <file>', 'its vision tower and projector')
    .requiredOption('--language <file>', 'its language model; used where it lies, not copied')
    .requiredOption('--out <folder>', 'the package to make')
    .option('--name <name>', "what to call it, instead of the language model's file")
    .addOption(
      new Option('--vision <type>', 'precision of the vision tower').choices(['f32', 'int8']).default('int8'),
    )
    .option('--force', 'replace a package that is already there', false)
    .option('--json', 'print the manifest as JSON', false)
    .action(async (options: Options) => {
      const terminal = openTerminal(options);
      const { importPair } = await import('../../native-models/convert/pair/import-pair.ts');
      const { directory, manifest } = await importPair({
        ...options,
        signal: terminal.signal,
        onProgress: ({ phase, fraction, secondsLeft }) => terminal.progress(phase, fraction, secondsLeft),
      });
      terminal.result(
        manifest,
        `${directory}: ${manifest.name}, ${formatBytes(ownBytes(manifest))} beside ${options.language}`,
      );
    });
}

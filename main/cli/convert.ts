import { Command, Option } from 'commander';
import { languagePrecisions, type LanguagePrecision } from '../../preload/contract/models.ts';
import { formatBytes, openTerminal } from './terminal.ts';

interface Options {
  clip?: string;
  name?: string;
  out: string;
  vision: 'f32' | 'int8';
  llm: LanguagePrecision;
  force: boolean;
  json: boolean;
}

export function convertCommand(): Command {
  return new Command('convert')
    .argument('<checkpoint>', 'folder with config.json, tokenizer.json and the weights')
    .requiredOption('--out <folder>', 'the package to make')
    .option('--clip <folder>', 'CLIP checkpoint, when the vision tower is not in the checkpoint')
    .option('--name <name>', "what to call it, instead of the checkpoint's folder")
    .addOption(
      new Option('--vision <type>', 'precision of the vision tower').choices(['f32', 'int8']).default('int8'),
    )
    .addOption(
      new Option('--llm <type>', 'precision of the language model')
        .choices(languagePrecisions)
        .default('q8_0'),
    )
    .option('--force', 'replace a package that is already there', false)
    .option('--json', 'print the manifest as JSON', false)
    .action(async (checkpoint: string, options: Options) => {
      const terminal = openTerminal(options);
      const { convertCheckpoint } = await import('../../native-models/convert/convert.ts');
      const { directory, manifest } = await convertCheckpoint({
        checkpoint,
        clip: options.clip,
        name: options.name,
        out: options.out,
        vision: options.vision,
        llm: options.llm,
        force: options.force,
        signal: terminal.signal,
        onProgress: ({ phase, fraction, secondsLeft }) => terminal.progress(phase, fraction, secondsLeft),
      });
      const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
      terminal.result(manifest, `${directory}: ${manifest.name}, ${formatBytes(bytes)}`);
    });
}

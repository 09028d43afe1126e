import { Command, Option } from 'commander';
import { languagePrecisions } from '../../preload/contract/models.ts';
import { publicHub } from '../../native-models/install/hub/access.ts';
import { addModel, type AddOptions } from './models/add.ts';
import { getModel, type GetOptions } from './models/get.ts';
import { listModels } from './models/list.ts';
import { removeModel, verifyModel } from './models/manage.ts';
import { numberOption } from './terminal.ts';

/** `inf-llava models`: find, fetch, check and remove models. */
export function modelsCommand(): Command {
  const command = new Command('models').addHelpText(
    'after',
    '\nModels are kept in the data folder: INF_LLAVA_DATA, or where the platform keeps the data of programs.',
  );
  for (const one of [listCommand(), addCommand(), getCommand(), verifyCommand(), removeCommand()]) {
    command.addCommand(one);
  }
  return command;
}

function listCommand(): Command {
  return new Command('list')
    .description('Show what is installed, what is on its way, and what the catalogue offers.')
    .option('--json', 'print everything that is known as JSON', false)
    .action((options: { json: boolean }) => listModels(options));
}

function addCommand(): Command {
  return new Command('add')
    .description(
      'Add a model to the catalogue: files on this machine, or a catalogue entry (JSON) of a published one. `models get` makes a package of it.',
    )
    .argument(
      '[folder or file]',
      'a checkpoint in the published layout, a folder of GGUF files, or a catalogue entry (JSON)',
    )
    .option('--clip <folder>', 'CLIP checkpoint, when the vision tower is not in the checkpoint')
    .option(
      '--mmproj <file>',
      'vision tower and projector of a model in two GGUF files; with a folder, its name there',
    )
    .option('--language <file>', 'its language model; used where it lies, not copied')
    .option('--name <name>', 'what to call it, instead of the name of the folder or the language file')
    .option('--json', 'print the entry as JSON', false)
    .action((source: string | undefined, options: AddOptions) => addModel(source, options));
}

function getCommand(): Command {
  return new Command('get')
    .description(
      'Download a model of the catalogue and turn it into a package. If it is interrupted, the same command resumes.',
    )
    .argument('<model>', 'its name in `models list`, such as inf-llava')
    .addOption(
      new Option('--vision <type>', 'precision of the vision tower').choices(['f32', 'int8']).default('int8'),
    )
    .addOption(
      new Option(
        '--llm <type>',
        'precision of the language model (default: "q8_0"; the language file of a pair is used as it is)',
      ).choices(languagePrecisions),
    )
    .option('--name <name>', 'what to call the package')
    .option(
      '--accept-licence',
      "agree to the model's licences (`models list --json` has their addresses)",
      false,
    )
    .addOption(
      new Option('--endpoint <url>', 'the hub, or a mirror of it').env('HF_ENDPOINT').default(publicHub),
    )
    .option('--limit <MB/s>', 'most megabytes a second to download', numberOption('--limit', 0.001, 1e6))
    .option('--json', 'print the finished install as JSON', false)
    .addHelpText(
      'after',
      '\nA token for gated repositories is taken from HF_TOKEN, proxies from HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Every request is listed in the app under Settings.',
    )
    .action((model: string, options: GetOptions) => getModel(model, options));
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('Compare every file of an installed package with its hash.')
    .argument('<package>', 'its name in `models list`')
    .option('--json', 'print the package as JSON', false)
    .action((folder: string, options: { json: boolean }) => verifyModel(folder, options));
}

function removeCommand(): Command {
  return new Command('remove')
    .description(
      'Delete an installed package, an unfinished download, or an entry you added to the catalogue.',
    )
    .argument('<name>', 'its name in `models list`')
    .option('--json', 'print what was removed as JSON', false)
    .action((name: string, options: { json: boolean }) => removeModel(name, options));
}

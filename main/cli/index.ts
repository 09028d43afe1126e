/** `inf-llava`: the command line, one file a command. */
import { Command, CommanderError } from 'commander';
import { AppError } from '../../preload/contract/errors.ts';
import { keepMemoryOutOfCoreDumps } from '../../native-models/engine/core-dumps.ts';
import { commands } from './commands.ts';
import { exitCodes, reportError } from './terminal.ts';

keepMemoryOutOfCoreDumps();

// npm runs scripts in the project's folder; paths are meant from where the person is.
if (process.env['npm_lifecycle_event'] === 'cli' && process.env['INIT_CWD'] !== undefined) {
  process.chdir(process.env['INIT_CWD']);
}

const program = new Command('inf-llava')
  .description('Ask a vision model about your own photos, on your own machine.')
  .configureHelp({ subcommandTerm: (command) => commands[command.name()]?.term ?? command.name() });
const asked = process.argv.slice(2).find((word) => word !== 'help' && !word.startsWith('-'));
for (const [name, { description, load }] of Object.entries(commands))
  program.addCommand((name === asked ? await load() : new Command(name)).description(description));
leaveErrorsToUs(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Tells an error, unless it is none: help that was asked for, or that stands for a command left out. */
function exitCodeOf(error: unknown): number {
  const json = process.argv.includes('--json');
  if (!(error instanceof CommanderError)) return reportError(error, json);
  if (error.exitCode === 0) return exitCodes.done;
  if (error.code === 'commander.help') return exitCodes.wrongUsage;
  return reportError(wrongUsage(error), json);
}

/** What the library says in its own voice, in ours. */
function wrongUsage({ message }: CommanderError): AppError {
  const [fault, hint = ''] = message.replace(/^error: /, '').split('\n');
  const sentence = `${fault!.replace(/\.$/, '')}.${hint && ` ${hint}`}`;
  return new AppError('wrong-usage', `${sentence} --help lists the options.`);
}

function leaveErrorsToUs(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  command.commands.forEach(leaveErrorsToUs);
}

/** `inf-llava`: the command line, one file a command. */
import { Command, CommanderError } from 'commander';
import { keepMemoryOutOfCoreDumps } from '../../native-models/engine/core-dumps.ts';
import { askCommand } from './ask.ts';
import { convertCommand } from './convert.ts';
import { cropsCommand } from './crops.ts';
import { evalCommand } from './eval.ts';
import { importCommand } from './import.ts';
import { inspectCommand } from './inspect.ts';
import { modelsCommand } from './models.ts';
import { exitCodes, reportError } from './terminal.ts';
import { traceCommand } from './trace.ts';

keepMemoryOutOfCoreDumps();

// npm runs scripts in the project's folder; paths are meant from where the person is.
if (process.env['npm_lifecycle_event'] === 'cli' && process.env['INIT_CWD'] !== undefined) {
  process.chdir(process.env['INIT_CWD']);
}

const program = new Command('inf-llava')
  .description('Ask a vision model about your own photos, on your own machine.')
  .showHelpAfterError('(--help lists the options)');
const commands = [
  askCommand(),
  convertCommand(),
  importCommand(),
  cropsCommand(),
  evalCommand(),
  inspectCommand(),
  modelsCommand(),
  traceCommand(),
];
for (const command of commands) program.addCommand(command);
throwInsteadOfExiting(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage;
  } else {
    process.exitCode = reportError(error, process.argv.includes('--json'));
  }
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExiting);
}

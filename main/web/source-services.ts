import { forkPort, workerPath, type Port, type WorkerKind } from '../../native-models/engine/port.ts';
import { commandLine } from '../host/command-line.ts';
import { dataFolder } from '../host/data-folder.ts';
import { sourcePlaces } from '../host/places.ts';
import { createServices, type Services } from '../services/services.ts';

/** The services of a web host that runs from the sources. */
export function sourceServices(projectRoot: string): Promise<Services> {
  const { appRoot, packages } = sourcePlaces(projectRoot);
  return createServices({
    host: 'web',
    appRoot,
    dataFolder: dataFolder(),
    languages: [Intl.DateTimeFormat().resolvedOptions().locale],
    commandLine: commandLine(appRoot, dataFolder()),
    startWorker,
    bundledPackages: packages,
  });
}

/** Starts a child process; every line that it writes is shown in the terminal, with its name. */
export function startWorker(kind: WorkerKind): Port {
  return forkPort(workerPath(kind), (line) => process.stderr.write(`${kind}: ${line}\n`));
}

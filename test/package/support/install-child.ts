/**
 * Goes on with the installs of a data folder in a process of its own, so that a test can kill it. Every change is a line on
 * stdout: the state and the fraction.
 */
import { writeSync } from 'node:fs';

import type { CatalogueEntry } from '../../../native-models/package/catalogue/entry.ts';
import { Throttle } from '../../../native-models/package/hub/throttle.ts';
import { Installs } from '../../../native-models/package/install/installs.ts';
import { f32, noQuestion, shortPatience, smallCutting } from './installs.ts';

export interface InstallChildOptions {
  readonly endpoint: string;
  readonly dataFolder: string;
  readonly entry: CatalogueEntry;
}

const { endpoint, dataFolder, entry } = JSON.parse(process.argv[2]!) as InstallChildOptions;
const installs = await Installs.open({
  dataFolder,
  goOn: true,
  tools: {
    connection: {
      access: () => ({ endpoint, token: null, bytesPerSecond: null, proxy: null }),
      gate: () => Promise.resolve(() => undefined),
      // A busy machine is slow, and this is no test of that.
      patience: { ...shortPatience, stallMs: 30_000, connectMs: 30_000 },
    },
    throttle: new Throttle(() => null),
    cutting: smallCutting,
    prove: noQuestion,
  },
  onChange: ([job]) => {
    if (!job) return;
    writeSync(1, `${job.state} ${job.progress.fraction}\n`);
    if (job.state === 'failed') throw new Error(job.error?.message);
  },
  onInstalled: () => undefined,
});
if (installs.list().length === 0) await installs.start(entry, f32, null);

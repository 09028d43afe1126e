/**
 * Installs a model, or resumes that, in a process of its own that a test can kill or hold short. Every change is a line
 * on stdout: the state and the fraction. Exits with 1 when it fails.
 */
import { writeSync } from 'node:fs';

import type { CatalogueEntry } from '../../../native-models/install/catalogue/entry.ts';
import { Throttle } from '../../../native-models/install/hub/throttle.ts';
import { Installs } from '../../../native-models/install/jobs/installs.ts';
import { f32, jobIn, noQuestion, shortPatience, smallCutting } from './installs.ts';

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
  },
  onInstalled: () => undefined,
});
const [job] = installs.list();
const id = (job ?? (await installs.start(entry, f32, null))).id;
await installs.resume(id);
const { state, error } = await jobIn(installs, id, 'done', 'failed');
await installs.dispose();
if (state === 'failed') throw new Error(error?.message);

import { basename } from 'node:path';
import type { ModelsClient } from '../../../native-models/engine/models-client.ts';
import type { ListedEntry } from '../../../native-models/install/catalogue/catalogue.ts';
import { isPair } from '../../../native-models/install/catalogue/entry.ts';
import { AppError, receiveError } from '../../../preload/contract/errors.ts';
import type { InstallState, LanguagePrecision } from '../../../preload/contract/models.ts';
import type { InstallJob } from '../../../native-models/install/jobs/job.ts';
import { formatBytes, openTerminal, type Terminal } from '../terminal.ts';
import { withModels } from './session.ts';

export interface GetOptions {
  readonly vision: 'f32' | 'int8';
  /** Left out for a language file that is used as it is, and for q8_0. */
  readonly llm?: LanguagePrecision;
  readonly name?: string;
  readonly acceptLicence: boolean;
  readonly endpoint: string;
  /** Megabytes a second. */
  readonly limit?: number;
  readonly json: boolean;
}

const usualPrecision = 'q8_0';

/** States in which an install does not move by itself any more. */
const resting: readonly InstallState[] = ['done', 'failed', 'paused', 'cancelled'];

export async function getModel(model: string, options: GetOptions): Promise<void> {
  const terminal = openTerminal(options);
  const { endpoint, limit } = options;
  // A command line can be read by everybody on the machine.
  const token = process.env['HF_TOKEN'] ?? null;
  const bytesPerSecond = limit === undefined ? null : limit * 1e6;
  const follower = new Follower(terminal);
  await withModels(
    { endpoint, token, bytesPerSecond, proxy: null },
    { onJobs: (jobs) => follower.hear(jobs) },
    async (models) => {
      const begun = await begin(models, model, options, terminal);
      const pause = () => void models.call('pause', { jobId: begun.id }).catch(() => undefined);
      terminal.signal.addEventListener('abort', pause);
      if (terminal.signal.aborted) pause();
      const job = await follower.follow(begun.id, await models.call('jobs', null));
      if (job.state === 'failed') throw receiveError(job.error!);
      if (job.state !== 'done') {
        throw new AppError('cancelled', 'Interrupted. What there is was kept: the same command goes on.');
      }
      const installed = await models.call('installed', null);
      const made = installed.find(({ folder }) => folder === basename(job.packageFolder!));
      terminal.result(job, finishedText(job, made?.bytes ?? 0));
      // What it was is told; it need not stay on the list.
      await models.call('cancel', { jobId: job.id });
    },
  );
}

/** Resumes an unfinished install of this model and precision, or starts one. */
async function begin(
  models: ModelsClient,
  model: string,
  { vision, llm: wantedLlm, name: wanted, acceptLicence }: GetOptions,
  terminal: Terminal,
): Promise<InstallJob> {
  const name = wanted ?? null;
  const { entries } = await models.call('catalogue', null);
  const listed = entries.find(({ entry }) => entry.id === model);
  const llm = wantedLlm ?? (listed && isPair(listed.entry.source) ? null : usualPrecision);
  const unfinished = (await models.call('jobs', null)).find(
    (job) =>
      job.entryId === model &&
      job.precision.vision === vision &&
      job.precision.llm === llm &&
      (name === null || job.name === name) &&
      !['done', 'cancelled'].includes(job.state),
  );
  if (unfinished) return models.call('resume', { jobId: unfinished.id });
  const acceptedLicences = acceptLicence ? (listed?.licencesToAccept ?? []) : [];
  if (listed && !acceptLicence) tellLicences(listed, terminal);
  return models.call('start', { entryId: model, precision: { vision, llm }, acceptedLicences, name });
}

function tellLicences({ entry, licencesToAccept }: ListedEntry, terminal: Terminal): void {
  for (const { id, name, covers, url } of entry.licences) {
    if (licencesToAccept.includes(id)) terminal.note(`${name}, for ${covers}: ${url}`);
  }
  if (licencesToAccept.length > 0) terminal.note('If you agree, add --accept-licence.');
}

function finishedText({ packageFolder, name, proof }: InstallJob, bytes: number): string {
  const lines = [`${packageFolder}: ${name}, ${formatBytes(bytes)}`];
  if (proof) lines.push(`asked “${proof.question}” it answers “${proof.answer}”`);
  return lines.join('\n');
}

/** Shows how one install goes, and knows when it rests. */
class Follower {
  readonly #terminal: Terminal;
  readonly #rests = Promise.withResolvers<InstallJob>();
  #id: string | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** `jobs`: how all installs stand; later changes are heard. */
  follow(id: string, jobs: readonly InstallJob[]): Promise<InstallJob> {
    this.#id = id;
    this.hear(jobs);
    return this.#rests.promise;
  }

  hear(jobs: readonly InstallJob[]): void {
    const job = jobs.find(({ id }) => id === this.#id);
    if (!job) return;
    if (resting.includes(job.state)) {
      this.#terminal.endProgress();
      this.#rests.resolve(job);
    } else this.#show(job);
  }

  #show({ state, progress }: InstallJob): void {
    const { fraction, secondsLeft, bytesReceived, bytesTotal, bytesPerSecond, phase } = progress;
    const speed = bytesPerSecond === null ? '' : `, ${formatBytes(bytesPerSecond)}/s`;
    const received = `: ${formatBytes(bytesReceived)} of ${formatBytes(bytesTotal)}${speed}`;
    const converting = phase === null ? '' : `, converting (${phase})`;
    const detail = state === 'downloading' ? received + converting : phase === null ? '' : ` (${phase})`;
    this.#terminal.progress(labels[state], fraction, secondsLeft, detail);
  }
}

const labels: Readonly<Record<InstallState, string>> = {
  queued: 'wait for other installs',
  downloading: 'download and convert',
  converting: 'convert',
  proving: 'ask a first question',
  paused: 'paused',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

import { basename } from 'node:path';
import type { ListedEntry } from '../../../native-models/install/catalogue/catalogue.ts';
import { isAtHub, repositoryOf } from '../../../native-models/install/catalogue/entry.ts';
import { receiveError, type SentError } from '../../../preload/contract/errors.ts';
import type { InstallJob } from '../../../native-models/install/jobs/job.ts';
import type { AppFailure, Install, Machine, OfferedModel } from '../../../preload/contract/api.ts';
import { toFailure } from '../failure.ts';
import { judge, recommend, type Speed } from './verdict.ts';

/** An entry of the catalogue as the window sees it: without paths of this machine. */
export function offerOf(listed: ListedEntry, machine: Machine, speed: Speed | null): OfferedModel {
  const { entry, origin, licencesToAccept } = listed;
  const options = judge(listed, machine, speed);
  return {
    id: entry.id,
    name: entry.name,
    origin,
    first: entry.first ?? null,
    repository: repositoryOf(entry.source)?.repo ?? null,
    languageFile: entry.source.kind === 'pair' ? basename(entry.source.language) : null,
    downloadBytes: isAtHub(entry.source) ? entry.downloadBytes : 0,
    licences: entry.licences.map(({ id, name, url, covers }) => ({
      ...{ id, name, url, covers },
      isToAccept: licencesToAccept.includes(id),
    })),
    figures: entry.figures,
    paper: entry.paper,
    options,
    recommended: recommend(options),
  };
}

/** Said by the network gate of what it does not let through. */
export const isNetworkOff = (error: SentError | null) =>
  error?.code === 'cancelled' && error.details['reason'] === 'network-off';

/** An install as the window sees it. `packageId`: of the package it became, if it did. */
export function installOf(job: InstallJob, packageId: string | null, isHeldByNetwork: boolean): Install {
  const { id, entryId, name, precision, state, createdAt, files, progress, diskBytes, proof, error } = job;
  const isHeld = isHeldByNetwork || isNetworkOff(error);
  return {
    ...{ id, name, precision, createdAt, packageId },
    modelId: entryId,
    // What the switch stopped has not failed: it goes on when the network is allowed again.
    state: isHeld && state === 'failed' ? 'paused' : state,
    isHeldByNetwork: isHeld && (state === 'paused' || state === 'failed'),
    files: {
      total: files.length,
      arrived: files.filter((file) => file.state === 'arrived' || file.state === 'converted').length,
      converted: files.filter((file) => file.state === 'converted').length,
    },
    progress,
    disk: diskBytes,
    proof: proof && { question: proof.question, answer: proof.answer, cosine: proof.cosine.mean },
    error: isHeld ? null : failureOf(error),
  };
}

/** An error that came from the models process, as it goes to the window. */
export function failureOf(error: SentError | null): AppFailure | null {
  return error && toFailure(receiveError(error));
}

/** Base name of the folder of a finished install. */
export const folderOf = ({ packageFolder }: InstallJob) => packageFolder && basename(packageFolder);

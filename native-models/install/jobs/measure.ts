import { weightLayouts } from '../../formats/weights/weight-files.ts';
import { repositoryOf, type CatalogueEntry } from '../catalogue/entry.ts';
import { listRepository, type HubFile } from '../hub/listing.ts';
import { onceRetryPolicy } from '../hub/retry.ts';
import type { HubConnection } from '../hub/requests.ts';
import { pairFiles } from './pair-files.ts';

/** Names of shards in the published layouts. */
const shardName = /^(model|pytorch_model)-\d+-of-\d+\.(safetensors|bin)$/;

export interface MeasuredDownload extends Pick<CatalogueEntry, 'downloadBytes' | 'largestFileBytes'> {
  /** Of the weights, as the hub names them. */
  readonly files: readonly string[];
}

/**
 * Which files of the hub an entry means and how large they are, by the hub's own listing: one request,
 * tried once. The tower's weights
 * are not counted where it is one of its own, since the published checkpoints hold them and only the index tells. Throws
 * what the hub says, and `checkpoint-invalid` when it has no such files.
 */
export async function measureDownload(
  connection: HubConnection,
  { name, source }: CatalogueEntry,
  signal: AbortSignal,
): Promise<MeasuredDownload> {
  const repository = repositoryOf(source);
  if (!repository) return { downloadBytes: 0, largestFileBytes: 0, files: [] };
  const purpose = `List ${name} (${repository.repo})`;
  const once = { ...connection, patience: onceRetryPolicy };
  const listing = await listRepository(once, repository, { purpose, signal });
  const all = [...listing.files.values()];
  const weights: HubFile[] =
    source.kind === 'hub-pair' ? Object.values(pairFiles(all, source)).flat() : weightsAmong(all);
  const small = source.kind === 'hub-pair' ? [] : all.filter(({ name: file }) => file.endsWith('.json'));
  return {
    downloadBytes: [...weights, ...small].reduce((sum, { bytes }) => sum + bytes, 0),
    largestFileBytes: Math.max(0, ...weights.map(({ bytes }) => bytes)),
    files: weights.map(({ name: file }) => file),
  };
}

function weightsAmong(files: readonly HubFile[]): HubFile[] {
  const layout = weightLayouts.find((one) => files.some(({ name }) => name === one.name));
  if (!layout) return [];
  if (!layout.sharded) return files.filter(({ name }) => name === layout.name);
  const ending = layout.name.includes('safetensors') ? '.safetensors' : '.bin';
  return files.filter(({ name }) => shardName.test(name) && name.endsWith(ending));
}

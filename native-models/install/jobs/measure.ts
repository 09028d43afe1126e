import { weightLayouts } from '../../formats/weights/weight-files.ts';
import type { CatalogueEntry } from '../catalogue/entry.ts';
import { listRepository, type HubFile } from '../hub/listing.ts';
import type { HubConnection } from '../hub/requests.ts';

/** Names of shards in the published layouts. */
const shardName = /^(model|pytorch_model)-\d+-of-\d+\.(safetensors|bin)$/;

/**
 * How large the files of an entry are, by the hub's own listing: one request. The tower's weights are not counted, since the
 * published checkpoints hold them and only the index tells.
 */
export async function measureDownload(
  connection: HubConnection,
  { name, source }: CatalogueEntry,
  signal: AbortSignal,
): Promise<Pick<CatalogueEntry, 'downloadBytes' | 'largestFileBytes'>> {
  if (source.kind !== 'hub') return { downloadBytes: 0, largestFileBytes: 0 };
  const { repo } = source.checkpoint;
  const purpose = `List ${name} (${repo})`;
  const { files } = await listRepository(connection, source.checkpoint, { purpose, signal });
  const weights = weightsAmong([...files.values()]);
  const small = [...files.values()].filter(({ name: file }) => file.endsWith('.json'));
  return {
    downloadBytes: [...weights, ...small].reduce((sum, { bytes }) => sum + bytes, 0),
    largestFileBytes: Math.max(0, ...weights.map(({ bytes }) => bytes)),
  };
}

function weightsAmong(files: readonly HubFile[]): HubFile[] {
  const layout = weightLayouts.find((one) => files.some(({ name }) => name === one.name));
  if (!layout) return [];
  if (!layout.sharded) return files.filter(({ name }) => name === layout.name);
  const ending = layout.name.includes('safetensors') ? '.safetensors' : '.bin';
  return files.filter(({ name }) => shardName.test(name) && name.endsWith(ending));
}

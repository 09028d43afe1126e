import * as v from 'valibot';

import { AppError } from '../../../preload/contract/errors.ts';
import type { Repository } from '../catalogue/entry.ts';
import { commitSchema } from '../../package/hub-names.ts';
import { plainFileNameSchema } from '../../files/plain-names.ts';
import { networkFailure } from './failures.ts';
import { retry } from './retry.ts';
import { get, type HubConnection, type RequestOptions } from './requests.ts';

/** A file of a repository, as the hub lists it. */
export interface HubFile {
  readonly name: string;
  readonly bytes: number;
  /** sha256 of large files; of small ones git's own hash of the content. */
  readonly hash: FileHash;
}

export interface FileHash {
  readonly algorithm: 'sha256' | 'git-sha1';
  /** Hexadecimal. */
  readonly value: string;
}

/** A repository at one commit. */
export interface Listing {
  readonly commit: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

/** The published repositories have a dozen files. */
const maxListingBytes = 8 * 2 ** 20;
const maxFiles = 10_000;

/** Of one file, and of all together, so that sums of sizes stay exact. */
const maxBytes = 2 ** 44;

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxBytes));
const siblingSchema = v.object({
  rfilename: v.string(),
  size: v.nullish(count),
  blobId: v.nullish(v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/))),
  lfs: v.nullish(v.object({ sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), size: count })),
});
type Sibling = v.InferOutput<typeof siblingSchema>;

const listingSchema = v.object({
  sha: commitSchema,
  siblings: v.pipe(v.array(siblingSchema), v.maxLength(maxFiles)),
});

/**
 * The files of a repository with sizes and hashes, and the commit that the revision names now. (`GET
 * /api/models/REPO/revision/REVISION?blobs=true`.) Throws `hub-refused`, `network-failed`, `cancelled`.
 */
export async function listRepository(
  connection: HubConnection,
  { repo, revision }: Repository,
  options: RequestOptions,
): Promise<Listing> {
  const { endpoint } = connection.access();
  const url = `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const text = await retry(connection.patience, options.signal, () => readText(connection, url, options));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), listingSchema), text);
  const files = parsed.success ? parsed.output.siblings.flatMap(plainFile) : [];
  // On some systems names that differ in their case alone are one file.
  const names = new Set(files.map(({ name }) => name.toLowerCase()));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (!parsed.success || names.size < files.length || total > maxBytes) {
    throw networkFailure(new URL(url).host, 'answer', `does not list ${repo} as a hub does`);
  }
  return { commit: parsed.output.sha, files: new Map(files.map((file) => [file.name, file])) };
}

/** What can be fetched of a sibling; files in folders are of no use to a conversion. */
function plainFile({ rfilename: name, size, blobId, lfs }: Sibling): HubFile[] {
  if (!v.is(plainFileNameSchema, name)) return [];
  if (lfs) return [{ name, bytes: lfs.size, hash: { algorithm: 'sha256', value: lfs.sha256 } }];
  return size && blobId ? [{ name, bytes: size, hash: { algorithm: 'git-sha1', value: blobId } }] : [];
}

async function readText(connection: HubConnection, url: string, options: RequestOptions): Promise<string> {
  const response = await get(connection, url, options);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.chunks()) {
    bytes += piece.length;
    if (bytes > maxListingBytes) {
      throw networkFailure(new URL(url).host, 'answer', 'sends a listing without an end');
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Where a file of a repository is fetched from, at a commit. */
export function resolveUrl(endpoint: string, repo: string, commit: string, name: string): string {
  return `${endpoint}/${repo}/resolve/${commit}/${encodeURIComponent(name)}`;
}

/** The file, or `checkpoint-invalid` when the repository has none of that name. */
export function requireFile({ files }: Listing, repo: string, name: string): HubFile {
  const file = files.get(name);
  if (file) return file;
  throw new AppError('checkpoint-invalid', `${repo}: has no ${name}.`, {
    file: name,
    fault: `${repo} has no such file`,
  });
}

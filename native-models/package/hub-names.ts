/** How the hub names repositories and what is in them over time. */
import * as v from 'valibot';

/** `owner/name` as the hub writes it; no part may be a dot, so that it cannot climb in an address. */
export const repoSchema = v.pipe(
  v.string(),
  v.regex(/^(?!\.)[\w.-]{1,96}\/(?!\.)[\w.-]{1,96}$/, 'owner/name of a repository'),
);

/** A branch, a tag or a commit. */
export const revisionSchema = v.pipe(
  v.string(),
  v.regex(/^(?!.*\.\.)[A-Za-z0-9][\w./-]{0,127}$/, 'a branch, a tag or a commit'),
);

export const commitSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'a commit'));

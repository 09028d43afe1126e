import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { inWords, type HttpRequest, type HttpResponse } from '../services/http-messages.ts';

/** The kinds of file a built window consists of; nothing else is served. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Vite puts a hash of the content into the names of the files in this folder: they never change. */
const hashedFolder = '/assets/';

/** A part of a path that leaves its folder, names a drive or stream of Windows, or ends a C string. */
const unsafePath = /(^|\/)\.{1,2}(\/|$)|[\\:\0]/;

interface Tagged {
  readonly changedAt: number;
  readonly bytes: number;
  readonly etag: string;
}

/**
 * Serves the built window from one folder.
 *
 * @param root the folder of the build, `index.html` at its top
 * @returns answers a GET or HEAD request whose path names a file of the build; 404 for everything else, links that
 *   lead out of the folder among it
 */
export function createRendererFiles(root: string): (request: HttpRequest) => Promise<HttpResponse> {
  const tags = new Map<string, Tagged>();

  return async (request) => {
    const { pathname } = new URL(request.url);
    const path = await locate(root, pathname);
    if (path === null) return inWords(404, 'Not found');
    const { mtimeMs, size } = await stat(path);
    const body = await readFile(path);
    let tag = tags.get(path);
    if (tag?.changedAt !== mtimeMs || tag.bytes !== size) {
      const hash = createHash('sha256').update(body).digest('base64url');
      tag = { changedAt: mtimeMs, bytes: size, etag: `"${hash}"` };
      tags.set(path, tag);
    }
    const headers = {
      etag: tag.etag,
      'cache-control': pathname.startsWith(hashedFolder) ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    if (request.headers.get('if-none-match') === tag.etag) return { status: 304, headers, body: null };
    return {
      status: 200,
      body: request.method === 'HEAD' ? null : body,
      headers: {
        ...headers,
        'content-type': mediaTypes[extname(path)]!,
        'content-length': String(body.byteLength),
      },
    };
  };
}

/** The real path of the file that `pathname` names inside `root`, or null. */
async function locate(root: string, pathname: string): Promise<string | null> {
  let name: string;
  try {
    name = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (unsafePath.test(name)) return null;
  if (name.endsWith('/')) name += 'index.html';
  if (!(extname(name) in mediaTypes)) return null;
  try {
    const [realRoot, path] = await Promise.all([realpath(root), realpath(join(root, name))]);
    return path.startsWith(realRoot + sep) && (await stat(path)).isFile() ? path : null;
  } catch {
    return null;
  }
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { checkEndpoint, mayCarryToken, useProxy } from '../../native-models/install/hub/access.ts';
import { downloadFile, type DownloadOptions } from '../../native-models/install/hub/download.ts';
import { listRepository, resolveUrl } from '../../native-models/install/hub/listing.ts';
import { Pieces } from '../../native-models/install/hub/pieces.ts';
import { Throttle } from '../../native-models/install/hub/throttle.ts';
import { expectFault } from '../support/faults.ts';
import { StrangeHub } from '../support/strange-hub.ts';
import { TestHub } from '../support/hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { connectionTo, smallCutting } from './support/installs.ts';

const folder = temporaryFolder();
const repo = 'someone/files';
const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251));
let hub: TestHub;
let commit: string;
let count = 0;

beforeAll(async () => {
  const published = join(folder, 'published');
  mkdirSync(published);
  writeFileSync(join(published, 'weights.bin'), bytes);
  writeFileSync(join(published, 'config.json'), '{"small": true}');
  hub = await TestHub.start();
  commit = await hub.publish(repo, published);
});

beforeEach(() => {
  hub.fault = () => null;
  hub.requests.length = 0;
});

afterAll(() => hub.close());

const signal = new AbortController().signal;

async function download(name: string, changes: Partial<DownloadOptions> = {}): Promise<string> {
  const connection = changes.connection ?? connectionTo(hub);
  const listing = await listRepository(
    connectionTo(hub),
    { repo, revision: 'main' },
    { purpose: 'List', signal },
  );
  const file = listing.files.get(name)!;
  const path = changes.path ?? join(folder, `${count++}-${name}`);
  await downloadFile({
    url: () => resolveUrl(hub.endpoint, repo, commit, name),
    purpose: 'Download',
    path,
    bytes: file.bytes,
    hash: file.hash,
    commit,
    connection,
    throttle: new Throttle(() => null),
    cutting: smallCutting,
    signal,
    onReceived: () => undefined,
    onChecking: () => undefined,
    ...changes,
  });
  return path;
}

test('a repository is listed with its commit, sizes and hashes', async () => {
  const listed = await listRepository(
    connectionTo(hub),
    { repo, revision: 'main' },
    { purpose: 'List', signal },
  );
  expect(listed.commit).toBe(commit);
  expect(listed.files.get('weights.bin')).toMatchObject({ bytes: 200_000, hash: { algorithm: 'sha256' } });
  // Git's own hash of {"small": true}: `git hash-object`.
  expect(listed.files.get('config.json')).toMatchObject({ bytes: 15, hash: { algorithm: 'git-sha1' } });
});

describe('a listing', () => {
  const list = (...siblings: { rfilename: string; size: number }[]) => {
    const files = siblings.map((sibling) => ({ ...sibling, blobId: '0'.repeat(40) }));
    const body = JSON.stringify({ sha: commit, siblings: files });
    const { connection } = new StrangeHub([{ status: 200, headers: {}, body }]);
    return listRepository(connection, { repo, revision: 'main' }, { purpose: 'List', signal });
  };

  test('gives no file whose name leads elsewhere on any system', async () => {
    const names = ['config.json', '../x', 'a/b', 'a\\b', 'C:x', '.x', 'x.', 'aux.json', 'NUL', 'x\0'];
    const { files } = await list(...names.map((rfilename) => ({ rfilename, size: 1 })));
    expect([...files.keys()]).toEqual(['config.json']);
  });

  test('that names one file twice, or more bytes than can be counted, is none', async () => {
    const twice = ['config.json', 'Config.json'].map((rfilename) => ({ rfilename, size: 1 }));
    await expectFault(list(...twice), 'network-failed', 'does not list');
    const large = ['a', 'b'].map((rfilename) => ({ rfilename, size: 2 ** 44 }));
    await expectFault(list(...large), 'network-failed', 'does not list');
  });
});

test('large files come by ranges, several at a time, small ones at once; both are what was published', async () => {
  expect(readFileSync(await download('weights.bin'))).toEqual(bytes);
  const ranges = hub.requests.filter(({ kind }) => kind === 'storage').map(({ range }) => range!);
  expect(ranges.length).toBeGreaterThan(3);
  expect(ranges.every(({ begin, end }) => end - begin <= smallCutting.requestBytes)).toBe(true);
  // Nothing is asked for twice.
  expect(ranges.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(bytes.length);
  expect(readFileSync(await download('config.json'), 'utf8')).toBe('{"small": true}');
});

test('what has arrived before is not fetched again', async () => {
  const path = join(folder, 'resumed');
  const stop = new AbortController();
  const half = download('weights.bin', {
    path,
    signal: stop.signal,
    onReceived: (received) => received > 120_000 && stop.abort(),
  });
  await expectFault(half, 'cancelled');
  hub.requests.length = 0;
  await download('weights.bin', { path });
  const asked = hub.requests.flatMap(({ kind, range }) =>
    kind === 'storage' && range ? [range.end - range.begin] : [],
  );
  expect(asked.reduce((sum, size) => sum + size, 0)).toBeLessThan(bytes.length - 60_000);
  expect(readFileSync(path)).toEqual(bytes);
});

test('a partial file is not trusted without its journal, nor with that of another content', async () => {
  const path = join(folder, 'distrusted');
  writeFileSync(`${path}.part`, Buffer.alloc(bytes.length, 1));
  expect(readFileSync(await download('weights.bin', { path }))).toEqual(bytes);

  const other = join(folder, 'other-content');
  const { pieceBytes } = smallCutting;
  const done = Array.from({ length: 10 }, (_, index) => index);
  writeFileSync(`${other}.part`, Buffer.alloc(bytes.length, 1));
  writeFileSync(`${other}.pieces`, JSON.stringify({ bytes: bytes.length, pieceBytes, etag: 'older', done }));
  expect(readFileSync(await download('weights.bin', { path: other }))).toEqual(bytes);
});

test('a token is asked for anew by every request', async () => {
  const tokens: (string | null)[] = [null];
  const connection = connectionTo(hub);
  const access = { ...connection.access(), token: 'first' };
  await download('weights.bin', {
    connection: { ...connection, access: () => access },
    onReceived: (received) => received > 50_000 && (access.token = 'second'),
  });
  for (const { kind, authorization } of hub.requests) if (kind === 'resolve') tokens.push(authorization);
  expect(tokens).toContain('Bearer first');
  expect(tokens).toContain('Bearer second');
});

describe('access', () => {
  test.each([
    ['https://huggingface.co/', 'https://huggingface.co'],
    ['https://mirror.test/hub/', 'https://mirror.test/hub'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('%s is a hub', (given, plain) => {
    expect(checkEndpoint(given)).toBe(plain);
  });

  test.each([
    '',
    'huggingface.co',
    'ftp://hub.test',
    'file:///etc',
    'https://user:secret@hub.test',
    'https://hub.test/?x',
  ])('%j is none', (given) => {
    expect(() => checkEndpoint(given)).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  });

  test('a token goes to the hub itself, and never in the clear over a network', () => {
    const may = (url: string, endpoint: string) => mayCarryToken(new URL(url), { endpoint });
    expect(may('https://hub.test/a', 'https://hub.test')).toBe(true);
    expect(may('https://cdn.hub.test/a', 'https://hub.test')).toBe(false);
    expect(may('https://hub.test:444/a', 'https://hub.test')).toBe(false);
    expect(may('http://hub.test/a', 'http://hub.test')).toBe(false);
    expect(may('http://127.0.0.1:1/a', 'http://127.0.0.1:1')).toBe(true);
    expect(may('http://localhost:1/a', 'http://127.0.0.1:1')).toBe(false);
  });

  test('requests go through the proxy that is set, and directly again without one', async () => {
    const proxied: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      proxied.push(request.url!);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    proxy.on('request', (request, response) => {
      proxied.push(request.url!);
      response.writeHead(502).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      useProxy(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
      await fetch('http://hub.test/').catch(() => undefined);
      expect(proxied.join()).toContain('hub.test');
      // This machine is reached directly.
      expect((await fetch(`${hub.endpoint}/${repo}/resolve/${commit}/config.json`)).status).toBe(200);
    } finally {
      useProxy(null);
      proxy.closeAllConnections();
      proxy.close();
    }
    expect(() => useProxy('socks5://127.0.0.1')).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  });
});

test('a throttle lets through what it should, whatever the sizes', async () => {
  let now = 0;
  const waits: number[] = [];
  const throttle = new Throttle(
    () => 1000,
    () => now,
    (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds / 1000;
      return Promise.resolve();
    },
  );
  for (const size of [100, 400, 1, 499, 2000, 7000]) await throttle.take(size, signal);
  // 10,000 bytes at 1000 a second, but for the burst that is let through at once.
  expect(now).toBeGreaterThan(9.8);
  expect(now).toBeLessThanOrEqual(10);
  expect(waits.length).toBeGreaterThan(2);
});

test('the pieces of a file are handed out once each until they are given back, and add up to it', () => {
  const sizes = fc.record({
    bytes: fc.integer({ min: 1, max: 100_000 }),
    pieceBytes: fc.integer({ min: 1, max: 5000 }),
    most: fc.integer({ min: 1, max: 20_000 }),
    breaks: fc.array(fc.boolean(), { maxLength: 50 }),
  });
  fc.assert(
    fc.property(sizes, ({ bytes: total, pieceBytes, most, breaks }) => {
      fc.pre(total / pieceBytes < 500);
      const pieces = new Pieces(total, pieceBytes);
      const lost = [...breaks];
      for (let range = pieces.take(most); range; range = pieces.take(most)) {
        if (range.end - range.begin > Math.max(most, pieceBytes)) return false;
        // A connection breaks after the first piece.
        const end = lost.pop() ? Math.min(range.end, range.begin + pieceBytes) : range.end;
        for (let begin = range.begin; begin < end; begin += pieceBytes) pieces.finish(begin);
        pieces.giveBack(range);
      }
      return pieces.doneBytes === total && pieces.prefixBytes === total;
    }),
  );
});

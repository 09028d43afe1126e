/** What is fuzzed of getting models: entries of the catalogue, the hub's listings and answers, and notes of a download. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix, win32 } from 'node:path';
import * as v from 'valibot';

import { receiveError } from '../../preload/contract/errors.ts';
import { Catalogue } from '../../native-models/install/catalogue/catalogue.ts';
import type { CatalogueEntry } from '../../native-models/install/catalogue/entry.ts';
import { needsFor, needsOf } from '../../native-models/install/catalogue/needs.ts';
import { downloadFile } from '../../native-models/install/hub/download.ts';
import { listRepository, resolveUrl, type Listing } from '../../native-models/install/hub/listing.ts';
import { Throttle } from '../../native-models/install/hub/throttle.ts';
import { newJob, readJob, writeJob } from '../../native-models/install/jobs/job-file.ts';
import { measureDownload } from '../../native-models/install/jobs/measure.ts';
import { folderNameOf, packageNameSchema } from '../../native-models/install/jobs/package-name.ts';
import { offeredHub, StrangeHub } from '../support/strange-hub.ts';
import { mutateJson, strange, type Json } from './mutate.ts';
import type { Target } from './target.ts';

/** Names, paths, addresses and sizes that lead somewhere else on one system or another. */
const hostile: readonly Json[] = [
  ...strange,
  ...[
    '.',
    '../config.json',
    'a/../../b',
    './x',
    'a/b',
    'a//b',
    '/x',
    '~/x',
    '.hidden',
    'x.',
    ' x ',
    '%2e%2e%2fx',
  ],
  ...[
    '..\\x',
    'a\\b',
    'C:\\x',
    'C:x',
    'c:/x',
    '\\\\server\\share',
    '//server/share',
    '\\\\?\\C:\\x',
    'x:stream',
  ],
  ...['con', 'NUL', 'aux.json', 'com1.safetensors', 'lpt9', 'prn.', 'a/con', 'owner/nul'],
  ...['x\u0000.json', 'a\nb', '\u001b[2J', '\u202egnp.exe', '\u2028', '\ufeff', '👩‍👩‍👧'.repeat(30), 'İ'],
  ...['constructor', 'prototype', 'hasOwnProperty', 'toString'],
  ...['file:///etc/passwd', 'javascript:alert(1)', 'http://hub.test/', 'https://', 'https://u:p@hub.test/'],
  ...[
    'https://hub.test\\@other.test/',
    'https://[::1',
    '//other.test/x',
    '?x',
    '#x',
    'main/../../x',
    'main..x',
  ],
  ...['NaN', '1e999', '0x10', '-0', ' 1', '9007199254740993', 'bytes 0-', 'bytes 0-63/*', 'bytes -1-1/100'],
  ...[-0, 1e21, 1e-7, 2 ** 44, 2 ** 44 + 1, 2 ** 53 + 2, -(2 ** 31), 301, 302, 404, 416, 429, 500, 999],
  ...['0'.repeat(40), 'g'.repeat(40), 'A'.repeat(64), '0'.repeat(64)],
  nested(2000),
  { then: 'x', toJSON: 'x' },
];

function nested(depth: number): Json {
  let json: Json = [];
  for (let i = 0; i < depth; i++) json = i % 2 === 0 ? [json] : { x: json };
  return json;
}

/** As `mutateJson`, and now and then with a number that JSON has no word for or that is too large for any. */
const mutate: typeof mutateJson = (valid, chance) => {
  const bytes = mutateJson(valid, chance, hostile);
  if (!chance.is(0.04)) return bytes;
  const number = chance.pick(['1e999', '-1e999', 'NaN', '9'.repeat(400), '-0.0']);
  return Buffer.from(bytes.toString('utf8').replace(/\d+/, number));
};

const signal = new AbortController().signal;
const request = { purpose: 'Fuzz', signal };

export function hubTargets(folder: string): Target[] {
  return [
    catalogueTarget(folder, 'catalogue-hub', hubEntry),
    catalogueTarget(folder, 'catalogue-folder', {
      ...localEntry,
      source: { kind: 'folder', checkpoint: join(folder, 'random', 'checkpoint'), clip: null },
    }),
    catalogueTarget(folder, 'catalogue-pair', {
      ...localEntry,
      source: {
        kind: 'pair',
        mmproj: join(folder, 'mmproj.gguf'),
        language: join(folder, 'language.gguf'),
        languageBytes: 1,
      },
    }),
    listingTarget(folder),
    answersTarget(folder),
    journalTarget(folder),
  ];
}

function unsafe(what: string): never {
  throw new Error(`accepts ${what}`);
}

// ------------------------------------------------------------------------------------------------------ catalogue

const hubEntry: CatalogueEntry = {
  schema: 1,
  id: 'tiny',
  name: 'Tiny',
  source: {
    kind: 'hub',
    checkpoint: { repo: 'someone/tiny-llava', revision: 'main' },
    clip: { repo: 'someone/tiny-clip', revision: 'main' },
  },
  licences: [
    { id: 'terms', name: 'Terms', url: 'https://hub.test/terms', covers: 'all of it', mustAccept: true },
  ],
  downloadBytes: 1_000_000,
  largestFileBytes: 300_000,
  size: {
    ...{ visionParameters: 60_000, enhanceParameters: 20_000, languageParameters: 130_000 },
    ...{ languageLayers: 2, keyValueWidth: 32, contextTrained: 8192 },
  },
  figures: [{ benchmark: 'POPE', score: 80 }],
  paper: 'https://hub.test/paper',
};

const localEntry = { ...hubEntry, id: 'mine', licences: [], size: null };

function catalogueTarget(folder: string, name: string, entry: CatalogueEntry): Target {
  const data = join(folder, name);
  const file = `${entry.id}.json`;
  mkdirSync(join(data, 'catalogue'), { recursive: true });
  const valid = Buffer.from(JSON.stringify(entry));
  return {
    ...{ name, weight: 1, codes: ['catalogue-invalid'], valid },
    path: join(data, 'catalogue', file),
    mutant: (chance) => mutate(valid, chance),
    async check(bytes) {
      const catalogue = new Catalogue(data, []);
      const { entries, refused } = await catalogue.list();
      if (refused[0]) throw receiveError(refused[0].error);
      const [listed] = entries;
      await checkEntry(join(data, 'installs'), listed!.entry);
      await catalogue.accept(listed!, listed!.licencesToAccept);
      // Given by hand it becomes a file of the program's own.
      const own = join(data, 'own');
      rmSync(own, { recursive: true, force: true });
      mkdirSync(own);
      await new Catalogue(own, []).add(JSON.parse(bytes.toString('utf8')));
      const kept: unknown = JSON.parse(
        readFileSync(join(own, 'catalogue', `${listed!.entry.id}.json`), 'utf8'),
      );
      if (JSON.stringify(kept) !== JSON.stringify(listed!.entry))
        unsafe('what is another entry once it is kept');
    },
  };
}

async function checkEntry(installs: string, entry: CatalogueEntry): Promise<void> {
  const { id, name, source, licences, paper } = entry;
  for (const file of [`${id}.json`, id]) if (!isPlainFile(file)) unsafe(`${file} as the name of a file`);
  for (const one of [name, `${id}-q8_0`]) {
    const made = folderNameOf(one);
    if (!v.is(packageNameSchema, made) || !isPlainFile(made))
      unsafe(`${JSON.stringify(one)} as a folder's name`);
  }
  for (const text of [name, ...licences.flatMap((one) => [one.name, one.covers])]) checkText(text);
  for (const page of [paper, ...licences.map(({ url }) => url)]) if (page !== null) checkPage(page);
  const sizes = [entry, ...needsOf(entry), needsFor(entry, { vision: 'f32', llm: 'f32' }) ?? {}];
  for (const value of sizes.flatMap((numbers) => Object.values(numbers) as unknown[])) {
    if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0))
      unsafe(`a size of ${value}`);
  }
  if (source.kind === 'hub') {
    for (const one of [source.checkpoint, source.clip]) if (one !== null) await checkAddress(one);
  } else if (source.kind === 'hub-pair') await checkAddress(source);
  else {
    const paths =
      source.kind === 'pair' ? [source.mmproj, source.language] : [source.checkpoint, source.clip];
    for (const path of paths) if (path !== null) checkLocalPath(path);
  }
  await checkKept(installs, entry, null);
}

function checkText(text: string): void {
  if (!/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2028\u2029]+$/u.test(text)) unsafe(`the text ${JSON.stringify(text)}`);
}

function checkPage(address: string): void {
  const { protocol, username, password } = new URL(address);
  if (protocol !== 'https:' || username + password !== '') unsafe(`the page ${address}`);
  checkText(address);
}

function checkLocalPath(path: string): void {
  const isAbsolute = (process.platform === 'win32' ? win32 : posix).isAbsolute(path);
  if (!isAbsolute || /^[\\/]{2}|\p{Cc}/u.test(path)) unsafe(`the path ${JSON.stringify(path)}`);
}

/** The repository is asked for at its own address, below the hub's. */
async function checkAddress(repository: { repo: string; revision: string }): Promise<void> {
  const hub = new StrangeHub([offeredHub.listing]);
  await listRepository(hub.connection, repository, request);
  const path = `/api/models/${repository.repo}/revision/${encodeURIComponent(repository.revision)}`;
  if (hub.asked.join() !== `${offeredHub.endpoint}${path}?blobs=true`)
    unsafe(`the address ${hub.asked.join()}`);
}

/** An install that was begun is there again when the program starts anew. */
async function checkKept(installs: string, entry: CatalogueEntry, listing: Listing | null): Promise<void> {
  const pin = listing && { repo: 'someone/tiny', commit: listing.commit, files: [...listing.files.values()] };
  const job = {
    ...newJob,
    ...{ id: 'job', entry, name: entry.name, folder: folderNameOf(entry.name), createdAt: 0 },
    precision: { vision: 'int8', llm: 'q8_0' } as const,
    state: 'paused' as const,
    pins: pin && { checkpoint: pin, clip: null },
    diskBytes: { peak: 0, installed: 0 },
  };
  await writeJob(join(installs, 'job'), job);
  if ((await readJob(join(installs, 'job'), 'job')) === null) unsafe('what no install can be gone on with');
}

/** Judged by what systems do with names, not by what the readers look for. */
function isPlainFile(name: string): boolean {
  const isOneName = posix.basename(name) === name && win32.basename(name) === name && !name.includes(':');
  const isDevice = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i.test(name);
  return isOneName && !isDevice && !/^\.|[. ]$|[\p{Cc}\p{Cs}]/u.test(name) && Buffer.byteLength(name) <= 250;
}

// ------------------------------------------------------------------------------------------------------------ hub

function listingTarget(folder: string): Target {
  const valid = Buffer.from(offeredHub.listing.body);
  return {
    ...{ name: 'hub-listing', weight: 2, codes: ['network-failed'], valid },
    path: join(folder, 'hub-listing.json'),
    mutant: (chance) => mutate(valid, chance),
    async check(bytes) {
      const hub = new StrangeHub([{ ...offeredHub.listing, body: bytes }]);
      const listing = await listRepository(hub.connection, offeredHub.repository, request);
      if (!/^[0-9a-f]{40}$/.test(listing.commit)) unsafe(`the commit ${listing.commit}`);
      for (const [name, file] of listing.files) {
        if (file.name !== name || !isPlainFile(name)) unsafe(`a file called ${JSON.stringify(name)}`);
        if (!Number.isSafeInteger(file.bytes) || file.bytes < 0) unsafe(`${file.bytes} bytes`);
        const digits = file.hash.algorithm === 'sha256' ? 64 : 40;
        if (!/^[0-9a-f]+$/.test(file.hash.value) || file.hash.value.length !== digits)
          unsafe('a strange hash');
        const { pathname } = new URL(resolveUrl(offeredHub.endpoint, 'a/b', listing.commit, name));
        if (pathname !== `/a/b/resolve/${listing.commit}/${name}`) unsafe(`the address ${pathname}`);
      }
      const again = new StrangeHub([{ ...offeredHub.listing, body: bytes }]);
      const measured = await measureDownload(again.connection, hubEntry, signal);
      for (const size of [measured.downloadBytes, measured.largestFileBytes]) {
        if (!Number.isSafeInteger(size) || size < 0) unsafe(`a download of ${size} bytes`);
      }
      await checkKept(join(folder, 'hub-listing'), hubEntry, listing);
    },
  };
}

/** Fetched in two requests: of two pieces, and of one. */
const content = Buffer.from(Array.from({ length: 96 }, (_, i) => 32 + ((i * 7) % 90)));

/** Downloads `content` from `hub` into a folder; throws when anything else than it comes to its place. */
async function download(hub: StrangeHub, path: string): Promise<void> {
  await downloadFile({
    ...{ path, signal, purpose: 'Fuzz', bytes: content.length, commit: offeredHub.commit },
    hash: { algorithm: 'sha256', value: createHash('sha256').update(content).digest('hex') },
    url: () => resolveUrl(offeredHub.endpoint, offeredHub.repository.repo, offeredHub.commit, 'weights.bin'),
    connection: hub.connection,
    throttle: new Throttle(() => null),
    cutting: { connections: 1, pieceBytes: 32, requestBytes: 64, durableBytes: 64 },
    onReceived: (bytes) => {
      if (!(bytes >= 0 && bytes <= content.length)) unsafe(`${bytes} bytes as received`);
    },
    onChecking: () => undefined,
  });
  if (!readFileSync(path).equals(content)) unsafe('another file than was listed');
}

function answersTarget(folder: string): Target {
  const valid = Buffer.from(JSON.stringify(offeredHub.download(content, 64)));
  const place = join(folder, 'hub-answers');
  return {
    ...{ name: 'hub-answers', weight: 2, valid },
    codes: ['network-failed', 'hub-refused', 'source-changed', 'download-damaged'],
    path: join(folder, 'hub-answers.json'),
    mutant: (chance) => mutate(valid, chance),
    async check(bytes) {
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
      const hub = StrangeHub.of(bytes);
      try {
        await download(hub, join(place, 'weights.bin'));
      } finally {
        if (hub.wrongs.length > 0) unsafe(hub.wrongs.join('; '));
      }
    },
  };
}

/** The download ends with the right file, whichever note is beside an unfinished one. */
function journalTarget(folder: string): Target {
  const path = join(folder, 'hub-journal', 'weights.bin');
  const valid = Buffer.from(
    JSON.stringify({ bytes: content.length, pieceBytes: 32, etag: offeredHub.etag, done: [0, 1] }),
  );
  const many: Json = Array.from({ length: 200_000 }, () => 1);
  return {
    ...{ name: 'hub-journal', weight: 1, codes: [], valid },
    path: join(folder, 'hub-journal.json'),
    mutant: (chance) =>
      chance.is(0.02)
        ? Buffer.from(JSON.stringify({ ...(JSON.parse(valid.toString('utf8')) as object), done: many }))
        : mutate(valid, chance),
    async check(bytes) {
      rmSync(join(folder, 'hub-journal'), { recursive: true, force: true });
      mkdirSync(join(folder, 'hub-journal'));
      writeFileSync(`${path}.pieces`, bytes);
      writeFileSync(`${path}.part`, content.subarray(0, 64));
      await download(StrangeHub.serving(content), path);
    },
  };
}

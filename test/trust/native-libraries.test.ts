import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { appRoot } from '../services/support/program.ts';
import reviewed from './native-addresses.json' with { type: 'json' };

/** Of every platform, as far as the packages hold them. */
const nativeLibrary = /\.(node|dll|dylib|so(\.[\d.]+)?)$/;
const scheme = /^https?:\/\/([A-Za-z0-9.-]*[A-Za-z0-9])/;
const longestHost = 253;

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/** Folders of the packages that the app ships, as far as they are installed here: optional ones differ by platform. */
function shippedPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(appRoot, 'package-lock.json'), 'utf8')) as Lock;
  const folders = Object.keys(lock.packages).filter((path) => path !== '' && !lock.packages[path]!.dev);
  return folders.filter((path) => existsSync(join(appRoot, path)));
}

function librariesIn(folder: string): string[] {
  return readdirSync(join(appRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && nativeLibrary.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.slice(join(appRoot, folder).length).includes('node_modules'));
}

/** Hosts of the http and https addresses in the bytes, written with one byte a character or with two. */
function hostsIn(bytes: Buffer): Set<string> {
  const hosts = new Set<string>();
  for (const encoding of ['latin1', 'utf16le'] as const) {
    const width = encoding === 'latin1' ? 1 : 2;
    for (const start of ['http://', 'https://']) {
      const sought = Buffer.from(start, encoding);
      for (let at = bytes.indexOf(sought); at >= 0; at = bytes.indexOf(sought, at + 1)) {
        const text = bytes.toString(encoding, at, at + (start.length + longestHost) * width);
        const host = scheme.exec(text)?.[1];
        if (host !== undefined) hosts.add(host.toLowerCase());
      }
    }
  }
  return hosts;
}

/** What was looked at of a package; `@node-llama-cpp/linux-x64` and its like for other platforms are one entry. */
function reviewedHosts(folder: string): Set<string> {
  const name = folder.split('node_modules/').at(-1)!;
  const families: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = reviewed;
  const [, hosts = {}] = Object.entries(families).find(([family]) => name.startsWith(family)) ?? [];
  return new Set(Object.values(hosts).flat());
}

test(
  'native libraries of the dependencies name no address that was not looked at',
  { timeout: 300_000 },
  () => {
    const unknown: string[] = [];
    let libraries = 0;
    for (const folder of shippedPackages()) {
      const known = reviewedHosts(folder);
      for (const path of librariesIn(folder)) {
        libraries += 1;
        for (const host of hostsIn(readFileSync(path))) {
          if (!known.has(host)) unknown.push(`${path.slice(appRoot.length)}: ${host}`);
        }
      }
    }
    expect(libraries).toBeGreaterThan(0);
    expect(unknown).toEqual([]);
  },
);

test('an address is found however it is written', () => {
  const text = 'see https://Example.com/x, http://a.b:80';
  const bytes = Buffer.concat([Buffer.from([0]), Buffer.from(text), Buffer.from(`\0${text}`, 'utf16le')]);
  expect([...hostsIn(bytes)]).toEqual(['a.b', 'example.com']);
});

/** Providers of events in this group are what the telemetry service of Windows collects: {4f50731a-89cf-4782-b3e0-dce8c90476ba}. */
const telemetryGroup = Buffer.from('1a73504fcf898247b3e0dce8c90476ba', 'hex');

test('of the libraries for Windows, two are of the telemetry group: one has a switch, the other is left out', () => {
  const windows = librariesIn('node_modules/onnxruntime-node').filter((path) => path.includes('win32'));
  const inGroup = windows.filter((path) => readFileSync(path).includes(telemetryGroup));
  expect([...new Set(inGroup.map((path) => basename(path)))].sort()).toEqual([
    'DirectML.dll',
    'onnxruntime.dll',
  ]);
  const switched = inGroup.filter((path) => readFileSync(path).includes('ORT_RUNNING_UNIT_TESTS'));
  expect(switched).toEqual(inGroup.filter((path) => basename(path) === 'onnxruntime.dll'));
});

test('SECURITY.md tells of the very versions that are installed', () => {
  const text = readFileSync(join(appRoot, 'SECURITY.md'), 'utf8');
  const { dependencies } = JSON.parse(readFileSync(join(appRoot, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of ['onnxruntime-node', 'node-llama-cpp', 'sharp', 'koffi', 'better-sqlite3']) {
    expect(text).toContain(`\`${name}\` ${dependencies[name]}`);
  }
});

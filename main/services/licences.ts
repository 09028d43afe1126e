import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { LicenceNotice } from '../../preload/contract/api.ts';

const packageSchema = v.object({
  name: v.optional(v.string(), ''),
  version: v.optional(v.string(), ''),
  license: v.optional(v.union([v.string(), v.object({ type: v.string() })])),
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
  optionalDependencies: v.optional(v.record(v.string(), v.string()), {}),
  devDependencies: v.optional(v.record(v.string(), v.string()), {}),
});

type PackageFile = v.InferOutput<typeof packageSchema>;

/** What the window runs in; the packages that install it are not part of the program. */
const runtime = 'electron';

/** Development dependencies whose code is in the built window. */
const builtIn = ['svelte', 'bits-ui', '@lucide/svelte', 'openseadragon', 'markdown-it', 'dompurify'];

/** File of the packed program that holds the notices, because there the window's libraries have no folders any more. */
export const licencesFile = 'licences.json';

/** What the program consists of besides its own code, by name. Reads the packed list, or else the installed packages. */
export async function listLicences(appRoot: string): Promise<readonly LicenceNotice[]> {
  const packed = await readFile(join(appRoot, licencesFile), 'utf8').catch(() => null);
  return packed === null ? collectLicences(appRoot) : (JSON.parse(packed) as LicenceNotice[]);
}

/** Reads the notices from `node_modules`: the program's dependencies and everything these need. */
export async function collectLicences(appRoot: string): Promise<readonly LicenceNotice[]> {
  const root = await readPackage(appRoot);
  const found = new Map<string, LicenceNotice>();
  const visited = new Set<string>();
  const visit = async (name: string, from: string): Promise<void> => {
    const folder = await packageFolder(name, from, appRoot);
    // What another platform needs is not installed here, and not part of the program here.
    if (folder === null || visited.has(folder)) return;
    visited.add(folder);
    const { version, license, dependencies, optionalDependencies } = await readPackage(folder);
    const licence = typeof license === 'string' ? license : (license?.type ?? (await licenceTitle(folder)));
    found.set(`${name} ${version}`, { name, version, licence });
    if (name === runtime) return;
    const needed = Object.keys({ ...dependencies, ...optionalDependencies });
    await Promise.all(needed.map((next) => visit(next, folder)));
  };
  const wanted = [
    ...Object.keys(root.dependencies),
    ...[runtime, ...builtIn].filter((name) => name in root.devDependencies),
  ];
  await Promise.all(wanted.map((name) => visit(name, appRoot)));
  return [...found.values()].sort(
    (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
  );
}

/** The folder of the package `name` as `from` would import it: the nearest `node_modules` upwards. */
async function packageFolder(name: string, from: string, appRoot: string): Promise<string | null> {
  for (let folder = from; folder.length >= appRoot.length; folder = join(folder, '..')) {
    const candidate = join(folder, 'node_modules', name);
    const found = await readFile(join(candidate, 'package.json')).catch(() => null);
    if (found) return candidate;
  }
  return null;
}

async function readPackage(folder: string): Promise<PackageFile> {
  return v.parse(packageSchema, JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
}

/** The title of the licence's text, for packages whose description does not name one. */
async function licenceTitle(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'LICENSE'), 'utf8').catch(() => '');
  return text.trimStart().split('\n')[0]?.trim() || 'unknown';
}

import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { readRegularFile, readTextIfThere } from '../../files/regular-file.ts';
import * as v from 'valibot';

import { exists } from '../../files/exists.ts';
import type { PairPaths } from '../../convert/pair/open-pair.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { AppError, sendError, type SentError } from '../../../preload/contract/errors.ts';
import { builtInEntries } from './built-in.ts';
import { entrySchema, entryVersion, type CatalogueEntry } from './entry.ts';
import { readFolder, readPair, type LocalModel } from './local-source.ts';
import { needsOf, type ModelNeeds } from './needs.ts';

export interface ListedEntry {
  readonly entry: CatalogueEntry;
  /** `added`: by this person, who may remove it. */
  readonly origin: 'built-in' | 'added';
  /** For every precision on offer, the most exact first; empty where the entry does not say its size. */
  readonly needs: readonly ModelNeeds[];
  /** Terms that still have to be accepted. */
  readonly licencesToAccept: readonly string[];
}

/** An entry file that could not be used: it is named and left as it is. */
export interface RefusedEntry {
  readonly file: string;
  readonly error: SentError;
}

/** An entry takes a kilobyte. */
const maxEntryBytes = 64 * 2 ** 10;
const maxEntries = 1000;

const acceptedSchema = v.object({
  /** When each licence was accepted, in milliseconds since 1970, and where its text was. */
  accepted: v.record(v.string(), v.object({ at: v.number(), url: v.string() })),
});

type Accepted = v.InferOutput<typeof acceptedSchema>['accepted'];

/** The models on offer: those that come with the program, and those in the person's own folder. */
export class Catalogue {
  readonly #folder: string;
  readonly #acceptedPath: string;
  readonly #builtIn: readonly CatalogueEntry[];

  constructor(dataFolder: string, builtIn: readonly CatalogueEntry[] = builtInEntries) {
    this.#folder = join(dataFolder, 'catalogue');
    this.#acceptedPath = join(dataFolder, 'accepted-licences.json');
    this.#builtIn = builtIn;
  }

  /** All entries; those of files that cannot be used are told with what is wrong. */
  async list(): Promise<{ entries: readonly ListedEntry[]; refused: readonly RefusedEntry[] }> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => name.endsWith('.json'));
    const accepted = await this.#accepted();
    const entries = this.#builtIn.map((entry) => listed(entry, 'built-in', accepted));
    const refused: RefusedEntry[] = [];
    for (const name of names.sort().slice(0, maxEntries)) {
      try {
        const entry = await readEntry(join(this.#folder, name));
        if (entries.some(({ entry: { id } }) => id === entry.id)) {
          throw invalid(name, `its id ${entry.id} is taken`);
        }
        entries.push(listed(entry, 'added', accepted));
      } catch (error) {
        refused.push({ file: name, error: sendError(error) });
      }
    }
    return { entries, refused };
  }

  /** Throws `wrong-usage` when there is no such entry. */
  async find(id: string): Promise<ListedEntry> {
    const { entries } = await this.list();
    const found = entries.find(({ entry }) => entry.id === id);
    if (found) return found;
    const ids = entries.map(({ entry }) => entry.id).join(', ');
    throw new AppError('wrong-usage', `${id}: the catalogue has no such model. It has ${ids}.`);
  }

  /** Throws `catalogue-invalid`, also when the id is taken. */
  async add(json: unknown): Promise<ListedEntry> {
    const entry = parseEntry(json, 'the entry');
    const { entries } = await this.list();
    if (entries.some(({ entry: { id } }) => id === entry.id)) {
      throw invalid('the entry', `its id ${entry.id} is taken`);
    }
    makeFolder(this.#folder);
    await replaceFile(join(this.#folder, `${entry.id}.json`), `${JSON.stringify(entry, null, 2)}\n`);
    return this.find(entry.id);
  }

  /** Adds a checkpoint that lies in a folder of this machine. Throws what `readFolder` throws. */
  async addFolder(checkpoint: string, clip: string | null, name: string | null): Promise<ListedEntry> {
    return this.#addLocal(await readFolder(checkpoint, clip), name);
  }

  /** Adds a pair of GGUF files of this machine. Throws what `readPair` throws. */
  async addPair(paths: PairPaths, name: string | null): Promise<ListedEntry> {
    return this.#addLocal(await readPair(paths), name);
  }

  /** Added again, a model is read anew. */
  async #addLocal(model: LocalModel, name: string | null): Promise<ListedEntry> {
    const shown = (name ?? model.name).slice(0, 80);
    const slug = shown
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40);
    // Two models of one name lie in two places.
    const suffix = createHash('sha256').update(placesOf(model).join('\0')).digest('hex').slice(0, 8);
    const id = `${slug || model.source.kind}-${suffix}`;
    const { entries } = await this.list();
    if (entries.some(({ entry }) => entry.id === id)) await this.remove(id);
    return this.add({
      schema: entryVersion,
      id,
      name: shown,
      source: model.source,
      licences: [],
      downloadBytes: 0,
      largestFileBytes: 0,
      size: model.size,
      figures: [],
      paper: null,
    } satisfies CatalogueEntry);
  }

  /** Removes an entry that was added; the files it names stay. Throws `wrong-usage` for one of the program's own. */
  async remove(id: string): Promise<void> {
    const { origin } = await this.find(id);
    if (origin === 'built-in') {
      throw new AppError('wrong-usage', `${id}: comes with the program and cannot be removed.`);
    }
    for (const name of await readdir(this.#folder)) {
      const entry = name.endsWith('.json')
        ? await readEntry(join(this.#folder, name)).catch(() => null)
        : null;
      if (entry?.id === id) await rm(join(this.#folder, name));
    }
  }

  /** Remembers that the person agrees to these licences of the entry. Throws `licence-not-accepted` when one is missing. */
  async accept({ entry, licencesToAccept }: ListedEntry, ids: readonly string[]): Promise<void> {
    const missing = licencesToAccept.filter((id) => !ids.includes(id));
    if (missing.length > 0) {
      const names = entry.licences.filter(({ id }) => missing.includes(id)).map(({ name }) => name);
      throw new AppError(
        'licence-not-accepted',
        `${entry.name}: ${names.join(', ')} has to be accepted first.`,
        {
          licences: missing.join(', '),
          names: names.join(', '),
        },
      );
    }
    if (licencesToAccept.length === 0) return;
    const accepted = { ...(await this.#accepted()) };
    for (const { id, url } of entry.licences) {
      if (licencesToAccept.includes(id)) accepted[id] = { at: Date.now(), url };
    }
    await replaceFile(this.#acceptedPath, `${JSON.stringify({ accepted }, null, 2)}\n`);
  }

  async #accepted(): Promise<Accepted> {
    if (!(await exists(this.#acceptedPath))) return {};
    const text = await readTextIfThere(this.#acceptedPath);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), acceptedSchema), text);
    // A file that cannot be read means asking once more.
    return parsed.success ? parsed.output.accepted : {};
  }
}

function placesOf({ source }: LocalModel): string[] {
  if (source.kind === 'pair') return [source.mmproj, source.language];
  return source.clip === null ? [source.checkpoint] : [source.checkpoint, source.clip];
}

function listed(entry: CatalogueEntry, origin: ListedEntry['origin'], accepted: Accepted): ListedEntry {
  const licencesToAccept = entry.licences
    .filter(({ id, url, mustAccept }) => mustAccept && accepted[id]?.url !== url)
    .map(({ id }) => id);
  return { entry, origin, needs: needsOf(entry), licencesToAccept };
}

async function readEntry(path: string): Promise<CatalogueEntry> {
  const name = basename(path);
  const tooLarge = (bytes: number) =>
    invalid(name, `has ${bytes} bytes; at most ${maxEntryBytes} are accepted`);
  let json: unknown;
  try {
    const bytes = await readRegularFile(path, maxEntryBytes, { tooLarge });
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'file-unreadable')
      throw invalid(name, 'is not a regular file');
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalid(name, 'is not valid JSON', { cause });
  }
  return parseEntry(json, name);
}

function parseEntry(json: unknown, file: string): CatalogueEntry {
  const parsed = v.safeParse(entrySchema, json);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw invalid(file, `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
}

function invalid(file: string, fault: string, options?: ErrorOptions): AppError {
  return new AppError('catalogue-invalid', `${file}: ${fault}.`, { file, fault }, options);
}

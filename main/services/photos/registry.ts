import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError, aboutFile } from '../../../preload/contract/errors.ts';
import type { ImagesClient } from '../../../native-models/engine/images-client.ts';
import type { PhotoFacts, PhotoRef } from '../../../native-models/engine/images-protocol.ts';
import type { PhotoSource } from '../../../native-models/image/photo-file.ts';
import type { AppEvent, AppFailure, Photo, PhotoId, PhotoState } from '../../../preload/contract/api.ts';
import { toFailure } from '../failure.ts';
import type { FindingTable } from '../store/measurements.ts';
import type { PhotoRecord, PhotoTable } from '../store/photo-table.ts';
import { displayName, fsPath, realPath } from './paths.ts';
import type { FilePath } from './paths.ts';
import { Troubles } from './troubles.ts';

/** Where a photo that is being opened comes from and what becomes of it. */
export interface Opening {
  readonly origin: Photo['origin'];
  /** A private photo is known in this run only and among no recent photos. */
  readonly isPrivate: boolean;
  /** Display name, where it is not the file's own. */
  readonly name?: string;
  /** A fixed id, for photos that come with the program. */
  readonly id?: PhotoId;
  /** What its file holds, as long as it has that size: decoding it finds out whether that is so. */
  readonly known?: PhotoFacts;
}

/** How a photo was found when it was last looked at. */
interface Finding {
  readonly state: PhotoState;
  readonly error: AppFailure | null;
}

/** How many files are read at the same time when several are opened. */
const openingAtOnce = 4;

/** Copies of a photo among which a moved one is looked for. */
const mostCopies = 8;

/** Faults that lie in a photo's content: trying again does not help. */
const contentFaults: ReadonlySet<string> = new Set(['photo-damaged', 'photo-unsupported', 'photo-too-large']);

const ready: Finding = { state: 'ready', error: null };

export interface PhotoRegistryOptions {
  readonly images: ImagesClient;
  /** Where it is remembered which photos cannot be decoded. */
  readonly findings: FindingTable;
  readonly durable: PhotoTable;
  /** In memory: private photos, and those that could not be opened. */
  readonly transient: PhotoTable;
  readonly publish: (event: AppEvent) => void;
}

/**
 * Every photo the program knows, by opaque id. A photo is a file and the content it had when it was opened: a file
 * that has other content now, or is gone, is noticed whenever the photo is used.
 */
export class PhotoRegistry {
  readonly #options: PhotoRegistryOptions;
  readonly #findings = new Map<PhotoId, Finding>();
  /** What decoding said of content that cannot be decoded, by hash. */
  readonly #undecodable = new Map<string, AppFailure>();
  readonly #troubles: Troubles;
  /** Photos that have no file. */
  readonly #bytes = new Map<PhotoId, Uint8Array>();
  #recognising: Promise<unknown> = Promise.resolve();

  constructor(options: PhotoRegistryOptions) {
    this.#options = options;
    this.#troubles = new Troubles(options.findings);
  }

  /** Opens files in the given order; one that cannot be read becomes a photo in the state `unreadable`. */
  async openAll(paths: readonly FilePath[], opening: Opening): Promise<Photo[]> {
    const photos: Photo[] = new Array<Photo>(paths.length);
    let next = 0;
    const openNext = async (): Promise<void> => {
      for (let index = next++; index < paths.length; index = next++) {
        photos[index] = await this.open(paths[index]!, opening);
      }
    };
    await Promise.all(Array.from({ length: openingAtOnce }, openNext));
    return photos;
  }

  /** Opens one file. The same file with the same content is the same photo as before. */
  async open(path: FilePath, opening: Opening): Promise<Photo> {
    try {
      return await this.openReadable(path, opening);
    } catch (error) {
      return this.#unreadable(path, opening, error);
    }
  }

  /** Opens one file. Throws what is wrong with it. */
  async openReadable(path: FilePath, opening: Opening): Promise<Photo> {
    const real = await realPath(path);
    const found = await stat(fsPath(real));
    if (!found.isFile()) {
      throw new AppError('file-unreadable', `${displayName(path)} is not a file.`, {
        file: displayName(path),
      });
    }
    const { durable, transient } = this.#options;
    const { known } = opening;
    const isKnown = known?.bytes === found.size;
    const facts = isKnown ? known : await this.#inspect({ path: real }, found.size);
    // A person opens it: what it did before is not held against it.
    for (const each of [facts.sha256, placeOf(real, found)]) this.#troubles.forget(each);
    const fresh = this.#newRecord(real, { modified: found.mtimeMs }, facts, opening);
    if (opening.isPrivate || opening.id !== undefined) {
      this.#findings.set(fresh.id, ready);
      return this.#keep(fresh, opening.isPrivate ? transient : durable);
    }
    return this.#recogniseInTurn(fresh, real);
  }

  /** Opens a photo that has no file, for as long as the program runs. Throws what is wrong with it. */
  async openBytes(bytes: Uint8Array, opening: Opening & { name: string }): Promise<Photo> {
    const facts = await this.#inspect(bytes, bytes.length);
    const record = this.#newRecord('', { modified: 0 }, facts, { ...opening, isPrivate: true });
    this.#bytes.set(record.id, bytes);
    return this.#keep(record, this.#options.transient);
  }

  /**
   * What was uploaded before with this content, opened again: the same photo under the same name, and under another a
   * photo of its own that shares the file. Null when there is none.
   */
  async reopenUpload(sha256: string, name: string): Promise<Photo | null> {
    const stored: PhotoRecord[] = [];
    for (const record of this.#options.durable.withContent(sha256)) {
      const isStored = record.origin === 'upload' && (await this.find(record.id))?.state === 'ready';
      if (isStored) stored.push(record);
    }
    // Not one that was forgotten while the others were looked at: its file is gone.
    const known = stored.filter(({ id }) => this.#find(id) !== null);
    const [first] = known;
    if (!first) return null;
    const photo = known.find((record) => record.name === name) ?? { ...first, id: randomUUID(), name };
    return this.#keep({ ...photo, openedAt: Date.now(), recent: true });
  }

  /** Adds a photo of which only the content's hash is known, to be found or located later; or finds the one that has it. */
  addAbsent(facts: PhotoFacts & { name: string }): PhotoId {
    const [known] = this.#options.durable.withContent(facts.sha256);
    if (known) return known.id;
    const opening: Opening = { origin: 'file', isPrivate: false, name: facts.name };
    const record = { ...this.#newRecord('', { modified: 0 }, facts, opening), recent: false };
    this.#options.durable.put(record);
    return record.id;
  }

  /** Takes a photo that was never opened here out of the program again. */
  forgetAbsent(id: PhotoId): void {
    if (this.#options.durable.get(id)?.path === '') this.forget(id, false);
  }

  /** The photo as it is now; its file is looked at. Throws `file-missing` when the id is unknown. */
  async get(id: PhotoId): Promise<Photo> {
    const finding = await this.#look(id);
    return toPhoto(this.record(id), finding);
  }

  /** Like `get`, but an id that is unknown, because the photo was forgotten, is null. */
  async find(id: PhotoId): Promise<Photo | null> {
    return this.get(id).catch(() => null);
  }

  record(id: PhotoId): PhotoRecord {
    const record = this.#find(id);
    if (!record) throw new AppError('file-missing', `No photo ${id}.`);
    return record;
  }

  isPrivate(id: PhotoId): boolean {
    return this.#options.transient.get(id) !== null;
  }

  /** The photo for the images process. Throws `photo-changed` or `file-missing` when its file is not what was opened. */
  async use(id: PhotoId): Promise<PhotoRef> {
    const { state, error } = await this.#look(id);
    const record = this.record(id);
    if (state === 'ready') return { source: this.#source(record), sha256: record.sha256 };
    if (state === 'changed') {
      throw new AppError('photo-changed', `${record.name}: the file has changed since it was opened.`, {
        file: record.name,
      });
    }
    const failure: AppFailure = error ?? { code: 'file-missing', details: { file: record.name } };
    throw AppError.again(failure, `${record.name}: cannot be used (${failure.code}).`);
  }

  recent(limit: number): Photo[] {
    return this.#options.durable
      .recent(limit)
      .map((record) => toPhoto(record, this.#findings.get(record.id) ?? ready));
  }

  /** Photos whose only copy is the program's. */
  uploads(): PhotoRecord[] {
    const { durable } = this.#options;
    return [...durable.withOrigin('upload'), ...durable.withOrigin('scene')];
  }

  /** Whether the program's own copy of a photo, at that path, is still some photo's. */
  needsUpload(uploaded: FilePath): boolean {
    return this.uploads().some(({ path }) => samePath(path, uploaded));
  }

  /** Where the file of a photo is now; null when it has none, it is not what was opened, or no text can name it. */
  async path(id: PhotoId): Promise<string | null> {
    const { state } = await this.#look(id);
    const { path } = this.record(id);
    return state === 'ready' && typeof path === 'string' && path !== '' ? path : null;
  }

  /** Takes a photo from the recent ones, and out of the program unless `isUsed`. Its file stays. */
  forget(id: PhotoId, isUsed: boolean): void {
    const { durable, transient } = this.#options;
    transient.remove(id);
    this.#bytes.delete(id);
    this.#findings.delete(id);
    const record = durable.get(id);
    if (!record) return;
    if (isUsed) durable.put({ ...record, recent: false });
    else durable.remove(id);
  }

  /** Takes photos that are neither recent nor used out of the program; returns them. Their files stay. */
  forgetUnused(isUsed: (id: PhotoId) => boolean): readonly PhotoRecord[] {
    const unused = this.#options.durable.unlisted().filter(({ id }) => !isUsed(id));
    for (const { id } of unused) this.forget(id, false);
    return unused;
  }

  /** A private photo that is used where things are kept becomes known to later runs, if it has a file. */
  keep(id: PhotoId): void {
    const { durable, transient } = this.#options;
    const record = transient.get(id);
    if (!record || record.sha256 === '' || this.#bytes.has(id)) return;
    transient.remove(id);
    durable.put({ ...record, recent: true });
  }

  /** Points a photo to the file it is in now. Throws `photo-changed` when that file has other content. */
  async relocate(id: PhotoId, path: FilePath): Promise<Photo> {
    const real = await realPath(path);
    const found = await stat(fsPath(real));
    const facts = await this.#inspect({ path: real }, found.size);
    const record = this.record(id);
    if (facts.sha256 !== record.sha256) {
      throw new AppError('photo-changed', `${displayName(path)} is not the photo ${record.name}.`, {
        file: displayName(path),
      });
    }
    this.#findings.set(id, ready);
    return this.#keep({ ...record, path: real, name: displayName(real), modified: found.mtimeMs });
  }

  /** Decoding has found pixels missing: the windows are told, once. */
  noticePartial(id: PhotoId): void {
    const record = this.#find(id);
    if (!record || record.notes.includes('partial')) return;
    this.#keep({ ...record, notes: [...record.notes, 'partial'] });
  }

  /** Decoding has failed: where the content is to blame, the photo is unreadable until its file changes. */
  noticeFailure(id: PhotoId, error: unknown): void {
    const record = this.#find(id);
    const failure = toFailure(error);
    if (!record) return;
    // Its size and time are those of the file that was opened, so that only its content tells: it is read again.
    if (failure.code === 'photo-changed') this.#storeOf(id).put({ ...record, modified: 0 });
    else if (failure.code === 'photo-undecodable') {
      this.#troubles.add(record.sha256, failure.details.reason, this.isPrivate(id));
    } else if (!contentFaults.has(failure.code)) return;
    else this.#undecodable.set(record.sha256, aboutFile(failure, record.name));
    // The next use of the photo looks again.
    this.#look(id).catch(() => undefined);
  }

  /** One at a time: of a file that is opened twice at once, the second opening finds the photo of the first. */
  #recogniseInTurn(fresh: PhotoRecord, real: FilePath): Promise<Photo> {
    const turn = this.#recognising.then(async () => {
      const known = await this.#known(real, fresh.sha256);
      const record = known ? { ...fresh, id: known.id } : fresh;
      this.#findings.set(record.id, ready);
      return this.#keep(record, this.#options.durable);
    });
    this.#recognising = turn.catch(() => undefined);
    return turn;
  }

  /** The photo that was opened before with this content: from this file, or from one that is gone since. */
  async #known(real: FilePath, sha256: string): Promise<PhotoRecord | null> {
    const same = this.#options.durable
      .withContent(sha256)
      .filter(({ origin }) => origin !== 'sample' && origin !== 'scene');
    const here = same.find(({ path }) => samePath(path, real));
    if (here) return here;
    for (const record of same.slice(0, mostCopies)) {
      if ((await this.find(record.id))?.state === 'missing') return record;
    }
    return null;
  }

  #newRecord(
    path: FilePath,
    { modified }: { modified: number },
    facts: PhotoFacts,
    { origin, isPrivate, name, id }: Opening,
  ): PhotoRecord {
    return {
      ...facts,
      id: id ?? randomUUID(),
      path,
      name: name ?? displayName(path),
      origin,
      modified,
      openedAt: Date.now(),
      recent: !isPrivate && (origin === 'file' || origin === 'upload'),
    };
  }

  /** Stores a photo and tells the windows of it. */
  #keep(record: PhotoRecord, store: PhotoTable = this.#storeOf(record.id)): Photo {
    try {
      store.put(record);
    } catch {
      // Where nothing can be stored, the photo is known for this run.
      this.#options.transient.put(record);
    }
    const photo = toPhoto(record, this.#findings.get(record.id) ?? ready);
    this.#options.publish({ type: 'photo', photo });
    return photo;
  }

  #unreadable(path: FilePath, opening: Opening, cause: unknown): Photo {
    const name = opening.name ?? displayName(path);
    const facts: PhotoFacts = { width: 0, height: 0, bytes: 0, format: '', notes: [], sha256: '' };
    const record = this.#newRecord(path, { modified: 0 }, facts, { ...opening, name, isPrivate: true });
    const failure = toFailure(cause);
    this.#findings.set(record.id, {
      state: failure.code === 'file-missing' ? 'missing' : 'unreadable',
      error: aboutFile(failure, name),
    });
    return this.#keep(record, this.#options.transient);
  }

  /** Looks at a photo's file and says what became of it; tells the windows when that is news. */
  async #look(id: PhotoId): Promise<Finding> {
    const record = this.record(id);
    const before = this.#findings.get(id) ?? ready;
    // What could not be opened stays as it was; it has no content to compare with.
    if (record.sha256 === '') return before;
    const found = this.#bytes.has(id) ? ready : await this.#examine(record);
    // Forgotten meanwhile it is unknown; located meanwhile it is another file that counts.
    if (!samePath(this.record(id).path, record.path)) return this.#look(id);
    const fault = found.state === 'ready' && this.#faultOf(record);
    const finding: Finding = fault ? { state: 'unreadable', error: fault } : found;
    this.#findings.set(id, finding);
    if (finding.state !== before.state) {
      this.#options.publish({ type: 'photo', photo: toPhoto(this.record(id), finding) });
    }
    return finding;
  }

  /** What is known to be wrong with a photo's content. */
  #faultOf({ sha256, name }: PhotoRecord): AppFailure | null {
    const reason = this.#troubles.get(sha256);
    if (reason) return { code: 'photo-undecodable', details: { file: name, reason } };
    return this.#undecodable.get(sha256) ?? null;
  }

  async #examine(record: PhotoRecord): Promise<Finding> {
    const { id, path, name, bytes, modified, sha256 } = record;
    // What is forgotten while its file is read is not private any more, but unknown.
    const isPrivate = this.isPrivate(id);
    const details = { file: name };
    try {
      if (path === '') return { state: 'missing', error: { code: 'file-missing', details } };
      const found = await stat(fsPath(path));
      const isSameFile = samePath(path, await realPath(path));
      if (isSameFile && found.size === bytes && found.mtimeMs === modified) return ready;
      const place = placeOf(path, found);
      const reason = this.#troubles.get(place);
      if (reason) {
        return { state: 'unreadable', error: { code: 'photo-undecodable', details: { ...details, reason } } };
      }
      const facts = await this.#inspect({ path }, found.size).catch((error: unknown) => {
        const { code, details: about } = toFailure(error);
        if (code === 'photo-undecodable') this.#troubles.add(place, about.reason, isPrivate);
        throw error;
      });
      if (!isSameFile || facts.sha256 !== sha256) {
        return { state: 'changed', error: { code: 'photo-changed', details } };
      }
      const now = this.#find(id);
      if (now) this.#storeOf(id).put({ ...now, modified: found.mtimeMs });
      return ready;
    } catch (error) {
      const failure = toFailure(error);
      const isGone = failure.code === 'file-missing';
      return { state: isGone ? 'missing' : 'unreadable', error: aboutFile(failure, name) };
    }
  }

  #inspect(source: PhotoSource, bytes: number): Promise<PhotoFacts> {
    return this.#options.images.call('inspect', { source }, { size: { pixels: 0, bytes } });
  }

  #source(record: PhotoRecord): PhotoSource {
    return this.#bytes.get(record.id) ?? { path: record.path };
  }

  #find(id: PhotoId): PhotoRecord | null {
    return this.#options.transient.get(id) ?? this.#options.durable.get(id);
  }

  #storeOf(id: PhotoId): PhotoTable {
    return this.isPrivate(id) ? this.#options.transient : this.#options.durable;
  }
}

function toPhoto(record: PhotoRecord, { state, error }: Finding): Photo {
  const { id, name, width, height, bytes, format, origin, notes, sha256, openedAt } = record;
  return { id, name, width, height, bytes, format, origin, notes, sha256, state, error, openedAt };
}

/** Says which content is in a file, before it has been read. */
const placeOf = (path: FilePath, { size, mtimeMs }: { size: number; mtimeMs: number }) =>
  `${Buffer.from(path as string).toString('latin1')}\0${size}\0${mtimeMs}`;

const samePath = (a: FilePath, b: FilePath) => Buffer.from(a as string).equals(Buffer.from(b as string));

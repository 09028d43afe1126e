import type { Photo, PhotoId, PhotoNote } from '../../../preload/contract/api.ts';
import { emptyLog, execute } from './database.ts';
import type { Connection } from './database.ts';

/** A photo as it was when it was opened. */
export interface PhotoRecord {
  readonly id: PhotoId;
  /** Text, or bytes where the file's name is not valid UTF-8 (Linux only). */
  readonly path: string | Uint8Array;
  readonly name: string;
  readonly origin: Photo['origin'];
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly notes: readonly PhotoNote[];
  readonly openedAt: number;
  /** Whether it is among the recent photos. */
  readonly recent: boolean;
}

interface PhotoRow {
  id: string;
  path: string | Uint8Array;
  name: string;
  origin: Photo['origin'];
  bytes: number;
  modified: number;
  sha256: string;
  width: number;
  height: number;
  format: string;
  notes: string;
  opened_at: number;
  recent: number;
}

/** The photos that conversations and the list of recent photos refer to, in one database. */
export class PhotoTable {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  get(id: PhotoId): PhotoRecord | null {
    return this.#one('SELECT * FROM photos WHERE id = ?', id);
  }

  withContent(sha256: string): PhotoRecord[] {
    return this.#all('SELECT * FROM photos WHERE sha256 = ?', sha256);
  }

  recent(limit: number): PhotoRecord[] {
    return this.#all('SELECT * FROM photos WHERE recent ORDER BY opened_at DESC, rowid DESC LIMIT ?', limit);
  }

  withOrigin(origin: Photo['origin']): PhotoRecord[] {
    return this.#all('SELECT * FROM photos WHERE origin = ?', origin);
  }

  /** Adds a photo, or replaces the one of the same id. */
  put(photo: PhotoRecord): void {
    const row: PhotoRow = {
      id: photo.id,
      path: photo.path,
      name: photo.name,
      origin: photo.origin,
      bytes: photo.bytes,
      modified: photo.modified,
      sha256: photo.sha256,
      width: photo.width,
      height: photo.height,
      format: photo.format,
      notes: JSON.stringify(photo.notes),
      opened_at: photo.openedAt,
      recent: photo.recent ? 1 : 0,
    };
    const columns = Object.keys(row);
    execute(
      this.#database,
      `INSERT INTO photos (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})
         ON CONFLICT (id) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
      row,
    );
  }

  remove(id: PhotoId): void {
    if (execute(this.#database, 'DELETE FROM photos WHERE id = ?', id).changes > 0) emptyLog(this.#database);
  }

  /** What was opened once, is not among the recent photos and has no draft of its own. */
  unlisted(): PhotoRecord[] {
    return this.#database
      .prepare<[], PhotoRow>(
        `SELECT * FROM photos WHERE NOT recent AND origin IN ('file', 'upload')
           AND id NOT IN (SELECT id FROM drafts)`,
      )
      .all()
      .map(toRecord);
  }

  #one(sql: string, value: string): PhotoRecord | null {
    const row = this.#database.prepare<[string], PhotoRow>(sql).get(value);
    return row ? toRecord(row) : null;
  }

  #all(sql: string, value: string | number): PhotoRecord[] {
    return this.#database.prepare<[string | number], PhotoRow>(sql).all(value).map(toRecord);
  }
}

function toRecord(row: PhotoRow): PhotoRecord {
  return {
    id: row.id,
    path: row.path,
    name: row.name,
    origin: row.origin,
    bytes: row.bytes,
    modified: row.modified,
    sha256: row.sha256,
    width: row.width,
    height: row.height,
    format: row.format,
    notes: JSON.parse(row.notes) as PhotoNote[],
    openedAt: row.opened_at,
    recent: row.recent === 1,
  };
}

import Database from 'better-sqlite3';
import { lstatSync, renameSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { makeFolder } from '../../../native-models/files/make-folder.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import type { StartNotice } from '../../../preload/contract/api.ts';
import { asidePath } from '../files.ts';
import { migrations } from './migrations.ts';

export type Connection = Database.Database;

export interface OpenedDatabase {
  readonly database: Connection;
  /** What the person must be told about how it was opened; null when all is well. */
  readonly notice: StartNotice | null;
}

/** A database that lives in memory and ends with the program. */
export function openMemoryDatabase(): Connection {
  const database = new Database(':memory:');
  prepare(database);
  return database;
}

/**
 * Opens the database of conversations, made when there is none. A damaged file is set aside, never deleted, and a new
 * one begun; where a file cannot be written, or comes from a later version of the program, conversations are kept in
 * memory. The notice says so.
 */
export function openDatabase(path: string): OpenedDatabase {
  try {
    return { database: open(path), notice: null };
  } catch (error) {
    const file = basename(path);
    if (error instanceof LaterVersionError) {
      return { database: openMemoryDatabase(), notice: { code: 'conversations-from-later-version', file } };
    }
    if (!isDamage(error)) {
      return { database: openMemoryDatabase(), notice: { code: 'data-folder-unwritable', file } };
    }
    return beginAnew(path);
  }
}

function beginAnew(path: string): OpenedDatabase {
  try {
    const aside = setAside(path);
    return { database: open(path), notice: { code: 'conversations-set-aside', file: basename(aside) } };
  } catch {
    const notice: StartNotice = { code: 'data-folder-unwritable', file: basename(path) };
    return { database: openMemoryDatabase(), notice };
  }
}

class LaterVersionError extends Error {}

class DamageError extends Error {}

function open(path: string): Connection {
  makeFolder(dirname(path));
  refuseNoFile(path);
  const database = new Database(path);
  try {
    // A file that is no database, or whose pages do not fit together, is found before anything is written to it.
    const found = database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw new DamageError(String(found));
    const version = storedVersion(database);
    if (version > migrations.length) throw new LaterVersionError();
    // What no version of this program made is not made into its database.
    if (version <= 0 && shapeOf(database).length > 0) throw new DamageError('another program made it');
    database.pragma('journal_mode = WAL');
    // A finished message survives a power cut. Writes are few, so this costs nothing that can be felt.
    database.pragma('synchronous = FULL');
    prepare(database);
    refuseOtherShape(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A folder, a pipe or a link that leads nowhere stands where the database should; nothing at all is as it should be. */
function refuseNoFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new DamageError('not a file');
}

/** A file that says it has been through all steps, and lacks what they make. */
function refuseOtherShape(database: Connection): void {
  const expected = openMemoryDatabase();
  const found = new Set(shapeOf(database));
  const lacking = shapeOf(expected).find((part) => !found.has(part));
  expected.close();
  if (lacking !== undefined) throw new DamageError(`without ${lacking}`);
}

/** The parts of a database: every column of its tables, every index and trigger. */
const shapeOf = (database: Connection) =>
  database
    .prepare<[], string>(
      `SELECT part.type || ' ' || part.name || ' ' || coalesce(field.name, '') FROM sqlite_schema AS part
       LEFT JOIN pragma_table_info(part.name) AS field`,
    )
    .pluck()
    .all();

function prepare(database: Database.Database): void {
  database.pragma('foreign_keys = ON');
  // What is deleted is overwritten, not only unlinked.
  database.pragma('secure_delete = ON');
  // Sorting and VACUUM would put what they read into files of the temp folder.
  database.pragma('temp_store = MEMORY');
  const version = storedVersion(database);
  // Nothing is written to a database that is as it should be: it opens on a full disk too.
  if (version === migrations.length) return;
  database.transaction(() => {
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.pragma(`user_version = ${migrations.length}`);
  })();
}

const storedVersion = (database: Connection) => database.pragma('user_version', { simple: true }) as number;

const damageCodes = /^SQLITE_(CORRUPT|NOTADB|FORMAT|IOERR_SHORT_READ)/;

/** A constraint or a missing table means that the file is a database, but not one that this program made. */
function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  return (
    error instanceof Database.SqliteError && (damageCodes.test(error.code) || error.code === 'SQLITE_ERROR')
  );
}

/** Renames the database and the files SQLite keeps beside it; returns its new name. */
function setAside(path: string): string {
  const aside = asidePath(path, 'damaged');
  for (const suffix of ['', '-wal', '-shm']) {
    if (lstatSync(path + suffix, { throwIfNoEntry: false })) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

/**
 * Moves everything from the write-ahead log into the database and empties the log, in which what was deleted or
 * overwritten would still be read. Where the disk does not allow it, the next start does it.
 */
export function emptyLog(database: Connection): void {
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // What was asked for is done; only its trace stays for now.
  }
}

/** Runs a statement that writes. Throws `disk-full` or `not-writable` where that is what keeps it from being stored. */
export function execute(database: Connection, sql: string, ...values: unknown[]): Database.RunResult {
  try {
    return database.prepare(sql).run(...values);
  } catch (error) {
    throw storingError(database, error);
  }
}

function storingError(database: Connection, error: unknown): unknown {
  const code = error instanceof Database.SqliteError ? error.code : '';
  const file = basename(database.name);
  if (code === 'SQLITE_FULL') {
    return new AppError('disk-full', `${file}: the disk is full.`, { file }, { cause: error });
  }
  if (/^SQLITE_(READONLY|CANTOPEN|IOERR|BUSY|LOCKED)/.test(code)) {
    return new AppError('not-writable', `${file}: cannot be written (${code}).`, { file }, { cause: error });
  }
  return error;
}

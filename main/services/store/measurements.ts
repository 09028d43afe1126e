import { execute } from './database.ts';
import type { Connection } from './database.ts';

/** How much a new measurement counts against what was known: recent enough to follow a changed machine, calm enough to tell time by. */
const newWeight = 0.3;

/** Writes what is a convenience: where it cannot be stored, it is found out again. */
function note(database: Connection, sql: string, values: Readonly<Record<string, string | number>>): void {
  try {
    execute(database, sql, values);
  } catch {
    // The disk is full or read-only, which is told where something of the person's is stored.
  }
}

/** How long things take on this machine, so that time left can be told honestly from the start. */
export class MeasurementStore {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  /** Running mean of what was measured under `key`; null when nothing was. */
  get(key: string): number | null {
    const row = this.#database
      .prepare<[string], { value: number }>('SELECT value FROM measurements WHERE key = ?')
      .get(key);
    return row?.value ?? null;
  }

  add(key: string, value: number): void {
    note(
      this.#database,
      `INSERT INTO measurements (key, value) VALUES (@key, @value)
         ON CONFLICT (key) DO UPDATE SET value = value + (@value - value) * ${newWeight}`,
      { key, value },
    );
  }
}

/** What was found out about this machine once, as text. */
export class FindingTable {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  get(key: string): string | null {
    const row = this.#database
      .prepare<[string], { value: string }>('SELECT value FROM findings WHERE key = ?')
      .get(key);
    return row?.value ?? null;
  }

  set(key: string, value: string): void {
    note(this.#database, 'INSERT OR REPLACE INTO findings (key, value) VALUES (@key, @value)', {
      key,
      value,
    });
  }

  remove(key: string): void {
    note(this.#database, 'DELETE FROM findings WHERE key = @key', { key });
  }
}

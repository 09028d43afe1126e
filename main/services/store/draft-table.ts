import type { Draft, Picture } from '../../../preload/contract/api.ts';
import { emptyLog, execute } from './database.ts';
import type { Connection } from './database.ts';

interface DraftRow {
  id: string;
  text: string;
  /** As JSON. */
  pictures: string;
}

/** What was typed or attached and not sent. It goes with the conversation, message or photo it belongs to. */
export class DraftTable {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  all(): Draft[] {
    return this.#database
      .prepare<[], DraftRow>('SELECT * FROM drafts')
      .all()
      .map(({ id, text, pictures }) => ({ id, text, pictures: JSON.parse(pictures) as Picture[] }));
  }

  put({ id, text, pictures }: Draft): void {
    execute(
      this.#database,
      'INSERT OR REPLACE INTO drafts (id, text, pictures) VALUES (@id, @text, @pictures)',
      { id, text, pictures: JSON.stringify(pictures) },
    );
  }

  remove(id: string): void {
    if (execute(this.#database, 'DELETE FROM drafts WHERE id = ?', id).changes > 0) emptyLog(this.#database);
  }
}

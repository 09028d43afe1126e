import type { Draft } from '../../../preload/contract/api.ts';
import { execute } from './database.ts';
import type { Connection } from './database.ts';

interface DraftRow {
  id: string;
  text: string;
  photo_id: string | null;
}

/** What was typed or attached and not sent. It goes with the conversation, message or photo it belongs to. */
export class DraftStore {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  all(): Draft[] {
    return this.#database
      .prepare<[], DraftRow>('SELECT * FROM drafts')
      .all()
      .map(({ id, text, photo_id: photoId }) => ({ id, text, photoId }));
  }

  put({ id, text, photoId }: Draft): void {
    execute(
      this.#database,
      'INSERT OR REPLACE INTO drafts (id, text, photo_id) VALUES (@id, @text, @photoId)',
      { id, text, photoId },
    );
  }

  remove(id: string): void {
    execute(this.#database, 'DELETE FROM drafts WHERE id = ?', id);
  }
}

import type {
  AppFailure,
  ConversationId,
  ConversationSummary,
  Message,
  MessageId,
  MessageState,
  PhotoId,
  Picture,
  Provenance,
} from '../../../preload/contract/api.ts';
import { emptyLog, execute } from './database.ts';
import type { Connection } from './database.ts';
import { likePattern, searchTerms, snippet } from './search.ts';
import type { SearchTerms } from './search.ts';

interface ConversationRow {
  id: string;
  title: string;
  created_at: number;
  updated_at: number;
  photo_ids: string;
  message_count: number;
  /** Text of a message in which a search matched. */
  matched?: string | null;
}

interface MessageRow {
  id: string;
  conversation_id: string;
  role: Message['role'];
  text: string;
  state: MessageState;
  created_at: number;
  pictures: string;
  provenance: string | null;
  error: string | null;
  waits_for: string | null;
}

const summaryColumns = `
  c.id, c.title, c.created_at, c.updated_at,
  (SELECT json_group_array(photo_id ORDER BY position) FROM conversation_photos WHERE conversation_id = c.id) AS photo_ids,
  (SELECT count(*) FROM messages WHERE conversation_id = c.id) AS message_count`;

/** Conversations and their messages in one database. `isPrivate` is said of all of them. */
export class ConversationTable {
  readonly #database: Connection;
  readonly isPrivate: boolean;

  constructor(database: Connection, isPrivate: boolean) {
    this.#database = database;
    this.isPrivate = isPrivate;
  }

  /** Where `isHidden`, it is as one that was deleted until `restore`. */
  create(
    conversation: { id: ConversationId; title: string; createdAt: number; photoIds: readonly PhotoId[] },
    isHidden = false,
  ): void {
    const { id, title, createdAt, photoIds } = conversation;
    this.#database.transaction(() => {
      execute(
        this.#database,
        'INSERT INTO conversations (id, title, created_at, updated_at, deleted) VALUES (?, ?, ?, ?, ?)',
        id,
        title,
        createdAt,
        createdAt,
        isHidden ? 1 : 0,
      );
      for (const photoId of photoIds) this.addPhoto(id, photoId);
    })();
  }

  /** Adds messages to a conversation, all or none; false when the conversation is not there any more. */
  addMessages(id: ConversationId, messages: readonly Message[]): boolean {
    return this.#database.transaction(() => {
      if (!this.#database.prepare('SELECT 1 FROM conversations WHERE id = ?').get(id)) return false;
      for (const message of messages) this.addMessage(message);
      return true;
    })();
  }

  /** Removes one conversation for good. */
  discard(id: ConversationId): void {
    execute(this.#database, 'DELETE FROM conversations WHERE id = ?', id);
    emptyLog(this.#database);
  }

  /** Null when there is none of that id, or it was deleted. */
  get(id: ConversationId): ConversationSummary | null {
    const row = this.#database
      .prepare<[string], ConversationRow>(
        `SELECT ${summaryColumns} FROM conversations c WHERE c.id = ? AND NOT c.deleted`,
      )
      .get(id);
    return row ? this.#summary(row, null) : null;
  }

  /** The latest first; with a query those in which every word occurs in the title or in one message. */
  list(query: string, limit: number): ConversationSummary[] {
    const terms = searchTerms(query);
    if (terms) return this.#search(terms, limit);
    return this.#database
      .prepare<[number], ConversationRow>(
        `SELECT ${summaryColumns} FROM conversations c WHERE NOT c.deleted ORDER BY c.updated_at DESC LIMIT ?`,
      )
      .all(limit)
      .map((row) => this.#summary(row, null));
  }

  rename(id: ConversationId, title: string): void {
    execute(this.#database, 'UPDATE conversations SET title = ? WHERE id = ?', title, id);
    emptyLog(this.#database);
  }

  touch(id: ConversationId, updatedAt: number): void {
    execute(this.#database, 'UPDATE conversations SET updated_at = ? WHERE id = ?', updatedAt, id);
  }

  /** Adds a photo after those the conversation has; nothing when it has it already. */
  addPhoto(id: ConversationId, photoId: PhotoId): void {
    execute(
      this.#database,
      `INSERT INTO conversation_photos (conversation_id, position, photo_id)
         SELECT @id, (SELECT count(*) FROM conversation_photos WHERE conversation_id = @id), @photoId
         WHERE NOT EXISTS (SELECT 1 FROM conversation_photos WHERE conversation_id = @id AND photo_id = @photoId)`,
      { id, photoId },
    );
  }

  /** Whether a conversation is about a photo, or what was not sent yet has it attached. */
  usesPhoto(photoId: PhotoId): boolean {
    const uses = this.#database.prepare(
      `SELECT 1 FROM conversation_photos WHERE photo_id = @photoId
         UNION ALL SELECT 1 FROM drafts, json_each(drafts.pictures) AS picture
         WHERE picture.value ->> 'photoId' = @photoId LIMIT 1`,
    );
    return uses.get({ photoId }) !== undefined;
  }

  /** Hides a conversation until `restore` or `purge`; false when there is none of that id. */
  delete(id: ConversationId): boolean {
    return this.#setDeleted(id, 1);
  }

  restore(id: ConversationId): boolean {
    return this.#setDeleted(id, 0);
  }

  /** Removes for good what was deleted. */
  purge(): void {
    execute(this.#database, 'DELETE FROM conversations WHERE deleted');
    emptyLog(this.#database);
  }

  /** Removes all conversations and drafts for good and gives their space back. Returns the ids that were listed. */
  clear(): ConversationId[] {
    const ids = this.#database
      .prepare<[], { id: string }>('SELECT id FROM conversations WHERE NOT deleted')
      .all();
    execute(this.#database, 'DELETE FROM conversations');
    execute(this.#database, 'DELETE FROM drafts');
    this.#database.exec('VACUUM');
    emptyLog(this.#database);
    return ids.map(({ id }) => id);
  }

  messages(id: ConversationId): Message[] {
    return this.#database
      .prepare<[string], MessageRow>('SELECT * FROM messages WHERE conversation_id = ? ORDER BY position')
      .all(id)
      .map(toMessage);
  }

  message(id: MessageId): Message | null {
    const row = this.#database.prepare<[string], MessageRow>('SELECT * FROM messages WHERE id = ?').get(id);
    return row ? toMessage(row) : null;
  }

  addMessage(message: Message): void {
    execute(
      this.#database,
      `INSERT INTO messages (id, conversation_id, role, text, state, created_at, pictures, provenance, error, waits_for)
         VALUES (@id, @conversation_id, @role, @text, @state, @created_at, @pictures, @provenance, @error, @waits_for)`,
      toRow(message),
    );
  }

  /** Writes everything of a message that can change. */
  updateMessage(message: Message): void {
    execute(
      this.#database,
      `UPDATE messages SET text = @text, state = @state, pictures = @pictures, provenance = @provenance, error = @error,
           waits_for = @waits_for
         WHERE id = @id`,
      toRow(message),
    );
  }

  /** The token ids of an answer, as JSON; null where it is written anew. */
  keepTokenIds(id: MessageId, ids: readonly number[] | null): void {
    execute(this.#database, 'UPDATE messages SET token_ids = @ids WHERE id = @id', { id, ids: toJson(ids) });
  }

  tokenIds(id: MessageId): readonly number[] | null {
    const row = this.#database
      .prepare<[string], { token_ids: string | null }>('SELECT token_ids FROM messages WHERE id = ?')
      .get(id);
    return fromJson<number[]>(row?.token_ids ?? null);
  }

  /** Removes the messages that follow; returns their ids. */
  removeAfter(id: MessageId): MessageId[] {
    const removed = this.#database
      .prepare<[string], { id: string }>(
        `DELETE FROM messages WHERE (conversation_id, position) IN (
           SELECT later.conversation_id, later.position FROM messages later
           JOIN messages kept ON kept.id = ? AND kept.conversation_id = later.conversation_id
           WHERE later.position > kept.position)
         RETURNING id`,
      )
      .all(id);
    emptyLog(this.#database);
    return removed.map((row) => row.id);
  }

  /**
   * Answers that were being written when the program ended keep what there is of them, marked interrupted. Those that wait
   * for a model go on waiting.
   */
  interruptUnfinished(): void {
    execute(
      this.#database,
      "UPDATE messages SET state = 'interrupted' WHERE state IN ('waiting', 'writing') AND waits_for IS NULL",
    );
  }

  /** Answers that wait for a model, in the order of their questions. */
  waitingForModels(): Message[] {
    return this.#database
      .prepare<[], MessageRow>(
        `SELECT m.* FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.state = 'waiting' AND m.waits_for IS NOT NULL AND NOT c.deleted ORDER BY m.position`,
      )
      .all()
      .map(toMessage);
  }

  #setDeleted(id: ConversationId, deleted: 0 | 1): boolean {
    return (
      execute(
        this.#database,
        'UPDATE conversations SET deleted = @deleted WHERE id = @id AND deleted <> @deleted',
        { id, deleted },
      ).changes > 0
    );
  }

  #search(terms: SearchTerms, limit: number): ConversationSummary[] {
    const inText: string[] = [];
    const values: string[] = [];
    if (terms.indexed !== null) {
      inText.push('m.position IN (SELECT rowid FROM message_search WHERE message_search MATCH ?)');
      values.push(terms.indexed);
    }
    for (const pattern of terms.scanned) {
      inText.push("m.text LIKE ? ESCAPE '\\'");
      values.push(pattern);
    }
    const inTitle = terms.all.map(() => "c.title LIKE ? ESCAPE '\\'").join(' AND ');
    return this.#database
      .prepare<unknown[], ConversationRow>(
        `SELECT * FROM (
           SELECT ${summaryColumns}, ${inTitle} AS in_title,
             (SELECT m.text FROM messages m WHERE m.conversation_id = c.id AND ${inText.join(' AND ')}
              ORDER BY m.position LIMIT 1) AS matched
           FROM conversations c WHERE NOT c.deleted)
         WHERE in_title OR matched IS NOT NULL ORDER BY updated_at DESC LIMIT ?`,
      )
      .all(...terms.all.map(likePattern), ...values, limit)
      .map((row) => this.#summary(row, terms));
  }

  #summary(row: ConversationRow, terms: SearchTerms | null): ConversationSummary {
    return {
      id: row.id,
      title: row.title,
      photoIds: JSON.parse(row.photo_ids) as PhotoId[],
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      messageCount: row.message_count,
      isPrivate: this.isPrivate,
      snippet: terms ? snippet(row.matched ?? row.title, terms.all) : null,
    };
  }
}

function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    role: row.role,
    text: row.text,
    state: row.state,
    createdAt: row.created_at,
    pictures: JSON.parse(row.pictures) as Picture[],
    provenance: fromJson<Provenance>(row.provenance),
    error: fromJson<AppFailure>(row.error),
    waitsFor: row.waits_for,
  };
}

function toRow(message: Message): MessageRow {
  return {
    id: message.id,
    conversation_id: message.conversationId,
    role: message.role,
    text: message.text,
    state: message.state,
    created_at: message.createdAt,
    pictures: JSON.stringify(message.pictures),
    provenance: toJson(message.provenance),
    error: toJson(message.error),
    waits_for: message.waitsFor,
  };
}

const toJson = (value: unknown) => (value === null ? null : JSON.stringify(value));
const fromJson = <T>(text: string | null) => (text === null ? null : (JSON.parse(text) as T));

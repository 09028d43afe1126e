/**
 * The database's shape, step by step: a step is never changed once it is in use, only followed by another. `PRAGMA user_version` is the number of steps a file has been through.
 *
 * Photos are not tied to conversations by foreign keys: a conversation outlives a photo that is forgotten.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE photos (
    id TEXT PRIMARY KEY,
    -- Text, or a blob where the file's name is not valid UTF-8.
    path ANY NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    modified REAL NOT NULL,
    sha256 TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    notes TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    recent INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX photos_by_content ON photos (sha256);

  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE conversation_photos (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    photo_id TEXT NOT NULL,
    PRIMARY KEY (conversation_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conversations_of_photo ON conversation_photos (photo_id);

  CREATE TABLE messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Each of these as JSON, or null.
    picture TEXT,
    provenance TEXT,
    error TEXT
  ) STRICT;
  CREATE INDEX messages_of_conversation ON messages (conversation_id, position);

  -- Trigrams find parts of words in every script, Korean included, without knowing where its words end.
  CREATE VIRTUAL TABLE message_search USING fts5 (
    text, content = 'messages', content_rowid = 'position', tokenize = 'trigram'
  );
  -- What is deleted leaves the index's pages too.
  INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER message_indexed AFTER INSERT ON messages BEGIN
    INSERT INTO message_search (rowid, text) VALUES (new.position, new.text);
  END;
  CREATE TRIGGER message_unindexed AFTER DELETE ON messages BEGIN
    INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.position, old.text);
  END;
  CREATE TRIGGER message_reindexed AFTER UPDATE OF text ON messages BEGIN
    INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.position, old.text);
    INSERT INTO message_search (rowid, text) VALUES (new.position, new.text);
  END;

  -- How long things took on this machine, so that time left can be told from the start.
  CREATE TABLE measurements (
    key TEXT PRIMARY KEY,
    value REAL NOT NULL
  ) STRICT;

  -- What was found out about this machine once and needs no finding out again.
  CREATE TABLE findings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- The install whose model an answer waits for.
  ALTER TABLE messages ADD COLUMN waits_for TEXT;
  `,
  `
  -- What was typed or attached and not sent, by the conversation, the message that is edited or, of a conversation that
  -- does not exist yet, the photo.
  CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    photo_id TEXT
  ) STRICT;
  CREATE TRIGGER conversation_draft_removed AFTER DELETE ON conversations BEGIN
    DELETE FROM drafts WHERE id = old.id;
  END;
  CREATE TRIGGER message_draft_removed AFTER DELETE ON messages BEGIN
    DELETE FROM drafts WHERE id = old.id;
  END;
  CREATE TRIGGER photo_draft_removed AFTER DELETE ON photos BEGIN
    DELETE FROM drafts WHERE id = old.id;
  END;
  `,
  `
  -- A message and a draft bring in any number of pictures; an answer is made from any number of photos.
  ALTER TABLE messages RENAME COLUMN picture TO pictures;
  UPDATE messages SET pictures = iif(pictures IS NULL, '[]', '[' || pictures || ']');
  UPDATE messages SET provenance = json_remove(
    json_set(provenance, '$.photos', iif(provenance ->> '$.photoSha256' = '', json_array(), json_array(provenance ->> '$.photoSha256'))),
    '$.photoSha256') WHERE provenance IS NOT NULL;
  ALTER TABLE drafts RENAME COLUMN photo_id TO pictures;
  UPDATE drafts SET pictures = iif(
    pictures IS NULL, '[]', json_array(json_object('photoId', pictures, 'region', NULL)));
  `,
  `
  -- The token ids of an answer as the model wrote them, as JSON: what they looked at is computed from them.
  ALTER TABLE messages ADD COLUMN token_ids TEXT;
  `,
];

import { join } from 'node:path';
import type { Notice } from '../../../preload/contract/api.ts';
import { ConversationStore } from './conversations.ts';
import { openDatabase, openMemoryDatabase } from './database.ts';
import type { Connection } from './database.ts';
import { DraftStore } from './drafts.ts';
import { FindingStore, MeasurementStore } from './measurements.ts';
import { PhotoStore } from './photos.ts';

/** Everything that is stored, on disk and for this run, and where. */
export interface Stores {
  readonly durable: StoreParts;
  readonly passing: StoreParts;
  readonly notice: Notice | null;
  /** Whether anything is kept on disk. */
  readonly isKept: boolean;
  readonly databasePath: string;
  readonly folders: Readonly<Record<'embeddings' | 'thumbnails' | 'uploads', string | null>>;
  close(): void;
}

export interface StoreParts {
  readonly conversations: ConversationStore;
  readonly drafts: DraftStore;
  readonly photos: PhotoStore;
  readonly measurements: MeasurementStore;
  readonly findings: FindingStore;
}

/** Opens the stores of a data folder and puts in order what the last run left behind. */
export function openStores(dataFolder: string): Stores {
  const databasePath = join(dataFolder, 'conversations.sqlite');
  const { database, notice } = openDatabase(databasePath);
  const memory = openMemoryDatabase();
  const isKept = notice?.code !== 'data-folder-unwritable';
  const folder = (...names: string[]) => (isKept ? join(dataFolder, ...names) : null);
  const durable = storeParts(database, false);
  tidy(durable.conversations);
  return {
    durable,
    passing: storeParts(memory, true),
    notice,
    isKept,
    databasePath,
    folders: {
      embeddings: folder('cache', 'embeddings'),
      thumbnails: folder('cache', 'thumbnails'),
      uploads: folder('uploads'),
    },
    close: () => {
      tidy(durable.conversations);
      database.close();
      memory.close();
    },
  };
}

/** Puts in order what the last run left behind when it was ended without warning. */
function tidy(conversations: ConversationStore): void {
  try {
    conversations.interruptUnfinished();
    conversations.purge();
  } catch {
    // On a full disk nothing can be changed, but everything can be read.
  }
}

const storeParts = (database: Connection, isPrivate: boolean): StoreParts => ({
  conversations: new ConversationStore(database, isPrivate),
  drafts: new DraftStore(database),
  photos: new PhotoStore(database),
  measurements: new MeasurementStore(database),
  findings: new FindingStore(database),
});

import { join } from 'node:path';
import type { StartNotice } from '../../../preload/contract/api.ts';
import { ConversationTable } from './conversation-table.ts';
import { openDatabase, openMemoryDatabase } from './database.ts';
import type { Connection } from './database.ts';
import { DraftTable } from './draft-table.ts';
import { FindingTable, MeasurementStore } from './measurements.ts';
import { PhotoTable } from './photo-table.ts';

/** Everything that is stored, on disk and for this run, and where. */
export interface Databases {
  readonly durable: Tables;
  readonly transient: Tables;
  readonly notice: StartNotice | null;
  /** Whether anything is kept on disk. */
  readonly isKept: boolean;
  readonly databasePath: string;
  readonly folders: Readonly<Record<'embeddings' | 'thumbnails' | 'uploads', string | null>>;
  close(): void;
}

export interface Tables {
  readonly conversations: ConversationTable;
  readonly drafts: DraftTable;
  readonly photos: PhotoTable;
  readonly measurements: MeasurementStore;
  readonly findings: FindingTable;
}

/** Opens the stores of a data folder and puts in order what the last run left behind. */
export function openDatabases(dataFolder: string): Databases {
  const databasePath = join(dataFolder, 'conversations.sqlite');
  const { database, notice } = openDatabase(databasePath);
  const memory = openMemoryDatabase();
  const isKept = notice?.code !== 'data-folder-unwritable';
  const folder = (...names: string[]) => (isKept ? join(dataFolder, ...names) : null);
  const durable = storeParts(database, false);
  tidy(durable.conversations);
  return {
    durable,
    transient: storeParts(memory, true),
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
function tidy(conversations: ConversationTable): void {
  try {
    conversations.interruptUnfinished();
    conversations.purge();
  } catch {
    // On a full disk nothing can be changed, but everything can be read.
  }
}

const storeParts = (database: Connection, isPrivate: boolean): Tables => ({
  conversations: new ConversationTable(database, isPrivate),
  drafts: new DraftTable(database),
  photos: new PhotoTable(database),
  measurements: new MeasurementStore(database),
  findings: new FindingTable(database),
});

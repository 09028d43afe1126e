import { join } from 'node:path';
import type { Conversations } from './chat/conversations.ts';
import { filesBytes, folderBytes } from './files.ts';
import type { PhotoRegistry } from './photos/registry.ts';
import type { Uploads } from './photos/uploads.ts';
import { Storage, folderArea } from './storage.ts';
import type { Databases } from './store/databases.ts';

/** The areas of the contract, each cleared by the part that owns it. */
export function createStorage(
  dataFolder: string,
  { databasePath, folders }: Databases,
  conversations: Conversations,
  photos: PhotoRegistry,
  uploads: Uploads,
): Storage {
  const folder = (name: keyof typeof folders) => folders[name] ?? join(dataFolder, name);
  return new Storage(dataFolder, [
    {
      area: 'conversations',
      bytes: () => filesBytes([databasePath, `${databasePath}-wal`, `${databasePath}-shm`]),
      clear: async () => {
        await conversations.clear();
        await uploads.forgetUnused((id) => conversations.usesPhoto(id));
      },
    },
    folderArea('embeddings', folder('embeddings')),
    folderArea('thumbnails', folder('thumbnails')),
    {
      area: 'uploads',
      bytes: () => folderBytes(folder('uploads')),
      // Those of conversations stay: without them a conversation would lose what it is about.
      clear: async () => {
        for (const { id } of photos.uploads()) {
          if (!conversations.usesPhoto(id)) photos.forget(id, false);
        }
        await uploads.keepOnly(photos.uploads());
      },
    },
    { area: 'packages', bytes: () => folderBytes(join(dataFolder, 'packages')), clear: null },
    { area: 'installs', bytes: () => folderBytes(join(dataFolder, 'installs')), clear: null },
  ]);
}

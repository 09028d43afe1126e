import type { StorageArea, StorageUse } from '../../preload/contract/api.ts';
import { emptyFolder, folderBytes } from './files.ts';

/** One kind of data that the program keeps. */
export interface Area {
  readonly area: StorageArea;
  readonly bytes: () => Promise<number>;
  /** Null where the person cannot clear it here. */
  readonly clear: (() => Promise<void>) | null;
}

/** An area that is one folder of files which can be made again. */
export function folderArea(area: StorageArea, folder: string): Area {
  return { area, bytes: () => folderBytes(folder), clear: () => emptyFolder(folder) };
}

/** What the program keeps on disk, by kind, with sizes and the way to clear it. */
export class Storage {
  readonly #dataFolder: string;
  readonly #areas: readonly Area[];

  constructor(dataFolder: string, areas: readonly Area[]) {
    this.#dataFolder = dataFolder;
    this.#areas = areas;
  }

  async use(): Promise<StorageUse> {
    const areas = this.#areas.map(async ({ area, bytes, clear }) => ({
      area,
      bytes: await bytes(),
      clearable: clear !== null,
    }));
    return { dataFolder: this.#dataFolder, areas: await Promise.all(areas) };
  }

  /** Clears an area, if it can be cleared, and says what is kept then. */
  async clear(wanted: StorageArea): Promise<StorageUse> {
    await this.#areas.find(({ area }) => area === wanted)?.clear?.();
    return this.use();
  }
}

import { rm } from 'node:fs/promises';

import type { Arrivals, WeightFile } from '../../convert/convert-arriving.ts';

/** Weight files on the disk at a time: the one that is being converted, and the next one on its way. */
const filesAtATime = 2;

export interface ArrivalOptions {
  readonly download: (file: WeightFile) => Promise<string>;
  /** Files that are kept when they have been used. */
  readonly keeps: (file: WeightFile) => boolean;
  readonly onReleased: (file: WeightFile) => void;
  /** The conversion begins or ends to wait for a file. */
  readonly onWaiting: (isWaiting: boolean) => void;
}

interface ExpectedFile {
  readonly file: WeightFile;
  readonly path: PromiseWithResolvers<string>;
}

/** Downloads the files a conversion expects in their order, never further ahead than the disk is meant to hold. */
export class Downloads implements Arrivals {
  readonly #options: ArrivalOptions;
  readonly #expected = new Map<string, ExpectedFile>();
  #onDisk = 0;
  #released: () => void = () => undefined;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ArrivalOptions) {
    this.#options = options;
  }

  expect(files: readonly WeightFile[]): void {
    for (const file of files) {
      const path = Promise.withResolvers<string>();
      // `arrive` throws it; nothing may be waiting.
      path.promise.catch(() => undefined);
      this.#expected.set(key(file), { file, path });
    }
    this.#running = this.#downloadAll();
  }

  async arrive(file: WeightFile): Promise<string> {
    const { onWaiting } = this.#options;
    onWaiting(true);
    try {
      return await this.#expected.get(key(file))!.path.promise;
    } finally {
      onWaiting(false);
    }
  }

  async release(file: WeightFile): Promise<void> {
    const { keeps, onReleased } = this.#options;
    if (!keeps(file)) await rm(await this.#expected.get(key(file))!.path.promise, { force: true });
    this.#onDisk--;
    onReleased(file);
    this.#released();
  }

  /** Begins no further download, and waits for the one under way, which has its own way to be told. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#released();
    await this.#running;
  }

  async #downloadAll(): Promise<void> {
    for (const { file, path } of this.#expected.values()) {
      while (this.#onDisk >= filesAtATime && !this.#isOver) {
        await new Promise<void>((resolve) => (this.#released = resolve));
      }
      if (this.#isOver) return;
      this.#onDisk++;
      try {
        path.resolve(await this.#options.download(file));
      } catch (error) {
        for (const other of this.#expected.values()) other.path.reject(error);
        return;
      }
    }
  }
}

function key({ part, name }: WeightFile): string {
  return `${part}/${name}`;
}

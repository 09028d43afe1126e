import type { ApiMethod } from './contract/api.ts';

/** Names of the channels between the preload script and Electron's main process; both take them from here. */
export const channels = {
  /** One method of the contract: its argument there, an Outcome back. */
  call: (method: ApiMethod) => `call:${method}`,
  /** Files dropped into the window, named by the preload script: `DroppedFiles` there, an Outcome back. */
  openPaths: 'open-paths',
  /** A picture without a path, such as a pasted one: `PastedFile` there, an Outcome back. */
  openPasted: 'open-pasted',
  /** The window listens from now on. */
  listening: 'listening',
  /** Whether what the system has the window open is private from now on. */
  privacy: 'privacy',
  /** The id of a photo that the person begins to drag out of the window. */
  dragPhoto: 'drag-photo',
  /** Events of the program, to the window. */
  event: 'event',
} as const;

export interface DroppedFiles {
  readonly paths: readonly string[];
  readonly isPrivate: boolean;
}

export interface PastedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isPrivate: boolean;
}

/** The attribute of an element that stands for a photo and can be dragged out of the window as its file. */
export const dragAttribute = 'data-drag-photo';

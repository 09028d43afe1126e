import type { Api, Photo, PhotoId } from '../../preload/contract.ts';
import type { EventLog } from '../services/events.ts';

/** The services of main/services as a host uses them: the contract, its events, and what a page sends besides JSON. */
export interface HostedServices {
  readonly api: Api;
  /** Every event of the program, numbered and kept for windows that lost their connection. */
  readonly events: EventLog;
  /** Opens files (or the photos of folders) of this machine and announces them with `photos-opened`. */
  openPaths(paths: readonly string[]): Promise<readonly Photo[]>;
  /** Stores a photo that has no path on this machine: pasted, or sent by a browser. */
  openUpload(upload: Upload): Promise<Photo>;
  /** Where the file of a photo is, for dragging it out of the window; null when it has none or it is gone. */
  photoPath(photoId: PhotoId): Promise<string | null>;
  /** Answers GET requests for pictures and exports; null when the path is not theirs. */
  respond(request: Request): Promise<Response | null>;
  /** Ends the child processes and closes the store. Safe to call twice. */
  dispose(): Promise<void>;
}

export interface Upload {
  /** File name for display. */
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

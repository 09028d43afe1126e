import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent } from 'electron';
import * as v from 'valibot';
import { AppError } from '../../preload/contract/errors.ts';
import { channels } from '../../preload/channels.ts';
import type { Outcome } from '../../preload/contract/api.ts';
import { apiMethods } from '../../preload/contract/schemas.ts';
import { callApi, toOutcome } from '../host/call.ts';
import type { HostedServices } from '../host/hosted.ts';
import { isOwnUrl } from './protocol.ts';

/** A pasted picture comes in one message and is in memory whole: a 64-megapixel one, uncompressed. */
const largestPasted = 256 * 2 ** 20;
/** A selection of files dropped at once. */
const mostPaths = 10_000;

const droppedSchema = v.strictObject({
  paths: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(32_767))), v.maxLength(mostPaths)),
  isPrivate: v.boolean(),
});
const pastedSchema = v.strictObject({
  name: v.pipe(v.string(), v.maxLength(255)),
  bytes: v.pipe(
    v.instance(Uint8Array),
    v.check(({ byteLength }) => byteLength <= largestPasted, 'too large'),
  ),
  isPrivate: v.boolean(),
});
const photoIdSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));

export interface IpcOptions {
  readonly ipcMain: Pick<IpcMain, 'handle' | 'on'>;
  readonly services: HostedServices;
  /** Opens files of this machine, as if they came from a dialog. */
  readonly openPaths: HostedServices['openPaths'];
  /** The page listens to events from now on. */
  readonly onListening: (sender: Electron.WebContents) => void;
  /** Photos that the system hands over are private from now on, or no longer. */
  readonly onPrivacy: (isPrivate: boolean) => void;
  readonly onDragPhoto: (sender: Electron.WebContents, photoId: string) => void;
}

/** Answers what the preload script sends: one channel a method of the contract, and the few beside it. */
export function registerIpc(options: IpcOptions): void {
  const { ipcMain, services, openPaths, onListening, onPrivacy, onDragPhoto } = options;
  const handle = (channel: string, answer: (input: unknown) => Promise<Outcome<unknown>>) =>
    ipcMain.handle(channel, (event, input: unknown) => (isOwnPage(event) ? answer(input) : refused()));

  for (const method of apiMethods) {
    handle(channels.call(method), (input) => callApi(services.api, method, input));
  }
  handle(channels.openPaths, (input) =>
    toOutcome(async () => {
      const { paths, isPrivate } = v.parse(droppedSchema, input);
      return openPaths(paths, { isPrivate });
    }),
  );
  handle(channels.openPasted, (input) =>
    toOutcome(async () => {
      const { name, bytes, isPrivate } = v.parse(pastedSchema, input);
      return services.openUpload({ name, body: once(bytes), isPrivate });
    }),
  );
  ipcMain.on(channels.listening, (event) => {
    if (isOwnPage(event)) onListening(event.sender);
  });
  ipcMain.on(channels.privacy, (event, input: unknown) => {
    if (isOwnPage(event) && typeof input === 'boolean') onPrivacy(input);
  });
  ipcMain.on(channels.dragPhoto, (event, input: unknown) => {
    if (isOwnPage(event) && v.is(photoIdSchema, input)) onDragPhoto(event.sender, input);
  });
}

/** Whether a message comes from the window's own page itself, not from a frame in it or a page put in its place. */
function isOwnPage({ sender, senderFrame }: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && isOwnUrl(senderFrame.url);
}

function refused(): Promise<Outcome<never>> {
  return toOutcome(async () => {
    throw new AppError('wrong-usage', 'Only the window of this program is answered.');
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

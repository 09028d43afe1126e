import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { IpcRendererEvent } from 'electron';
import { channels, dragAttribute } from './channels.ts';
import type { DroppedFiles, PastedFile } from './channels.ts';
import type { Api, AppEvent, Bridge, Outcome, Photo, Privacy } from './contract/api.ts';
import { apiMethods } from './contract/schemas.ts';

/**
 * Exposes the contract to the window, and nothing else: no channel name, no path and no module of Electron can be
 * reached from there. Runs in the sandbox of the renderer process, in a world of its own.
 */

async function invoke(channel: string, input: unknown): Promise<unknown> {
  const outcome = (await ipcRenderer.invoke(channel, input)) as Outcome<unknown>;
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

const api = Object.fromEntries(
  apiMethods.map((method) => [method, (input?: unknown) => invoke(channels.call(method), input)]),
) as unknown as Api;

async function openFiles(
  files: readonly File[],
  { isPrivate = false }: Privacy = {},
): Promise<readonly Photo[]> {
  const paths: string[] = [];
  const pasted: File[] = [];
  for (const file of files) {
    // Empty for a file that does not come from a disk. A page cannot make one that names a path.
    const path = webUtils.getPathForFile(file);
    if (path === '') pasted.push(file);
    else paths.push(path);
  }
  const dropped: DroppedFiles = { paths, isPrivate };
  const photos = paths.length === 0 ? [] : ((await invoke(channels.openPaths, dropped)) as readonly Photo[]);
  const others: Photo[] = [];
  for (const file of pasted) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const input: PastedFile = { name: file.name, bytes, isPrivate };
    others.push((await invoke(channels.openPasted, input)) as Photo);
  }
  return [...photos, ...others];
}

// Within one window no event is lost, so `onGap` is never called.
function subscribe(listener: (event: AppEvent) => void): () => void {
  const receive = (_: IpcRendererEvent, event: AppEvent) => listener(event);
  ipcRenderer.on(channels.event, receive);
  ipcRenderer.send(channels.listening);
  return () => ipcRenderer.off(channels.event, receive);
}

function setPrivacy({ isPrivate = false }: Privacy): void {
  ipcRenderer.send(channels.privacy, isPrivate);
}

const bridge: Bridge = { ...api, openFiles, setPrivacy, subscribe };
contextBridge.exposeInMainWorld('infLlava', bridge);

/** A photo dragged out of the window becomes its file; the page itself only marks which element is which photo. */
window.addEventListener('dragstart', (event) => {
  const element = event.target instanceof Element ? event.target.closest(`[${dragAttribute}]`) : null;
  if (!element) return;
  event.preventDefault();
  ipcRenderer.send(channels.dragPhoto, element.getAttribute(dragAttribute));
});

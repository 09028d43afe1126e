import { beforeEach, expect, test, vi } from 'vitest';
import { channels, dragAttribute } from '../../preload/channels.ts';
import type { AppEvent, Bridge } from '../../preload/contract/api.ts';
import { apiMethods } from '../../preload/contract/schemas.ts';

const electron = vi.hoisted(() => ({
  exposed: {} as Record<string, unknown>,
  invoked: [] as unknown[][],
  sent: [] as unknown[][],
  listeners: new Set<(event: unknown, value: unknown) => void>(),
  answer: { ok: true, value: 'value' } as unknown,
}));

vi.mock('electron', () => ({
  contextBridge: {
    exposeInMainWorld: (name: string, value: unknown) => (electron.exposed[name] = value),
  },
  ipcRenderer: {
    invoke: async (...args: unknown[]) => {
      electron.invoked.push(args);
      return electron.answer;
    },
    send: (...args: unknown[]) => electron.sent.push(args),
    on: (_: string, listener: () => void) => electron.listeners.add(listener),
    off: (_: string, listener: () => void) => electron.listeners.delete(listener),
  },
  // As Electron does it: only a File of the disk has a path.
  webUtils: { getPathForFile: (file: File & { path?: string }) => file.path ?? '' },
}));

class FakeElement {
  readonly #photoId: string | null;
  constructor(photoId: string | null) {
    this.#photoId = photoId;
  }
  closest = () => (this.#photoId === null ? null : this);
  getAttribute = (name: string) => (name === dragAttribute ? this.#photoId : null);
}

const page = new EventTarget();
let bridge: Bridge;

beforeEach(async () => {
  vi.stubGlobal('window', page);
  vi.stubGlobal('Element', FakeElement);
  await import('../../preload/index.ts');
  bridge = electron.exposed['infLlava'] as Bridge;
  electron.invoked.length = 0;
  electron.sent.length = 0;
  electron.answer = { ok: true, value: 'value' };
});

test('the window gets exactly the bridge of the contract', () => {
  expect(Object.keys(electron.exposed)).toEqual(['infLlava']);
  expect(Object.keys(bridge).sort()).toEqual([...apiMethods, 'openFiles', 'setPrivacy', 'subscribe'].sort());
});

test('a call goes out on its own channel and comes back as its value', async () => {
  expect(await bridge.getPhoto({ photoId: 'p1' })).toBe('value');
  expect(electron.invoked).toEqual([[channels.call('getPhoto'), { photoId: 'p1' }]]);
});

test('a failure is thrown as the contract states it', async () => {
  const error = { code: 'file-missing', details: { file: 'map.png' } };
  electron.answer = { ok: false, error };
  await expect(bridge.getPhoto({ photoId: 'p1' })).rejects.toEqual(error);
});

test('files of the disk go by path, pasted ones by their bytes', async () => {
  const onDisk = Object.assign(new File(['x'], 'a.png'), { path: '/photos/a.png' });
  electron.answer = { ok: true, value: [] };
  await bridge.openFiles([onDisk, new File([new Uint8Array([1, 2])], 'pasted.png')], { isPrivate: true });
  expect(electron.invoked).toEqual([
    [channels.openPaths, { paths: ['/photos/a.png'], isPrivate: true }],
    [channels.openPasted, { name: 'pasted.png', bytes: new Uint8Array([1, 2]), isPrivate: true }],
  ]);
});

test('events arrive without anything of Electron, until the listener stops', () => {
  const events: unknown[][] = [];
  const stop = bridge.subscribe(
    (...args: unknown[]) => events.push(args),
    () => undefined,
  );
  expect(electron.sent).toEqual([[channels.listening]]);
  const event: AppEvent = { type: 'command', command: 'open' };
  for (const listener of electron.listeners) listener({ sender: 'ipcRenderer' }, event);
  expect(events).toEqual([[event]]);
  stop();
  expect(electron.listeners.size).toBe(0);
});

test('the host is told how photos that the system hands over are to be opened', () => {
  bridge.setPrivacy({ isPrivate: true });
  bridge.setPrivacy({});
  expect(electron.sent).toEqual([
    [channels.privacy, true],
    [channels.privacy, false],
  ]);
});

test('only an element that stands for a photo is dragged out as its file', () => {
  const drag = (photoId: string | null) => {
    const event = new Event('dragstart', { cancelable: true });
    Object.defineProperty(event, 'target', { value: new FakeElement(photoId) });
    page.dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(drag(null)).toBe(false);
  expect(electron.sent).toEqual([]);
  expect(drag('p1')).toBe(true);
  expect(electron.sent).toEqual([[channels.dragPhoto, 'p1']]);
});

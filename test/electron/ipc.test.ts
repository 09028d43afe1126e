import type { WebContents } from 'electron';
import { beforeEach, expect, test } from 'vitest';
import { registerIpc } from '../../main/electron/ipc.ts';
import { channels } from '../../preload/channels.ts';
import { apiMethods } from '../../preload/contract/schemas.ts';
import { aPhoto, createFakeServices } from '../web/fake-services.ts';
import type { FakeServices } from '../web/fake-services.ts';
import { createFakeElectron, FakeContents } from './fake-electron.ts';

let electron: ReturnType<typeof createFakeElectron>;
let services: FakeServices;
let page: FakeContents;
let listening: WebContents[];
let privacy: boolean[];
let dragged: string[];

beforeEach(() => {
  electron = createFakeElectron();
  services = createFakeServices();
  page = new FakeContents();
  listening = [];
  privacy = [];
  dragged = [];
  registerIpc({
    ipcMain: electron.modules.ipcMain,
    services,
    openPaths: (paths, options) => services.openPaths(paths, options),
    onListening: (sender) => listening.push(sender),
    onPrivacy: (isPrivate) => privacy.push(isPrivate),
    onDragPhoto: (_, photoId) => dragged.push(photoId),
  });
});

test('there is one channel for every method of the contract, and two for files', () => {
  expect(electron.channels().sort()).toEqual(
    [...apiMethods.map(channels.call), channels.openPaths, channels.openPasted].sort(),
  );
});

test('a call is answered with the value of the service', async () => {
  const outcome = await electron.invoke(page, channels.call('getPhoto'), { photoId: 'p1' });
  expect(outcome).toEqual({ ok: true, value: aPhoto });
});

test('a failure crosses as its code and facts, without paths', async () => {
  const outcome = await electron.invoke(page, channels.call('getPhoto'), { photoId: 'p2' });
  expect(outcome).toEqual({ ok: false, error: { code: 'file-missing', details: { file: 'map.png' } } });
});

test('an argument that breaks the contract does not reach the service', async () => {
  for (const input of [{ photoId: '../x' }, { photoId: 'p1', more: 1 }, null, 'p1', undefined]) {
    expect(await electron.invoke(page, channels.call('getPhoto'), input)).toMatchObject({
      ok: false,
      error: { code: 'wrong-usage' },
    });
  }
  expect(services.calls).toEqual([]);
});

test.each([
  ['a frame in the page', { url: 'app://inf-llava/' }],
  ['a page that was put in its place', { url: 'https://evil.example/' }],
  ['a frame that is gone', null],
])('%s is refused on every channel', async (_, frame) => {
  if (frame?.url.startsWith('https')) page.mainFrame.url = frame.url;
  const sender = frame?.url.startsWith('https') ? page.mainFrame : frame;
  for (const channel of electron.channels()) {
    expect(await electron.invoke(page, channel, {}, sender)).toMatchObject({
      error: { code: 'wrong-usage' },
    });
  }
  electron.ipcMain.emit(channels.listening, { sender: page, senderFrame: sender });
  electron.ipcMain.emit(channels.privacy, { sender: page, senderFrame: sender }, false);
  electron.ipcMain.emit(channels.dragPhoto, { sender: page, senderFrame: sender }, 'p1');
  expect([services.calls, services.openedPaths, services.uploads, listening, privacy, dragged]).toEqual([
    [],
    [],
    [],
    [],
    [],
    [],
  ]);
});

test('dropped files are opened by path, pasted ones by their bytes', async () => {
  const dropped = { paths: ['/photos/a.png', '/photos'], isPrivate: false };
  expect(await electron.invoke(page, channels.openPaths, dropped)).toMatchObject({ ok: true });
  expect(services.openedPaths).toEqual([['/photos/a.png', '/photos']]);
  const pasted = { name: 'image.png', bytes: new Uint8Array([1, 2, 3]), isPrivate: true };
  expect(await electron.invoke(page, channels.openPasted, pasted)).toMatchObject({ ok: true });
  expect(services.uploads).toEqual([{ name: 'image.png', bytes: 3, isPrivate: true }]);
});

test('lists that are no paths and pictures that are no bytes are refused', async () => {
  for (const paths of [['/a', 1], '/a', [''], new Array(10_001).fill('/a')]) {
    const input = { paths, isPrivate: false };
    expect(await electron.invoke(page, channels.openPaths, input)).toMatchObject({ ok: false });
  }
  for (const input of [
    { name: 'a', bytes: [1], isPrivate: false },
    { name: 'a'.repeat(256), bytes: new Uint8Array(1), isPrivate: false },
    { name: 'a', bytes: new Uint8Array(1) },
    null,
  ]) {
    expect(await electron.invoke(page, channels.openPasted, input)).toMatchObject({ ok: false });
  }
  expect([services.openedPaths, services.uploads]).toEqual([[], []]);
});

test('the page says that it listens, how it opens photos, and which one is dragged out of it', () => {
  const own = { sender: page, senderFrame: page.mainFrame };
  electron.ipcMain.emit(channels.listening, own);
  electron.ipcMain.emit(channels.dragPhoto, own, 'p1');
  electron.ipcMain.emit(channels.dragPhoto, own, '/etc/passwd');
  electron.ipcMain.emit(channels.dragPhoto, own, 7);
  electron.ipcMain.emit(channels.privacy, own, true);
  electron.ipcMain.emit(channels.privacy, own, 'no');
  expect(listening).toEqual([page]);
  expect(dragged).toEqual(['p1']);
  expect(privacy).toEqual([true]);
});

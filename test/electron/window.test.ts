import type { BrowserWindow } from 'electron';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recoverWindow } from '../../main/electron/recovery.ts';
import {
  firstState,
  fitBounds,
  readWindowState,
  writeWindowState,
} from '../../main/electron/window-state.ts';
import { showWindow } from '../../main/electron/window.ts';
import { FakeWindow } from './fake-electron.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const left = { x: -1280, y: 0, width: 1280, height: 1024 };

describe('the place of the window', () => {
  test('is remembered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'window-'));
    const path = join(folder, 'new', 'window.json');
    const state = { bounds: { x: 1, y: 2, width: 800, height: 600 }, maximised: true, fullScreen: false };
    await writeWindowState(path, state);
    expect(readWindowState(path)).toEqual(state);
    await rm(folder, { recursive: true });
  });

  test.each([['{'], ['[]'], ['{"bounds":{"x":"1"},"maximised":true,"fullScreen":false}']])(
    'is the first one when the file holds %s',
    async (text) => {
      const folder = await mkdtemp(join(tmpdir(), 'window-'));
      await writeFile(join(folder, 'window.json'), text);
      expect(readWindowState(join(folder, 'window.json'))).toEqual(firstState);
      await rm(folder, { recursive: true });
    },
  );

  test('is kept on a second screen, and left to the system once that screen is gone', () => {
    const bounds = { x: -1000, y: 100, width: 800, height: 600 };
    expect(fitBounds(bounds, [screen, left])).toEqual(bounds);
    expect(fitBounds(bounds, [screen])).toBeNull();
  });

  test('is never one whose title bar a person cannot reach', () => {
    expect(fitBounds({ x: 0, y: -500, width: 800, height: 600 }, [screen])).toBeNull();
    expect(fitBounds({ x: 1900, y: 0, width: 800, height: 600 }, [screen])).toBeNull();
    expect(fitBounds({ x: 100, y: 1079, width: 800, height: 600 }, [screen])).toBeNull();
  });

  test('is shrunk to a smaller screen', () => {
    expect(fitBounds({ x: 0, y: 0, width: 3000, height: 2000 }, [screen])).toEqual(screen);
  });
});

test('a minimised window is brought back before it is shown', () => {
  const window = new FakeWindow({});
  window.minimised = true;
  showWindow(window as unknown as BrowserWindow);
  expect(window.acts).toEqual(['restore', 'show', 'focus']);
});

describe('a window whose process dies', () => {
  function create(response = 0) {
    const window = new FakeWindow({});
    const lines: string[] = [];
    const boxes: { message: string; buttons: string[] }[] = [];
    const clock = { now: 0 };
    let quits = 0;
    recoverWindow(window as unknown as BrowserWindow, {
      dialog: {
        showMessageBox: async (...args: unknown[]) => {
          boxes.push(args[1] as { message: string; buttons: string[] });
          return { response, checkboxChecked: false };
        },
      },
      quit: () => (quits += 1),
      language: () => 'ko',
      log: (line) => lines.push(line),
      now: () => clock.now,
    });
    const die = (reason = 'crashed') =>
      window.webContents.emit('render-process-gone', {}, { reason, exitCode: 139 });
    return { window, lines, boxes, clock, die, quits: () => quits };
  }

  test('is loaded anew, and the reason noted', () => {
    const { window, lines, die } = create();
    die('oom');
    expect(window.webContents.reloads).toBe(1);
    expect(lines).toEqual(["The window's process ended: oom (139)."]);
  });

  test('stays closed when it was closed', () => {
    const { window, die } = create();
    die('clean-exit');
    expect(window.webContents.reloads).toBe(0);
  });

  test('is not loaded for ever: after three times in a minute the person is asked, in their language', async () => {
    const { window, boxes, die, quits } = create(1);
    for (let time = 0; time < 4; time++) die();
    await Promise.resolve();
    expect(window.webContents.reloads).toBe(3);
    expect(boxes).toMatchObject([{ message: '창이 작동을 멈췄습니다.', buttons: ['다시 불러오기', '종료'] }]);
    expect(quits()).toBe(1);
  });

  test('is forgiven after a minute', () => {
    const { window, boxes, clock, die } = create();
    for (let time = 0; time < 5; time++) {
      die();
      clock.now += 30_000;
    }
    expect(window.webContents.reloads).toBe(5);
    expect(boxes).toEqual([]);
  });

  test('a window that hangs is asked about once, and left alone when the person waits', async () => {
    const { window, boxes, quits } = create(1);
    window.emit('unresponsive');
    window.emit('unresponsive');
    await Promise.resolve();
    expect(boxes).toHaveLength(1);
    expect([window.webContents.reloads, quits()]).toEqual([0, 0]);
  });
});

/**
 * Stands in for the module `electron` where the built app runs without Electron: the fake, with the folders of a
 * temporary home, and child processes of plain Node in place of utility processes.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { createFakeElectron } from './fake-electron.ts';

const home = process.env['STAND_IN_HOME']!;

export const fake = createFakeElectron();

Object.assign(fake.app, {
  isPackaged: false,
  setName: () => undefined,
  setAppUserModelId: () => undefined,
  getPath: (name: string) => join(home, name),
});

export const { app, BrowserWindow, dialog, ipcMain, Menu, nativeImage, nativeTheme } = fake.modules;
export const { protocol, screen, session, shell } = fake.modules;

/** A machine without a keychain. */
export const safeStorage = {
  isEncryptionAvailable: () => false,
  getSelectedStorageBackend: () => 'basic_text',
};

export const utilityProcess = {
  fork: (script: string) => {
    const child = fork(script, { serialization: 'advanced', execArgv: [] });
    return Object.assign(child, { postMessage: (message: object) => child.send(message) });
  },
};

/** Entry point of the desktop app: gives Electron and the places of its files to the host. */
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { join } from 'node:path';
import { keepMemoryOutOfCoreDumps } from '../../native-models/engine/core-dumps.ts';
import { workerPath } from '../../native-models/engine/port.ts';
import { dataFolder } from '../host/data-folder.ts';
import { installedPlaces, sourcePlaces } from '../host/places.ts';
import { createServices } from '../services/services.ts';
import { runApp, systemLanguages } from './run-app.ts';
import { Keychain } from './keychain.ts';
import { createLog } from './log.ts';
import { pathsOfCommandLine } from './command-line.ts';
import { utilityPort } from './utility-port.ts';

keepMemoryOutOfCoreDumps();

const productName = 'INF-LLaVA Desktop';

app.setName(productName);
// Windows groups windows and recent documents by this; the same as appId in electron-builder.yml.
app.setAppUserModelId('desktop.inf-llava');

const { isPackaged } = app;
/** The project, or the archive of the installed app: this file is build/app/main/electron/index.js in either. */
const appRoot = join(import.meta.dirname, '..', '..', '..', '..');
const places = isPackaged ? installedPlaces(appRoot, process.resourcesPath) : sourcePlaces(appRoot);
const log = createLog(join(app.getPath('logs'), 'main.log'));

runApp({
  electron: {
    app,
    BrowserWindow,
    dialog,
    ipcMain,
    Menu,
    nativeImage,
    nativeTheme,
    protocol,
    screen,
    session,
    shell,
  },
  platform: process.platform,
  paths: pathsOfCommandLine({ argv: process.argv, isPackaged, folder: process.cwd() }),
  preload: join(import.meta.dirname, '..', '..', 'preload', 'index.cjs'),
  rendererRoot: places.rendererRoot,
  icon: places.icon,
  windowStatePath: join(app.getPath('userData'), 'window-state.json'),
  createServices: (desktop) =>
    createServices({
      host: 'electron',
      appRoot,
      dataFolder: dataFolder(),
      languages: systemLanguages(app),
      startWorker: (kind) =>
        utilityPort(
          utilityProcess,
          kind,
          workerPath(kind),
          isPackaged ? null : (line) => log(`${kind}: ${line}`),
        ),
      bundledPackages: places.packages,
      desktop,
      secrets: new Keychain({
        safeStorage,
        platform: process.platform,
        path: join(dataFolder(), 'hub-token'),
      }),
    }),
  log,
}).catch((error: Error) => {
  log(`Not started: ${error.message}`);
  dialog.showErrorBox(productName, error.message);
  app.exit(1);
});

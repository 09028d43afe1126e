import type { App, BrowserWindow, WebContents } from 'electron';
import { channels } from '../../preload/channels.ts';
import { chooseLanguage } from '../../preload/contract/api.ts';
import type { Privacy, Settings } from '../../preload/contract/api.ts';
import { createRendererFiles } from '../host/renderer-files.ts';
import type { HostedServices } from '../host/hosted.ts';
import { OpenedFiles } from '../host/opened-files.ts';
import { Desktop } from './desktop.ts';
import { dragPhoto } from './drag-photo.ts';
import { registerIpc } from './ipc.ts';
import { menuTemplate } from './menu.ts';
import { handedPaths } from './command-line.ts';
import { appOrigin, appScheme, createProtocolHandler, schemePrivileges } from './protocol.ts';
import { logChildProcesses, recoverWindow } from './recovery.ts';
import { lockDownPages, lockDownSession } from './security.ts';
import { fitBounds, readWindowState, writeWindowState } from './window-state.ts';
import { browserWindowOptions, showWindow, stateOf } from './window.ts';

/** The parts of Electron that this program uses; given, so that tests can stand in for them. */
export type ElectronModules = Pick<
  typeof Electron.CrossProcessExports,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'nativeImage'
  | 'nativeTheme'
  | 'protocol'
  | 'screen'
  | 'session'
  | 'shell'
>;

export interface AppOptions {
  readonly electron: ElectronModules;
  readonly platform: NodeJS.Platform;
  /** Absolute paths of the files named on the command line. */
  readonly paths: readonly string[];
  readonly preload: string;
  readonly rendererRoot: string;
  readonly icon: string;
  /** File in which the window's place is remembered. */
  readonly windowStatePath: string;
  readonly createServices: (desktop: Desktop) => Promise<HostedServices>;
  readonly log: (line: string) => void;
}

/** A child process that does not end within this time is left to the operating system. */
const shutdownMilliseconds = 5000;

/**
 * Runs the desktop app. What must happen before Electron is ready happens before the first await.
 * Returns once the window is open; at once, when another instance has taken over the files.
 */
export async function runApp(options: AppOptions): Promise<void> {
  const { app, protocol } = options.electron;
  protocol.registerSchemesAsPrivileged([schemePrivileges]);
  app.enableSandbox();
  lockDownPages(app);
  if (!app.requestSingleInstanceLock({ paths: options.paths })) {
    app.quit();
    return;
  }
  const early: string[] = [...options.paths];
  let host: ElectronHost | null = null;
  const open = (paths: readonly string[]) => {
    if (host) host.open(paths);
    else early.push(...paths);
  };
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open([path]);
  });
  app.on('second-instance', (_, _argv, _folder, data) => open(handedPaths(data)));
  logChildProcesses(app, options.log);
  await app.whenReady();
  host = await ElectronHost.start(options);
  host.add(early);
}

/** BCP 47 tags of what the person reads, the best first; Electron's own is the nearest it has words for. */
export function systemLanguages(app: Pick<App, 'getLocale' | 'getPreferredSystemLanguages'>): string[] {
  return [...app.getPreferredSystemLanguages(), app.getLocale()];
}

/** The running app: its services, its window and the desktop around it. */
class ElectronHost {
  readonly #options: AppOptions;
  readonly #services: HostedServices;
  readonly #desktop: Desktop;
  readonly #files: OpenedFiles;
  #settings: Settings;
  #window: BrowserWindow | null = null;
  /** The page that listens to events, once it does. */
  #listener: WebContents | null = null;
  /** How the window opens photos. */
  #privacy: Privacy = {};
  /** The window's place, on its way to the disk. */
  #saving: Promise<void> = Promise.resolve();

  static async start(options: AppOptions): Promise<ElectronHost> {
    const { app, dialog, shell } = options.electron;
    let host: ElectronHost | null = null;
    const desktop = new Desktop({
      app,
      dialog,
      shell,
      window: () => (host ? host.#window : null),
      language: () => chooseLanguage(host ? host.#settings.language : 'system', systemLanguages(app)),
    });
    const services = await options.createServices(desktop);
    host = new ElectronHost(options, services, desktop, await services.api.getSettings());
    host.#connect();
    host.#followSettings();
    host.#openWindow();
    return host;
  }

  private constructor(options: AppOptions, services: HostedServices, desktop: Desktop, settings: Settings) {
    this.#options = options;
    this.#services = services;
    this.#desktop = desktop;
    this.#settings = settings;
    this.#files = new OpenedFiles((paths) => void this.#openPaths(paths, this.#privacy));
  }

  /** Shows the window, and in it the files, if any. */
  open(paths: readonly string[]): void {
    if (this.#window) showWindow(this.#window);
    else this.#openWindow();
    this.add(paths);
  }

  /** Opens files as soon as a window listens. */
  add(paths: readonly string[]): void {
    this.#files.add(paths);
  }

  get #language() {
    return chooseLanguage(this.#settings.language, systemLanguages(this.#options.electron.app));
  }

  async #openPaths(paths: readonly string[], privacy: Privacy) {
    // The system's list of recent documents is a trace as well.
    if (!privacy.isPrivate) this.#desktop.addRecent(paths);
    return this.#services.openPaths(paths, { isPrivate: privacy.isPrivate ?? false });
  }

  /** Wires the app's events to this host. */
  #connect(): void {
    const { app, ipcMain, nativeImage, protocol, session } = this.#options.electron;
    const services = this.#services;
    lockDownSession(session.defaultSession);
    protocol.handle(
      appScheme,
      createProtocolHandler(services, createRendererFiles(this.#options.rendererRoot)),
    );
    registerIpc({
      ipcMain,
      services,
      openPaths: (paths, privacy = {}) => this.#openPaths(paths, privacy),
      onListening: (sender) => {
        this.#listener = sender;
        this.#files.listening = true;
      },
      onPrivacy: (isPrivate) => (this.#privacy = { isPrivate }),
      onDragPhoto: (sender, photoId) =>
        void dragPhoto(sender, photoId, { services, nativeImage, icon: this.#options.icon }),
    });
    services.events.subscribe(({ event }) => {
      if (event.type === 'settings') {
        this.#settings = event.settings;
        this.#followSettings();
      }
      if (this.#listener && !this.#listener.isDestroyed()) this.#listener.send(channels.event, event);
    });
    app.on('activate', () => this.open([]));
    app.on('window-all-closed', () => {
      if (this.#options.platform !== 'darwin') app.quit();
    });
    this.#endOnQuit();
  }

  /** The menu bar's language and the theme are those of the settings. */
  #followSettings(): void {
    const { app, Menu, nativeTheme } = this.#options.electron;
    nativeTheme.themeSource = this.#settings.theme;
    const template = menuTemplate({
      platform: this.#options.platform,
      language: this.#language,
      appName: app.name,
      developerTools: !app.isPackaged,
      run: (command) => {
        this.open([]);
        this.#services.events.publish({ type: 'command', command });
      },
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  #openWindow(): void {
    const { app, BrowserWindow, dialog, nativeTheme, screen } = this.#options.electron;
    const { windowStatePath, preload, icon, log } = this.#options;
    const state = readWindowState(windowStatePath);
    const workAreas = screen.getAllDisplays().map(({ workArea }) => workArea);
    const window = new BrowserWindow(
      browserWindowOptions({
        title: app.name,
        preload,
        icon,
        bounds: fitBounds(state.bounds, workAreas),
        dark: nativeTheme.shouldUseDarkColors,
        developerTools: !app.isPackaged,
      }),
    );
    this.#window = window;
    window.once('ready-to-show', () => {
      if (state.maximised) window.maximize();
      if (state.fullScreen) window.setFullScreen(true);
      window.show();
    });
    // A page that is loaded anew has to say again that it listens.
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#stopSending();
    });
    window.on('close', () => {
      this.#saving = writeWindowState(windowStatePath, stateOf(window)).catch((error: Error) =>
        log(error.message),
      );
    });
    window.on('closed', () => {
      this.#window = null;
      this.#stopSending();
    });
    recoverWindow(window, { dialog, quit: () => app.quit(), language: () => this.#language, log });
    void window.loadURL(`${appOrigin}/`).catch((error: Error) => log(error.message));
  }

  #stopSending(): void {
    this.#listener = null;
    this.#privacy = {};
    this.#files.listening = false;
  }

  /** Ends the child processes and closes the store before the app goes. */
  #endOnQuit(): void {
    const { app } = this.#options.electron;
    let ending = false;
    app.on('will-quit', (event) => {
      event.preventDefault();
      if (ending) return;
      ending = true;
      const late = new Promise((resolve) => setTimeout(resolve, shutdownMilliseconds));
      Promise.race([Promise.all([this.#services.dispose(), this.#saving]), late]).then(
        () => app.exit(0),
        () => app.exit(1),
      );
    });
  }
}

import { EventEmitter } from 'node:events';
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions, Rectangle } from 'electron';
import type { ElectronModules } from '../../main/electron/run-app.ts';
import { appOrigin } from '../../main/electron/protocol.ts';

type Answer = (event: unknown, input?: unknown) => unknown;

/** A page as main sees it: its frame, what was sent to it, and what it was forbidden. */
export class FakeContents extends EventEmitter {
  readonly mainFrame = { url: `${appOrigin}/` };
  readonly sent: { channel: string; event: unknown }[] = [];
  readonly drags: unknown[] = [];
  reloads = 0;
  windowOpenHandler: ((details: { url: string }) => { action: string }) | null = null;
  send(channel: string, event: unknown): void {
    this.sent.push({ channel, event });
  }
  startDrag(item: unknown): void {
    this.drags.push(item);
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler;
  }
  reload(): void {
    this.reloads += 1;
  }
  getURL(): string {
    return this.mainFrame.url;
  }
  isDestroyed(): boolean {
    return false;
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  readonly options: BrowserWindowConstructorOptions;
  readonly acts: string[] = [];
  loaded: string | null = null;
  minimised = false;
  destroyed = false;
  constructor(options: BrowserWindowConstructorOptions) {
    super();
    this.options = options;
  }
  async loadURL(url: string): Promise<void> {
    this.loaded = url;
  }
  getNormalBounds = () => ({ x: 10, y: 20, width: 900, height: 700 });
  isMaximized = () => true;
  isFullScreen = () => false;
  isMinimized = () => this.minimised;
  isDestroyed = () => this.destroyed;
  restore = () => void this.acts.push('restore');
  show = () => void this.acts.push('show');
  focus = () => void this.acts.push('focus');
  maximize = () => void this.acts.push('maximize');
  setFullScreen = () => void this.acts.push('full-screen');
}

export interface FakeElectronOptions {
  /** Whether another instance runs already. */
  readonly second?: boolean;
  readonly locale?: string;
  readonly displays?: readonly Rectangle[];
}

/** Electron as far as the program uses it: handlers are kept to be called, and what is asked of it is recorded. */
export function createFakeElectron({ second = false, locale = 'en-US', displays }: FakeElectronOptions = {}) {
  const windows: FakeWindow[] = [];
  const invokeHandlers = new Map<string, Answer>();
  const recorded = {
    schemes: [] as unknown[],
    sandboxed: false,
    quits: 0,
    exits: [] as number[],
    handed: null as unknown,
    recent: [] as string[],
    menus: [] as MenuItemConstructorOptions[][],
    opened: [] as string[],
    protocolHandler: null as ((request: Request) => Promise<Response>) | null,
    messageBoxes: [] as { message: string; buttons: string[] }[],
    messageBoxResponse: 0,
  };
  let becomeReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  const app = Object.assign(new EventEmitter(), {
    name: 'INF-LLaVA Desktop',
    isPackaged: true,
    enableSandbox: () => void (recorded.sandboxed = true),
    requestSingleInstanceLock: (data: unknown) => {
      recorded.handed = data;
      return !second;
    },
    quit: () => void (recorded.quits += 1),
    exit: (code: number) => void recorded.exits.push(code),
    whenReady: () => ready,
    getLocale: () => 'en-US',
    getPreferredSystemLanguages: () => [locale],
    addRecentDocument: (path: string) => void recorded.recent.push(path),
  });
  const ipcMain = Object.assign(new EventEmitter(), {
    handle: (channel: string, handler: Answer) => void invokeHandlers.set(channel, handler),
  });
  const session = createFakeSession();
  const electron = {
    app,
    BrowserWindow: class extends FakeWindow {
      constructor(options: BrowserWindowConstructorOptions) {
        super(options);
        windows.push(this);
        app.emit('web-contents-created', {}, this.webContents);
      }
    },
    dialog: {
      showMessageBox: async (_: unknown, box: { message: string; buttons: string[] }) => {
        recorded.messageBoxes.push(box);
        return { response: recorded.messageBoxResponse };
      },
    },
    ipcMain,
    Menu: {
      buildFromTemplate: (template: MenuItemConstructorOptions[]) => template,
      setApplicationMenu: (template: MenuItemConstructorOptions[]) => void recorded.menus.push(template),
    },
    nativeImage: {
      createFromBuffer: (buffer: Buffer) => ({
        isEmpty: () => buffer.byteLength === 0,
        resize: () => `icon of ${buffer.toString()}`,
      }),
    },
    nativeTheme: { themeSource: 'system', shouldUseDarkColors: false },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown[]) => void recorded.schemes.push(...schemes),
      handle: (_: string, handler: (request: Request) => Promise<Response>) => {
        recorded.protocolHandler = handler;
      },
    },
    screen: {
      getAllDisplays: () =>
        (displays ?? [{ x: 0, y: 0, width: 1920, height: 1080 }]).map((workArea) => ({ workArea })),
    },
    session: { defaultSession: session },
    shell: { openExternal: async (url: string) => void recorded.opened.push(url) },
  };
  return {
    modules: electron as unknown as ElectronModules,
    app,
    ipcMain,
    session,
    nativeTheme: electron.nativeTheme,
    windows,
    recorded,
    becomeReady,
    /** Sends `input` on `channel` as `frame` of `contents` does, by default its own page. */
    invoke: async (
      contents: FakeContents,
      channel: string,
      input?: unknown,
      frame: unknown = contents.mainFrame,
    ) => {
      const handler = invokeHandlers.get(channel);
      if (!handler) throw new Error(`No handler for ${channel}.`);
      return handler({ sender: contents, senderFrame: frame }, input);
    },
    channels: () => [...invokeHandlers.keys()],
  };
}

type Callback<T> = (answer: T) => void;

export function createFakeSession() {
  const set: Record<string, unknown[]> = {};
  const keep =
    (name: string) =>
    (...values: unknown[]) =>
      void (set[name] = values);
  const emitter = new EventEmitter();
  return Object.assign(emitter, {
    setPermissionRequestHandler: keep('request'),
    setPermissionCheckHandler: keep('check'),
    setDevicePermissionHandler: keep('device'),
    setDisplayMediaRequestHandler: keep('display'),
    setSpellCheckerEnabled: keep('spelling'),
    webRequest: { onBeforeRequest: keep('before') },
    /** Whether a page at `url` is granted `permission` when it asks for it. */
    asks: (permission: string, url: string) => {
      const handler = set['request']![0] as (
        contents: unknown,
        permission: string,
        callback: Callback<boolean>,
      ) => void;
      let granted = true;
      handler({ getURL: () => url }, permission, (answer) => (granted = answer));
      return granted;
    },
    checks: (permission: string, origin: string) =>
      (set['check']![0] as (contents: unknown, permission: string, origin: string) => boolean)(
        null,
        permission,
        origin,
      ),
    givesDevice: () => (set['device']![0] as () => boolean)(),
    givesDisplay: () => {
      let streams: unknown = 'unanswered';
      (set['display']![0] as (request: unknown, callback: Callback<unknown>) => void)(
        {},
        (answer) => (streams = answer),
      );
      return streams;
    },
    spelling: () => set['spelling']![0],
    blockedUrls: () => (set['before']![0] as { urls: string[] }).urls,
    blocks: () => {
      let cancelled = false;
      (set['before']![1] as (details: unknown, callback: Callback<{ cancel: boolean }>) => void)(
        {},
        ({ cancel }) => (cancelled = cancel),
      );
      return cancelled;
    },
  });
}

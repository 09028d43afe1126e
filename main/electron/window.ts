import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron';
import type { WindowState } from './window-state.ts';

/** Below this the panes cannot be told apart; the page itself lays out from 360 points. */
const leastSize = { width: 360, height: 480 };
const firstSize = { width: 1280, height: 840 };

/** The page's own background in both themes, so that the window does not flash before the page is drawn. */
const backgrounds = { light: '#f7f7f6', dark: '#1b1c1e' };

export interface WindowOptions {
  readonly title: string;
  /** Absolute path of the built preload script. */
  readonly preload: string;
  /** Null lets the system place the window. */
  readonly bounds: Rectangle | null;
  readonly dark: boolean;
  /** Absolute path of a PNG; used where the system does not take the icon from the package (Linux). */
  readonly icon: string;
  readonly developerTools: boolean;
}

/** How the window is made. The page runs in the sandbox, apart from the preload script, without Node. */
export function browserWindowOptions(options: WindowOptions): BrowserWindowConstructorOptions {
  return {
    title: options.title,
    icon: options.icon,
    ...firstSize,
    ...options.bounds,
    minWidth: leastSize.width,
    minHeight: leastSize.height,
    backgroundColor: options.dark ? backgrounds.dark : backgrounds.light,
    show: false,
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      disableDialogs: true,
      spellcheck: false,
      devTools: options.developerTools,
    },
  };
}

/** What there is to remember of `window`. */
export function stateOf(window: BrowserWindow): WindowState {
  return {
    bounds: window.getNormalBounds(),
    maximised: window.isMaximized(),
    fullScreen: window.isFullScreen(),
  };
}

/** Brings the window to the person, wherever it was put. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

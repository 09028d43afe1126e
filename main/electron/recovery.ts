import type { App, BrowserWindow, Dialog } from 'electron';
import type { Language } from '../../preload/contract/api.ts';
import { dialogTexts } from './texts.ts';

/** A window that keeps failing is not reloaded for ever: as many times within as long, then the person is asked. */
const reloads = { most: 3, withinMilliseconds: 60_000 };

export interface RecoveryOptions {
  readonly dialog: Pick<Dialog, 'showMessageBox'>;
  readonly quit: () => void;
  readonly language: () => Language;
  /** Writes a line to the program's log. It holds reasons and exit codes, nothing of photos or conversations. */
  readonly log: (line: string) => void;
  readonly now?: () => number;
}

/** Loads the page anew when its process dies, and asks the person when that does not help or the page hangs. */
export function recoverWindow(window: BrowserWindow, options: RecoveryOptions): void {
  const { dialog, quit, language, log, now = Date.now } = options;
  let reloadedAt: number[] = [];
  let asking = false;

  const ask = async (message: keyof typeof dialogTexts, detail: string, other: 'quit' | 'wait') => {
    if (asking || window.isDestroyed()) return;
    asking = true;
    const text = (key: keyof typeof dialogTexts) => dialogTexts[key][language()];
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      message: text(message),
      detail,
      buttons: [text('reload'), text(other)],
      defaultId: 0,
      cancelId: 1,
    });
    asking = false;
    if (response === 0 && !window.isDestroyed()) window.webContents.reload();
    else if (other === 'quit') quit();
  };

  window.webContents.on('render-process-gone', (_, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    log(`The window's process ended: ${reason} (${exitCode}).`);
    const time = now();
    reloadedAt = reloadedAt.filter((at) => time - at < reloads.withinMilliseconds);
    if (reloadedAt.length < reloads.most) {
      reloadedAt.push(time);
      window.webContents.reload();
    } else {
      void ask('windowGone', dialogTexts.windowGoneDetail[language()], 'quit');
    }
  });
  window.on('unresponsive', () => {
    log('The window does not respond.');
    void ask('windowBusy', '', 'wait');
  });
}

/**
 * Notes why a child process ended. What it was doing is rejected by its supervisor, which starts it again with the
 * next request; Chromium restarts its own.
 */
export function logChildProcesses(app: Pick<App, 'on'>, log: (line: string) => void): void {
  app.on('child-process-gone', (_, { type, serviceName, name, reason, exitCode }) => {
    if (reason !== 'clean-exit') log(`${name ?? serviceName ?? type} ended: ${reason} (${exitCode}).`);
  });
}

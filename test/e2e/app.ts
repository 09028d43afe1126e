/** The whole app as a person has it in the web host: real services, real child processes, a real browser. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { build, isStale, projectRoot } from '../../main/build.ts';
import { commandLine } from '../../main/host/command-line.ts';
import type { DesktopServices } from '../../main/services/options.ts';
import { createServices, type Services } from '../../main/services/services.ts';
import { startWebServer, type WebServer } from '../../main/web/server.ts';
import type { Settings } from '../../preload/contract/api.ts';
import { launchBrowser } from '../support/browser.ts';
import { signInPage } from '../support/sign-in-page.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { PacedAnswers } from '../support/paced-answers.ts';

/** How long a page may take to show something, in milliseconds: far beyond what it takes on a busy machine. */
export const patience = 120_000;

export interface App {
  readonly services: Services;
  readonly server: WebServer;
  readonly browser: Browser;
  /** Folder of this test, with the data folder in it. */
  readonly folder: string;
  /** A new window that is signed in, with nothing of an earlier one. */
  open(options?: WindowOptions): Promise<Page>;
  /** Has answers last as long as a test wants. */
  readonly answers: PacedAnswers;
  /** Every address a page asked for that is not the app's own. */
  readonly foreignRequests: string[];
  /** Errors the pages reported: uncaught, or written to the console. */
  readonly pageErrors: string[];
  close(): Promise<void>;
}

export interface WindowOptions extends BrowserContextOptions {
  /** Of somebody who has never watched a photo on its way into the model: it is shown the first time. */
  readonly isNewcomer?: boolean;
}

export interface AppOptions {
  /** False for no model package at all. */
  readonly withModel?: boolean;
  /** Folder of the package to bundle, instead of the golden case's. */
  readonly model?: string;
  /** What the package is said to be. */
  readonly kind?: 'own' | 'demo';
  readonly settings?: Partial<Settings>;
  /** The system's dialogs; left out as in the web host, which has none. */
  readonly desktop?: DesktopServices;
  /** Puts something into the data folder before the app starts. */
  readonly prepare?: (dataFolder: string) => void;
}

/** The model that comes with the app, as a person finds it. */
export const demoModel = {
  kind: 'demo',
  model: join(projectRoot, 'native-models', 'demo', 'package'),
} as const;

/** Starts the app on an empty data folder. */
export async function startApp(options: AppOptions = {}): Promise<App> {
  const { withModel = true, model, kind = 'own', settings = {}, desktop, prepare } = options;
  if (isStale('renderer')) await build('renderer');
  const folder = mkdtempSync(join(tmpdir(), 'inf-llava-e2e-'));
  const dataFolder = join(folder, 'data');
  prepare?.(dataFolder);
  const answers = new PacedAnswers();
  const services = await createServices({
    host: 'web',
    appRoot: projectRoot,
    dataFolder,
    languages: ['en-US'],
    commandLine: commandLine(projectRoot, dataFolder),
    startWorker: answers.startWorker,
    desktop,
    calibrationMilliseconds: 0,
    bundledPackages: withModel ? [{ folder: model ?? (await goldenPackage()), kind }] : [],
  });
  // One thread: two of llama.cpp's wait for each other while a browser takes the cores.
  await services.api.changeSettings({ threads: 1, device: 'cpu', ...settings });
  const server = await startWebServer({
    services,
    rendererRoot: join(projectRoot, 'build', 'renderer'),
    port: 0,
  });
  const browser = await launchBrowser();
  const foreignRequests: string[] = [];
  const pageErrors: string[] = [];
  const origin = `http://127.0.0.1:${server.port}`;

  async function open({ isNewcomer = false, ...options }: WindowOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-US',
      colorScheme: 'light',
      ...options,
    });
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) foreignRequests.push(url);
    });
    context.setDefaultTimeout(patience);
    if (!isNewcomer) {
      await context.addInitScript(() => localStorage.setItem('watched', JSON.stringify({ photo: true })));
    }
    const page = await context.newPage();
    page.on('pageerror', (error) => pageErrors.push(error.message));
    page.on('console', (message) => {
      // A picture that is gone is shown as such by the window; the browser's own remark about it is no fault.
      if (message.type() === 'error' && !/Failed to load resource|failed to load/.test(message.text())) {
        pageErrors.push(message.text());
      }
    });
    await signInPage(page, server);
    await page.getByRole('heading').first().waitFor();
    return page;
  }

  return {
    services,
    server,
    browser,
    folder,
    open,
    answers,
    foreignRequests,
    pageErrors,
    async close() {
      await browser.close();
      await server.close();
      await services.dispose();
      answers.dispose();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Sends files into the window as a drop on the element of `selector` does. */
export async function dropFiles(
  page: Page,
  files: readonly { name: string; bytes: Uint8Array }[],
  selector = 'body',
): Promise<void> {
  const list = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  await page.locator(selector).evaluate((element, dropped) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of dropped) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    for (const type of ['dragenter', 'dragover', 'drop']) {
      const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
      element.dispatchEvent(event);
    }
  }, list);
}

/** The question field; it is there whenever a photo is open. */
export const questionField = (page: Page) => page.getByRole('textbox', { name: 'Your question' });

export async function ask(page: Page, question: string): Promise<void> {
  await questionField(page).fill(question);
  await questionField(page).press('Enter');
}

/** The next piece of text of an answer, once it has been told. */
export function nextText({ services }: App): Promise<string> {
  return new Promise((resolve) => {
    const stop = services.events.subscribe(({ event }) => {
      if (event.type !== 'text') return;
      stop();
      resolve(event.text);
    });
  });
}

/** TCP connections of a process and its children to anything but this machine. Linux only; elsewhere none are seen. */
export function foreignConnections(): string[] {
  if (process.platform !== 'linux') return [];
  const own = descendants(process.pid);
  const lines = execFileSync('ss', ['-tunpH', 'state', 'connected'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    const pid = Number(/pid=(\d+)/.exec(line)?.[1]);
    const peer = line.trim().split(/\s+/)[4] ?? '';
    return own.has(pid) && !/^(127\.|\[::1\]|\[::ffff:127\.)/.test(peer);
  });
}

function descendants(root: number): Set<number> {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = new Set([root]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, parent] of table) {
      if (found.has(parent!) && !found.has(pid!)) {
        found.add(pid!);
        grown = true;
      }
    }
  }
  return found;
}

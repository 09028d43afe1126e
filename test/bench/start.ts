/** The program from a standing start to a window that can be used, and what it costs while nobody does anything. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build, isStale, projectRoot } from '../../main/build.ts';
import { launchBrowser } from '../support/browser.ts';
import { memoryOf, processTree, processorSeconds } from '../support/process-tree.ts';
import { inTurns, type Figure } from './figure.ts';

const idleSeconds = 20;

const staticServer = `
  const page = '<!doctype html><title>page</title><button>A page</button>';
  const server = require('node:http').createServer((_, response) => response.end(page));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

export async function measure(): Promise<Figure[]> {
  if (process.platform !== 'linux') throw new Error('This part reads /proc: Linux only.');
  for (const part of ['renderer', 'app'] as const) if (isStale(part)) await build(part);
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-bench-'));
  await standInForDesktop(folder);
  const browser = await launchBrowser();
  try {
    const start = async () => {
      const { milliseconds, close } = await startApp(browser, folder);
      await close();
      return milliseconds;
    };
    // The first start makes the data folder and fills the disk's cache.
    await start();
    const times = await inTurns(start, () => startStaticPage(browser));
    return [
      { what: 'start to a usable window', value: times.one / 1000, unit: 's' },
      { what: 'the same Node serves a static page', value: times.other / 1000, unit: 's' },
      {
        what: 'start / static page',
        value: times.ratio,
        spread: times.spread,
        unit: 'x',
        target: { atMost: 1.8 },
      },
      ...(await whileIdle(browser, folder)),
    ];
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the program opens its page with, in place of the desktop's own: hands the page's path to a pipe. */
async function standInForDesktop(folder: string): Promise<void> {
  execFileSync('mkfifo', [join(folder, 'opened')]);
  const script = `#!/bin/sh\necho "$1" > '${join(folder, 'opened')}'\n`;
  await writeFile(join(folder, 'xdg-open'), script, { mode: 0o755 });
}

/** Starts the program as `npm start -- --web` does, browser and all, and waits until its gallery shows pictures. */
async function startApp(browser: Browser, folder: string) {
  const page = await browser.newPage();
  const begun = performance.now();
  const child = spawn(process.execPath, ['main/bootstrap.mjs', 'main/start.ts', '--web'], {
    cwd: projectRoot,
    env: {
      ...process.env,
      INF_LLAVA_DATA: join(folder, 'data'),
      DISPLAY: ':0',
      PATH: `${folder}:${process.env['PATH']}`,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const close = async () => {
    await page.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  try {
    const opened = await readFile(join(folder, 'opened'), 'utf8');
    await page.goto(pathToFileURL(opened.trim()).href, { waitUntil: 'commit' });
    await page.locator('button.picture').first().waitFor();
    return { page, pid: child.pid!, milliseconds: performance.now() - begun, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The least that a program with a window in the browser can take: one page of nothing, from the start of Node on. */
async function startStaticPage(browser: Browser): Promise<number> {
  const page = await browser.newPage();
  const begun = performance.now();
  const child = spawn(process.execPath, ['-e', staticServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  await page.goto(`http://127.0.0.1:${port.toString().trim()}/`);
  await page.locator('button').waitFor();
  const milliseconds = performance.now() - begun;
  await page.close();
  child.kill('SIGKILL');
  await once(child, 'exit');
  return milliseconds;
}

/** Processor time and memory of the program and its child processes, while a photo is open and nothing is done. */
async function whileIdle(browser: Browser, folder: string): Promise<Figure[]> {
  const { page, pid, close } = await startApp(browser, folder);
  try {
    const atStart = memoryOf(processTree(pid));
    await openSample(page);
    const before = processorSeconds(processTree(pid));
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
    const pids = processTree(pid);
    const idle = (processorSeconds(pids) - before) / idleSeconds;
    const ready = memoryOf(pids);
    return [
      { what: 'processor while idle, a photo open', value: idle * 100, unit: '%', target: { atMost: 1 } },
      { what: 'memory after the start', value: atStart / 1e6, unit: 'MB' },
      { what: 'memory with the bundled model and a photo', value: ready / 1e6, unit: 'MB' },
    ];
  } finally {
    await close();
  }
}

async function openSample(page: Page): Promise<void> {
  await page.locator('button.picture').first().click();
  await page.getByText(/^Ready( for questions|, recognised from before)/).waitFor({ timeout: 300_000 });
}

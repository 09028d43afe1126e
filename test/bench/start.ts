/** The program from a standing start to a window that can be used, and what it costs while nobody does anything. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, isStale, projectRoot } from '../../main/build.ts';
import { launchBrowser } from '../support/browser.ts';
import { signInPage } from '../support/sign-in-page.ts';
import { median, type Figure } from './figure.ts';

const rounds = 5;
const idleSeconds = 20;
/** Clock ticks a second in /proc (USER_HZ), the same on every Linux. */
const ticks = 100;

export async function measure(): Promise<Figure[]> {
  if (process.platform !== 'linux') throw new Error('This part reads /proc: Linux only.');
  if (isStale('renderer')) await build('renderer');
  const folder = await mkdtemp(join(tmpdir(), 'inf-llava-bench-'));
  const browser = await launchBrowser();
  try {
    const times: number[] = [];
    // The first start makes the data folder and fills the disk's cache.
    for (let round = 0; round <= rounds; round++) {
      const { milliseconds, close } = await startApp(browser, folder);
      if (round > 0) times.push(milliseconds);
      await close();
    }
    return [
      {
        what: 'start to a usable window',
        value: median(times) / 1000,
        unit: 's',
        target: { atMost: 1.5 },
      },
      ...(await whileIdle(browser, folder)),
    ];
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts the web host as `npm start` does and waits until its gallery shows pictures. */
async function startApp(browser: Browser, folder: string) {
  const page = await browser.newPage();
  const begun = performance.now();
  const child = spawn(process.execPath, ['main/bootstrap.mjs', 'main/start.ts', '--web', '--no-open'], {
    cwd: projectRoot,
    env: { ...process.env, INF_LLAVA_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await signInPage(page, await signInOf(child));
  await page.locator('button.picture').first().waitFor();
  const milliseconds = performance.now() - begun;
  const close = async () => {
    await page.close();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  return { page, child, milliseconds, close };
}

/** Where the program is and with which code one signs in there, as it says on the terminal. */
function signInOf(child: ChildProcess): Promise<{ address: string; code: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address, code] = /is at (\S+)\nCode[^:]*: (\S+)\n/.exec(said) ?? [];
      if (address !== undefined && code !== undefined) resolve({ address, code });
    });
    child.once('exit', (code) => reject(new Error(`The program ended with code ${code}.`)));
  });
}

/** Processor time and memory of the program and its child processes, while a photo is open and nothing is done. */
async function whileIdle(browser: Browser, folder: string): Promise<Figure[]> {
  const { page, child, close } = await startApp(browser, folder);
  const atStart = memory(tree(child.pid!));
  await openSample(page);
  const before = processorSeconds(tree(child.pid!));
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const pids = tree(child.pid!);
  const idle = (processorSeconds(pids) - before) / idleSeconds;
  const ready = memory(pids);
  await close();
  return [
    { what: 'processor while idle, a photo open', value: idle * 100, unit: '%', target: { atMost: 1 } },
    { what: 'memory after the start', value: atStart / 1e6, unit: 'MB' },
    { what: 'memory with the bundled model and a photo', value: ready / 1e6, unit: 'MB' },
  ];
}

async function openSample(page: Page): Promise<void> {
  await page.locator('button.picture').first().click();
  await page.getByText(/^Ready( for questions|, recognised from before)/).waitFor();
}

/** The process and all its descendants. */
function tree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statFields(Number(name))?.[1] ?? -1)] as const);
  const found = [root];
  for (const pid of found)
    found.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child));
  return found;
}

/** Fields of /proc/PID/stat after the name, from the state on; null when the process is gone. */
function statFields(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return null;
  }
}

function processorSeconds(pids: readonly number[]): number {
  const [user, system] = [11, 12];
  return pids.reduce((sum, pid) => {
    const fields = statFields(pid);
    return fields ? sum + (Number(fields[user]) + Number(fields[system])) / ticks : sum;
  }, 0);
}

/** Proportional set size: what several processes share is counted once. */
function memory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const pss = /^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return sum + Number(pss) * 1024;
  }, 0);
}

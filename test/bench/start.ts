/** The program from a standing start to a window that can be used, and what it costs while nobody does anything. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, isStale } from '../../main/build.ts';
import { launchBrowser } from '../support/browser.ts';
import { memoryOf, processTree, processorSeconds } from '../support/process-tree.ts';
import { signInPage } from '../support/sign-in-page.ts';
import { startWebProgram } from '../support/web-program.ts';
import { median, type Figure } from './figure.ts';

const rounds = 5;
const idleSeconds = 20;

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
  const program = await startWebProgram(folder);
  await signInPage(page, program);
  await page.locator('button.picture').first().waitFor();
  const milliseconds = performance.now() - begun;
  const close = async () => {
    await page.close();
    await program.close();
  };
  return { page, pid: program.child.pid!, milliseconds, close };
}

/** Processor time and memory of the program and its child processes, while a photo is open and nothing is done. */
async function whileIdle(browser: Browser, folder: string): Promise<Figure[]> {
  const { page, pid, close } = await startApp(browser, folder);
  const atStart = memoryOf(processTree(pid));
  await openSample(page);
  const before = processorSeconds(processTree(pid));
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const pids = processTree(pid);
  const idle = (processorSeconds(pids) - before) / idleSeconds;
  const ready = memoryOf(pids);
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

/** The browser that tests drive: one of the Chromium family on this machine, or else one that npm carries. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type LaunchOptions } from 'playwright-core';
import { projectRoot } from '../../main/build.ts';

const places = [
  process.env['INF_LLAVA_BROWSER'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/microsoft-edge',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
].filter((place) => place !== undefined);

interface Executable {
  readonly path: string;
  readonly env: Record<string, string>;
}

/**
 * Starts the browser without a window. Throws, naming what was looked for, where there is none and none can be fetched.
 */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(launchOptions());
}

/** The same with a profile in `folder`, as a person has one: with a history. */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, launchOptions());
}

function launchOptions(): LaunchOptions {
  const { path, env } = findBrowser() ?? bringBrowser();
  return {
    executablePath: path,
    env: { ...process.env, ...env } as Record<string, string>,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  };
}

function findBrowser(): Executable | null {
  const path = places.find((place) => existsSync(place));
  return path === undefined ? null : { path, env: {} };
}

/** Made for functions in the cloud, which have no browser either: it unpacks itself with the libraries it needs. */
const npmBrowser = '@sparticuz/chromium@147.0.0';

/** Fetches a browser from the npm registry into build/, once: 70 MB, so that only machines without one pay for it. */
function bringBrowser(): Executable {
  const folder = join(projectRoot, 'build', 'browser');
  const script = join(folder, 'unpack.mjs');
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw noBrowser('none is carried for this platform');
  try {
    if (!existsSync(script)) {
      mkdirSync(folder, { recursive: true });
      const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      execFileSync('npm', ['install', '--prefix', folder, ...options, npmBrowser], { stdio: 'inherit' });
      writeFileSync(
        script,
        "import chromium from '@sparticuz/chromium';\nprocess.stdout.write(await chromium.executablePath());\n",
      );
    }
    // This variable makes it unpack its libraries too.
    const env = { ...process.env, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
    const path = execFileSync(process.execPath, [script], { env, encoding: 'utf8' });
    return {
      path,
      env: { LD_LIBRARY_PATH: join(tmpdir(), 'al2023', 'lib'), FONTCONFIG_PATH: join(tmpdir(), 'fonts') },
    };
  } catch (error) {
    throw noBrowser((error as Error).message);
  }
}

function noBrowser(reason: string): Error {
  return new Error(
    `No browser: install Chromium, Chrome or Edge, or name one in INF_LLAVA_BROWSER. Looked at:\n` +
      `${places.join('\n')}\nand for ${npmBrowser} in the npm registry (${reason}).`,
  );
}

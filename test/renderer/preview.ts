/**
 * Looks at the window: `node test/renderer/preview.ts FOLDER [SCENE...]` builds it, serves it with a fake program and
 * the real web host, and takes screenshots into build/screenshots. FOLDER holds the pictures to show.
 * Each scene is checked with axe, and anything the page logs as an error is printed.
 */
import { createRequire } from 'node:module';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { build } from 'vite';
import { EventLog } from '../../main/services/events.ts';
import type { HostedServices } from '../../main/host/hosted.ts';
import { startWebServer } from '../../main/web/server.ts';
import type { PhotoId } from '../../preload/contract/api.ts';
import { makePhoto, testTime } from './fake-data.ts';
import { launchBrowser } from '../support/browser.ts';
import { signInPage } from '../support/sign-in-page.ts';
import { FakeBridge } from './fake-bridge.ts';
import { answerPicture } from './fake-pictures.ts';
import { fill, scenes, type Scene } from './preview-scenes.ts';

const root = new URL('../../', import.meta.url).pathname;
const [folder = join(root, 'build/preview-photos'), ...wanted] = process.argv.slice(2);
const output = join(root, 'build/screenshots');
const rendererRoot = join(root, 'build/preview');
const say = (line: string) => void process.stdout.write(`${line}\n`);

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function readPhotos(): Promise<Map<PhotoId, string>> {
  const names = (await readdir(folder)).filter((name) => /\.(png|jpe?g)$/.test(name)).sort();
  return new Map(names.map((name, index) => [`p${index + 1}`, join(folder, name)]));
}

async function makeBridge(files: ReadonlyMap<PhotoId, string>): Promise<FakeBridge> {
  const bridge = new FakeBridge();
  for (const [id, file] of files) {
    const { width = 0, height = 0, size = 0, format = 'png' } = await sharp(await readFile(file)).metadata();
    bridge.addPhotos(
      makePhoto(id, { name: basename(file), width, height, bytes: size, format, openedAt: testTime }),
    );
  }
  return bridge;
}

async function show(scene: Scene, files: ReadonlyMap<PhotoId, string>): Promise<void> {
  const bridge = await makeBridge(files);
  fill(bridge);
  bridge.settings = { ...bridge.settings, theme: scene.theme, language: scene.language };
  scene.prepare?.(bridge);
  const events = new EventLog();
  bridge.subscribe(events.publish, () => undefined);
  const services: HostedServices = {
    api: bridge,
    events,
    openPaths: async () => [],
    openUpload: async ({ name }) => (await bridge.openFiles([{ name } as File]))[0]!,
    photoPath: async () => null,
    respond: (request) => answerPicture(request, files),
    dispose: async () => undefined,
  };
  const server = await startWebServer({ services, rendererRoot, port: 0 });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({
      viewport: { width: scene.width, height: scene.height },
      reducedMotion: 'reduce',
      ...(scene.width < 600 ? { deviceScaleFactor: 2, hasTouch: true } : {}),
    });
    page.on('console', (message) => message.type() === 'error' && say(`  page: ${message.text()}`));
    page.on('pageerror', (error) => say(`  page: ${error.stack ?? error.message}`));
    await signInPage(page, server);
    if (scene.place)
      await page.goto(`http://127.0.0.1:${server.port}/#/${scene.place}`).then(() => page.reload());
    await page.waitForLoadState('networkidle');
    await scene.act?.(page, bridge);
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(output, `${scene.name}.png`) });
    await reportAxe(page);
  } finally {
    await browser.close();
    await server.close();
  }
}

async function reportAxe(page: Page): Promise<void> {
  // The page's own policy forbids the script; the devtools protocol does not ask it.
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run(document)')) as {
    violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  for (const { id, help, nodes } of found.violations) {
    say(`  axe: ${id}: ${help}`);
    for (const node of nodes.slice(0, 4))
      say(`    ${node.html.slice(0, 160)} ${node.failureSummary.split('\n')[1] ?? ''}`);
  }
}

await mkdir(output, { recursive: true });
await build({
  configFile: join(root, 'renderer/vite.config.ts'),
  logLevel: 'warn',
  build: { outDir: rendererRoot, emptyOutDir: true },
});
const files = await readPhotos();
for (const scene of scenes) {
  if (wanted.length > 0 && !wanted.some((part) => scene.name.includes(part))) continue;
  say(scene.name);
  await show(scene, files).catch((error: unknown) => say(`  ${String(error)}`));
}

/** Where pictures of the window go: `UPDATE_DOCS=1 npx vitest run --project e2e` renews those of docs/; otherwise to build/. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { projectRoot } from '../../main/build.ts';

const buildFolder = join(projectRoot, 'build', 'screenshots');
const docsFolder = process.env['UPDATE_DOCS'] === '1' ? join(projectRoot, 'docs') : buildFolder;

/** @param name without ending; `isForDocs` for the pictures that docs/ has */
export async function screenshot(page: Page, name: string, isForDocs = false): Promise<void> {
  const folder = isForDocs ? docsFolder : buildFolder;
  mkdirSync(folder, { recursive: true });
  const picture = sharp(await page.screenshot({ type: 'png' }));
  await picture.webp({ quality: 82, effort: 6, smartSubsample: true }).toFile(join(folder, `${name}.webp`));
}

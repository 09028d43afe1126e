import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { measureLettering } from './measure.ts';
import type { Measurement } from './measure.ts';
import type { Picture } from './picture.ts';
import { encodePng } from './raster.ts';
import { xml } from './xml.ts';

export interface Rendered extends Measurement {
  readonly png: Buffer;
}

/** The whole SVG of a picture, its painted layers still only named. The same text every time. */
export function svgOf(picture: Picture): string {
  const { width, height } = picture;
  return xml`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${picture.draw().body}</svg>`;
}

function withLayers(picture: Picture): string {
  let text = svgOf(picture);
  for (const [name, make] of Object.entries(picture.draw().layers ?? {})) {
    const data = encodePng(make()).toString('base64');
    text = text.replaceAll(`"layer:${name}"`, `"data:image/png;base64,${data}"`);
  }
  return text;
}

/** The Chromium whose renders are committed: no sub-pixel colour, no hinting, no GPU. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-lcd-text', '--font-render-hinting=none'],
  });
}

/** Renders one picture at its own pixels and measures every lettering in it. */
export async function render(picture: Picture, browser: Browser): Promise<Rendered> {
  const { width, height } = picture;
  const page = await browser.newPage({ viewport: { width, height } });
  try {
    await page.setContent(
      `<!doctype html><style>*{margin:0}svg{display:block}</style>${withLayers(picture)}`,
    );
    await page.evaluate(() =>
      Promise.all(
        [...document.querySelectorAll('image')].map((image) =>
          (image as unknown as HTMLImageElement).decode(),
        ),
      ),
    );
    const measurement = await page.evaluate(measureLettering);
    const png = await page.screenshot({ type: 'png', timeout: 300_000 });
    return { ...measurement, png };
  } finally {
    await page.close();
  }
}

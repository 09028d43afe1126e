import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../../support/browser.ts';

/** Sanitising needs a real document, so these run in the browser that the window is made for. */
let browser: Browser;
let page: Page;
const asked: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.route('**', (route) => {
    asked.push(route.request().url());
    return route.fulfill({ body: '<!doctype html><div id="answer"></div>', contentType: 'text/html' });
  });
  await page.goto('http://127.0.0.1/');
  await page.addScriptTag({ content: await bundle() });
});

afterAll(() => browser?.close());

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('../../../renderer/text/markdown.ts', import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry, formats: ['iife'], name: 'markdown' } },
  });
  const { output } = (result as Rolldown.RolldownOutput[])[0]!;
  return output[0].code;
}

/** The HTML of an answer after it has been put into the page, as the window does. */
const show = (text: string) =>
  page.evaluate((markdown) => {
    const holder = document.getElementById('answer')!;
    const { renderMarkdown } = (window as unknown as { markdown: { renderMarkdown(text: string): string } })
      .markdown;
    holder.innerHTML = renderMarkdown(markdown);
    return holder.innerHTML;
  }, text);

test('Markdown becomes headings, lists, tables and code', async () => {
  const html = await show('# Sign\n\n- **Stop**\n- `14`\n\n| a | b |\n| - | - |\n| 1 | 2 |');
  for (const part of ['<h1>Sign</h1>', '<li><strong>Stop</strong></li>', '<code>14</code>', '<td>1</td>']) {
    expect(html).toContain(part);
  }
});

test.each([
  ['a script', '<script>window.hacked = 1</script>'],
  ['an event handler', '<p onclick="window.hacked = 1" onpointerenter="window.hacked = 1">text</p>'],
  ['a broken picture', '<img src=x onerror="window.hacked = 1">'],
  ['an SVG', '<svg onload="window.hacked = 1"><script>window.hacked = 1</script></svg>'],
  ['MathML that hides HTML', '<math><mtext><table><mglyph><style><img src=x onerror="window.hacked=1">'],
  ['a javascript link', '[text](javascript:window.hacked=1)'],
  ['a style', '<style>* { display: none }</style><p style="position:fixed;inset:0">text</p>'],
  ['a form', '<form action="https://example.org"><input name="a"><button>Send</button></form>'],
  ['a frame', '<iframe src="https://example.org"></iframe><object data="https://example.org"></object>'],
])('nothing of %s survives', async (_, text) => {
  const html = await show(text);
  expect(html).not.toMatch(
    /script|onerror|onclick|onload|pointerenter|svg|math|style|form|input|iframe|object|img/i,
  );
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
});

test('links are kept for https only, and keep nothing but their address', async () => {
  const html = await show(
    '[a](https://example.org/a?b=c) [b](http://example.org) [c](file:///etc/passwd) [d](//example.org) [e](data:text/html,x)' +
      ' <a href="https://example.org" target="_blank" ping="https://example.org/p" id="x" class="y">f</a>',
  );
  expect(html.match(/href="[^"]*"/g)).toEqual([
    'href="https://example.org/a?b=c"',
    'href="https://example.org"',
  ]);
  expect(html).not.toMatch(/target|ping|id=|class=/);
});

test('nothing an answer holds is ever fetched', async () => {
  asked.length = 0;
  await show(
    '![p](https://example.org/p.png) <img srcset="https://example.org/q.png 2x"> <video src="https://example.org/v.mp4" poster="https://example.org/w.png"></video>' +
      ' <link rel="stylesheet" href="https://example.org/s.css"> <p style="background:url(https://example.org/b.png)">text</p>',
  );
  await page.waitForTimeout(200);
  expect(asked).toEqual([]);
});

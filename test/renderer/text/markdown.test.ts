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

/** Names of all elements and attributes of an answer after it has been put into the page. */
const partsOf = async (text: string) => {
  await show(text);
  return page.evaluate(() =>
    [...document.querySelectorAll('#answer *')].flatMap((element) => [
      element.localName,
      ...element.getAttributeNames(),
    ]),
  );
};

test('Markdown becomes headings, lists, tables and code', async () => {
  const html = await show('# Sign\n\n- **Stop**\n- `14`\n\n| a | b |\n| - | - |\n| 1 | 2 |');
  for (const part of ['>Sign</h1>', '<li><strong>Stop</strong></li>', '<code>14</code>', '<td>1</td>']) {
    expect(html).toContain(part);
  }
});

test('a list begins at its number, a column stands where it is said, a line ends where it was ended', async () => {
  expect(await show('3. a\n4. b')).toContain('<ol start="3"');
  expect(await show('| a |\n| -: |\n| 1 |')).toContain('<td align="right">1</td>');
  expect(await show('a\nb')).toContain('a<br>');
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
  expect(await partsOf(text)).toEqual(expect.not.arrayContaining(hostile));
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
});

const hostile = [
  ...['script', 'svg', 'math', 'style', 'form', 'input', 'button', 'iframe', 'object', 'img', 'a', 'href'],
  ...['src', 'onerror', 'onclick', 'onload', 'onpointerenter', 'id', 'class', 'target', 'ping'],
];

test('links are kept for https only, as words that know their address', async () => {
  const html = await show(
    '[a](https://example.org/a?b=c) [b](http://example.org) [c](file:///etc/passwd) [d](//example.org)' +
      ' [e](data:text/html,x) [f](HTTPS://EXAMPLE.org) https://example.org/g <https://example.org/h>' +
      ` [i](https://example.org/${'i'.repeat(3000)})`,
  );
  expect(html.match(/data-address="[^"]*"/g)).toEqual([
    'data-address="https://example.org/a?b=c"',
    'data-address="https://example.org/"',
    'data-address="https://example.org/g"',
    'data-address="https://example.org/h"',
  ]);
  expect(html.match(/role="link" tabindex="0"/g)).toHaveLength(4);
  for (const word of ['b', 'c', 'd', 'e', 'i']) expect(html).toContain(`>${word}</span>`);
  expect(html).not.toMatch(/href|<a/);
});

test('nothing an answer holds is ever fetched', async () => {
  asked.length = 0;
  await show(
    '![p](https://example.org/p.png) <img srcset="https://example.org/q.png 2x"> <video src="https://example.org/v.mp4" poster="https://example.org/w.png"></video>' +
      ' <link rel="stylesheet" href="https://example.org/s.css"> <p style="background:url(https://example.org/b.png)">text</p>' +
      ' [l](https://example.org/l) <link rel="dns-prefetch" href="https://example.org">',
  );
  await page.waitForTimeout(200);
  expect(asked).toEqual([]);
});

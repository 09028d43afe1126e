/** The viewer: deep zoom, overlays that tell the truth, and every kind of picture file. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goldenCase } from '../support/golden.ts';
import { dropFiles, startApp, type App } from './app.ts';
import { photoUrls } from '../../preload/contract/api.ts';

let app: App;
let page: Page;
beforeAll(async () => {
  // No model: everything about pictures and crops works without one.
  app = await startApp({ withModel: false });
  page = await app.open();
});
afterAll(() => app?.close());

const stage = (name: string) => page.getByRole('application', { name: `Photo ${name}` });
/** In percent; NaN until the photo is open. */
const zoom = async () => {
  const text = await page.getByRole('button', { name: /^Fit or 100/ }).innerText();
  return Number(/([\d.]+)\s?%\s*$/.exec(text)?.[1]);
};

async function show(name: string, bytes: Uint8Array): Promise<void> {
  await dropFiles(page, [{ name, bytes }]);
  await stage(name).waitFor();
}

/** Opens a file of this machine, as "open with" does. */
async function showFile(name: string, bytes: Uint8Array): Promise<void> {
  const path = join(app.folder, name);
  writeFileSync(path, bytes);
  await app.services.openPaths([path]);
  await stage(name).waitFor();
}

test('before a photo is open its zoom is not told, and keys leave it as it opens', async () => {
  let release!: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/assets/stage-*.js', async (route) => {
    await held;
    await route.continue();
  });
  await show('photo.png', readFileSync(join(goldenCase('tower-inside').folder, 'photo.png')));
  await page.getByText('Sent to the model').waitFor();
  await stage('photo.png').focus();
  expect(await zoom()).toBeNaN();
  await page.keyboard.press('Space');
  release();
  await expect.poll(zoom).toBeLessThan(100);
  expect(await page.getByRole('button', { name: 'Fit', exact: true }).isDisabled()).toBe(true);
});

test('one key goes from the whole photo to its own pixels and back', async () => {
  await show('photo.png', readFileSync(join(goldenCase('tower-inside').folder, 'photo.png')));
  await page.getByText('Sent to the model').waitFor();
  await stage('photo.png').focus();
  await expect.poll(zoom).toBeLessThan(100);
  const fitted = await zoom();
  await page.keyboard.press('Space');
  await expect.poll(zoom).toBe(100);
  await page.keyboard.press('Space');
  await expect.poll(zoom).toBe(fitted);
});

test('each overlay has a switch and a key', async () => {
  for (const [name, key] of [
    ['Square', 's'],
    ['Local', 'l'],
    ['Global', 'g'],
  ] as const) {
    const button = page.getByRole('toolbar', { name: 'Overlays' }).getByRole('button', { name, exact: true });
    const before = await button.getAttribute('aria-pressed');
    await stage('photo.png').focus();
    await page.keyboard.press(key);
    await expect.poll(() => button.getAttribute('aria-pressed')).not.toBe(before);
    await button.click();
    await expect.poll(() => button.getAttribute('aria-pressed')).toBe(before);
  }
});

test('a crop is shown large, exactly as the encoder gets it', async () => {
  await page
    .getByRole('group', { name: 'Global crops' })
    .getByRole('button', { name: /^Global 5/ })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('336 × 336 pixels, as the encoder gets them').waitFor();
  const src = await dialog.locator('img').first().getAttribute('src');
  const png = await page.evaluate(async (url) => {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    return [...bytes];
  }, src!);
  const shown = await sharp(Buffer.from(png)).removeAlpha().raw().toBuffer();
  const square = await page.evaluate(
    async (url) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      return [...bytes];
    },
    src!.replace(/crops\/global-4/, 'whole'),
  );
  const whole = await sharp(Buffer.from(square)).removeAlpha().raw().toBuffer();
  // Global crop 5 of 9 takes the middle pixel of every 3 x 3 block.
  for (const [x, y] of [
    [0, 0],
    [100, 200],
    [335, 335],
  ] as const) {
    const at = ((3 * y + 1) * 1008 + 3 * x + 1) * 3;
    const own = (y * 336 + x) * 3;
    expect([...shown.subarray(own, own + 3)]).toEqual([...whole.subarray(at, at + 3)]);
  }
  await page.keyboard.press('Escape');
});

/** How much of the photo what is drawn over it covers at a place of its stage, given in parts of it, 0..255. */
const coverAt = (looked: Page, across: number, down: number) =>
  looked.locator('[data-stage] > canvas').evaluate(
    (canvas: HTMLCanvasElement, [x, y]) => {
      const context = canvas.getContext('2d')!;
      return context.getImageData(Math.round(x! * canvas.width), Math.round(y! * canvas.height), 1, 1)
        .data[3]!;
    },
    [across, down] as const,
  );

const border = (looked: Page) => looked.getByRole('slider', { name: 'Border between photo and model' });

test('a wipe shows the photo on one side and the pixels of the model on the other, by key and by mouse', async () => {
  await show('photo.png', readFileSync(join(goldenCase('tower-inside').folder, 'photo.png')));
  await page.getByText('Sent to the model').waitFor();
  // Where the last test left it, it points at a crop.
  await page.mouse.move(2, 2);
  expect(await border(page).count()).toBe(0);
  await expect.poll(() => coverAt(page, 0.55, 0.45)).toBe(0);
  await stage('photo.png').focus();
  await page.keyboard.press('m');
  await expect.poll(() => coverAt(page, 0.55, 0.45)).toBe(255);
  expect(await coverAt(page, 0.45, 0.45)).toBe(0);

  await border(page).focus();
  await page.keyboard.press('PageUp');
  await expect.poll(() => coverAt(page, 0.55, 0.45)).toBe(0);
  expect(await border(page).getAttribute('aria-valuenow')).toBe('70');
  expect(await border(page).getAttribute('aria-valuetext')).toContain('1,008 pixels');
  await page.keyboard.press('ArrowRight');
  expect(await border(page).getAttribute('aria-valuenow')).toBe('72');

  const box = (await border(page).boundingBox())!;
  const frame = (await stage('photo.png').boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(frame.x + frame.width * 0.4, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => border(page).getAttribute('aria-valuenow')).toBe('40');
  await expect.poll(() => coverAt(page, 0.45, 0.45)).toBe(255);
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await border(page).waitFor({ state: 'detached' });
  await expect.poll(() => coverAt(page, 0.45, 0.45)).toBe(0);
});

test('with tiles on, all of the square is in sight, its padding painted faintly', async () => {
  const wide = sharp({ create: { width: 1600, height: 400, channels: 3, background: '#808080' } });
  await show('wide.png', await wide.png().toBuffer());
  await page.getByText('Sent to the model').waitFor();
  // A quarter of the square is photo, in its middle; the lines of the tiles are elsewhere.
  await expect.poll(() => coverAt(page, 0.45, 0.15)).toBeGreaterThan(40);
  expect(await coverAt(page, 0.45, 0.15)).toBeLessThan(100);
  expect(await coverAt(page, 0.45, 0.5)).toBe(0);
  await page.getByRole('button', { name: 'Local', exact: true }).click();
  await expect.poll(() => coverAt(page, 0.45, 0.15)).toBe(0);
  await page.getByRole('button', { name: 'Local', exact: true }).click();
});

test('a global crop that is pointed at shows the photo in its own pixels; one picked out can be left by its chip', async () => {
  await page.locator('[data-crop="global-4"]').hover();
  await expect.poll(() => coverAt(page, 0.45, 0.5)).toBe(255);
  await page.mouse.move(2, 2);
  await expect.poll(() => coverAt(page, 0.45, 0.5)).toBe(0);
  await page.locator('[data-crop="local-0"]').click();
  await page.getByRole('button', { name: 'Show in photo' }).click();
  const chip = page.getByRole('button', { name: 'Local 1: show all of the photo again' });
  await chip.waitFor();
  await page.keyboard.press('Control+0');
  // Half of what is not picked is left.
  await expect.poll(() => coverAt(page, 0.55, 0.5)).toBe(128);
  await chip.focus();
  await page.keyboard.press('Enter');
  await chip.waitFor({ state: 'detached' });
  await expect.poll(() => coverAt(page, 0.55, 0.5)).toBe(0);
});

test('the loupe shows one place in the photo, in its local and in its global crop', async () => {
  await stage('wide.png').focus();
  await page.keyboard.press('k');
  const parts = stage('wide.png').locator('figure');
  await expect.poll(() => parts.allInnerTexts()).toEqual(['Photo', 'Local 5', 'Global 5']);
  const box = (await stage('wide.png').boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.45 - box.height / 3, box.y + box.height * 0.5);
  await expect.poll(() => parts.nth(1).innerText()).toBe('Local 4');
  const shown = () =>
    parts
      .locator('img')
      .evaluateAll((all) => all.every((image) => (image as HTMLImageElement).naturalWidth > 0));
  await expect.poll(shown).toBe(true);
  await page.keyboard.press('k');
  await expect.poll(() => parts.count()).toBe(0);
});

test('samples open with the wipe, which a finger moves too', async () => {
  const looked = await app.open({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
  await looked.getByRole('button', { name: 'Open City map', exact: true }).click();
  const box = (await border(looked).boundingBox())!;
  const client = await looked.context().newCDPSession(looked);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x, y: box.y + box.height / 2 }],
    });
  await touch('touchStart', 195);
  for (const x of [190, 150, 117]) await touch('touchMove', x);
  await touch('touchEnd', 117);
  await expect.poll(() => border(looked).getAttribute('aria-valuenow')).toBe('30');
  await looked.context().close();
});

test('all eight EXIF orientations show the same upright photo', async () => {
  const upright = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#406080' } })
    .composite([
      { input: { create: { width: 60, height: 40, channels: 3, background: '#ff0000' } }, left: 10, top: 10 },
    ])
    .png()
    .toBuffer();
  for (let orientation = 1; orientation <= 8; orientation++) {
    const stored = await storedAs(upright, orientation);
    const name = `turned-${orientation}.jpg`;
    await show(name, stored);
    await page.getByText('300 × 200').first().waitFor();
    const [photo] = (await app.services.api.listRecentPhotos()).filter((recent) => recent.name === name);
    const address = new URL(photoUrls.thumbnail(photo!.id), 'http://127.0.0.1');
    const response = await app.services.respond(new Request(address));
    const { data, info } = await sharp(response!.body as Uint8Array)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const red = data.subarray(
      (Math.round(info.height * 0.15) * info.width + Math.round(info.width * 0.13)) * 3,
    );
    expect([red[0]! > 200, red[2]! < 80], name).toEqual([true, true]);
  }
});

test('HEIC, and every other kind of picture, opens by its content', async () => {
  const fixtures = join(import.meta.dirname, '..', 'image', 'fixtures');
  const heic = readdirSync(fixtures).filter((file) => file.endsWith('.heic'));
  expect(heic.length).toBeGreaterThan(0);
  await show('misnamed.jpg', readFileSync(join(fixtures, heic[0]!)));
  const plain = sharp({ create: { width: 64, height: 48, channels: 3, background: '#208040' } });
  for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const) {
    await show(`a.${format}`, await plain.clone().toFormat(format).toBuffer());
    await page.getByText('64 × 48').first().waitFor();
  }
});

test.each([
  ['a text file', 'letter.jpg', Buffer.from('Dear reader,\n')],
  ['an empty file', 'empty.png', Buffer.alloc(0)],
  ['a drawing in SVG', 'drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
])('%s is refused with a sentence, and the window goes on', async (_, name, bytes) => {
  await dropFiles(page, [{ name, bytes }]);
  await page.getByText(name, { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
});

test('1 x 20000 pixels is a photo as well', async () => {
  const thin = sharp({ create: { width: 1, height: 20_000, channels: 3, background: '#808080' } });
  await show('thin.png', await thin.png().toBuffer());
  await page.getByText('1 × 20,000').first().waitFor();
});

test('a 100-megapixel photo pans without long frames', async () => {
  const size = { width: 12_000, height: 8_400 };
  const jpeg = await sharp({
    create: { ...size, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 120, sigma: 30 } },
  })
    .jpeg({ quality: 60 })
    .toBuffer();
  await showFile('huge.jpg', jpeg);
  await stage('huge.jpg').focus();
  await page.keyboard.press('Space');
  await expect.poll(zoom).toBe(100);

  const box = (await stage('huge.jpg').boundingBox())!;
  const atRest = await frameTimes();
  const frames = frameTimes();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  for (let step = 1; step <= 40; step++) {
    await page.mouse.move(box.x + box.width / 2 - step * 6, box.y + box.height / 2 - step * 4);
  }
  await page.mouse.up();
  const moving = await frames;
  process.stdout.write(
    `100 megapixels: frame median ${moving.median.toFixed(0)} ms, worst ${moving.worst.toFixed(0)} ms\n`,
  );
  // A window that blocks on decoding would stand for seconds; what the machine can do is what it does at rest.
  expect(moving.median).toBeLessThan(100 + 5 * atRest.median);
  expect(moving.worst).toBeLessThan(1500 + 10 * atRest.worst);
});

/** How long frames take within the next three seconds, in milliseconds. */
async function frameTimes(): Promise<{ median: number; worst: number }> {
  const times = await page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const all: number[] = [];
        let last = performance.now();
        const begun = last;
        const tick = (now: number) => {
          all.push(now - last);
          last = now;
          if (now - begun < 3000) requestAnimationFrame(tick);
          else resolve(all.slice(1));
        };
        requestAnimationFrame(tick);
      }),
  );
  const sorted = times.toSorted((one, other) => one - other);
  return { median: sorted[Math.floor(sorted.length / 2)]!, worst: sorted.at(-1)! };
}

test('nothing left the page, and it reported no error', () => {
  expect(app.foreignRequests).toEqual([]);
  expect(app.pageErrors).toEqual([]);
});

/** The upright picture as a camera that was held in another way stores it, with the tag that says so. */
async function storedAs(upright: Uint8Array, orientation: number): Promise<Buffer> {
  const turns: Record<number, (picture: Sharp) => Sharp> = {
    1: (picture) => picture,
    2: (picture) => picture.flop(),
    3: (picture) => picture.rotate(180),
    4: (picture) => picture.flip(),
    5: (picture) => picture.flop().rotate(270),
    6: (picture) => picture.rotate(270),
    7: (picture) => picture.flop().rotate(90),
    8: (picture) => picture.rotate(90),
  };
  // sharp mirrors before it turns, whatever the order of the calls.
  const turned = await turns[orientation]!(sharp(upright)).png().toBuffer();
  return sharp(turned).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}

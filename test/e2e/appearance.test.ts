/** Every main view in both themes, both languages and from 360 to 2560 pixels: accessible, complete, nothing cut off. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './accessibility.ts';
import { demoModel, startApp, type App } from './app.ts';
import { screenshot } from './screenshots.ts';
import { greedy } from '../support/greedy.ts';

let app: App;
beforeAll(async () => {
  app = await startApp(demoModel);
  await app.services.api.changeSettings({
    sampling: greedy(24),
  });
});
afterAll(() => app?.close());

/** Views that docs/ has pictures of. */
const measuring = /^(Measuring this computer|이 컴퓨터의 속도를 재는 중)/;
const documented = ['gallery', 'session', 'settings', 'settings-model', 'shortcuts'];

/** Ways to each view from the gallery, in words that are the same in both languages: keys and positions. */
const views: Record<string, (page: Page) => Promise<void>> = {
  gallery: async (page) => {
    // Twelve scenes and the first sample.
    await page.locator('button.picture img').nth(12).waitFor({ state: 'attached' });
    await page.waitForFunction(() => {
      // Those that are scrolled to are fetched then.
      const shown = [...document.querySelectorAll('button.picture img')].filter(
        (image) => image.getBoundingClientRect().top < innerHeight,
      );
      return shown.every((image) => (image as HTMLImageElement).complete);
    });
    // What the models cost here is on their cards once it is known.
    await page.getByText(measuring).first().waitFor({ state: 'hidden' });
  },
  session: async (page) => {
    // The first sample, after the scenes.
    await page.locator('button.picture').nth(12).click();
    await page.getByRole('application').waitFor();
    await page.locator('[data-crop="global-4"] img').waitFor();
    // The stream of events never ends; pictures that are on their way have this long.
    await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => undefined);
  },
  ...Object.fromEntries(
    ['settings', 'settings-model', 'settings-answers', 'settings-privacy', 'settings-storage'].map(
      (name, section) => [
        name,
        async (page: Page) => {
          await page.keyboard.press('Control+,');
          await page.getByRole('tab').nth(section).click();
          await page.getByRole('tabpanel').waitFor();
        },
      ],
    ),
  ),
  about: async (page) => {
    await page.getByRole('button', { name: /^(Help|도움말)$/ }).click();
    await page.getByRole('menuitem').last().click();
    await page.getByRole('dialog').locator('details').click();
    await page.getByRole('listitem').first().waitFor();
  },
  shortcuts: async (page) => {
    await page.keyboard.press('Shift+?');
    await page.getByRole('dialog').waitFor();
  },
};

describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
  describe.each(['en-US', 'ko-KR'] as const)('%s', (locale) => {
    test.each(Object.keys(views))('%s has no accessibility violation', async (name) => {
      const language = locale === 'ko-KR' ? 'ko' : 'en';
      await app.services.api.changeSettings({ language, theme: colorScheme });
      const page = await app.open({
        colorScheme,
        locale,
        bypassCSP: true,
        // What opens is there at once, and whole, for axe and for the picture.
        reducedMotion: 'reduce',
        viewport: { width: 1440, height: 900 },
      });
      await views[name]!(page);
      await screenshot(page, `${name}-${colorScheme}-${language}`, documented.includes(name));
      expect(await page.locator('html').getAttribute('lang')).toBe(language);
      expect(await violations(page)).toBe('');
      await page.context().close();
    });
  });
});

test.each([360, 768, 1280, 2560])('at %i pixels wide nothing is cut off', async (width) => {
  await app.services.api.changeSettings({ language: 'en', theme: 'light' });
  for (const name of ['gallery', 'session', 'settings']) {
    const page = await app.open({ viewport: { width, height: 800 } });
    await views[name === 'session' ? 'gallery' : name]!(page);
    if (name === 'session') {
      await page.locator('button.picture').first().click();
      await page.getByRole('application').waitFor();
    }
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, name).toBeLessThanOrEqual(0);
    await screenshot(page, `${name}-${width}`);
    await page.context().close();
  }
});

/** Elements, and what stands before and after them, that an animation or a transition of more than a millisecond is set for. */
const moving = (page: Page) =>
  page.evaluate(() => {
    const seconds = (durations: string) => Math.max(...durations.split(',').map((each) => parseFloat(each)));
    return [...document.querySelectorAll('*')].filter((element) =>
      [null, '::before', '::after'].some((part) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element, part);
        return seconds(animationDuration) > 0.001 || seconds(transitionDuration) > 0.001;
      }),
    ).length;
  });

test('without motion nothing in the window takes time to move, and the photo jumps to where it is sent', async () => {
  await app.services.api.changeSettings({ language: 'en', theme: 'light' });
  const lively = await app.open();
  await views['session']!(lively);
  expect(await moving(lively)).toBeGreaterThan(10);
  await lively.context().close();

  for (const [name, show] of Object.entries(views)) {
    const page = await app.open({ reducedMotion: 'reduce' });
    await show(page);
    expect(await moving(page), name).toBe(0);
    if (name === 'session') {
      const zoom = page.getByRole('button', { name: 'Fit or 100%' });
      const seen = new Set<string>();
      await page.exposeFunction('saw', (text: string) => seen.add(text));
      await zoom.evaluate((button) => {
        const tell = () => (window as unknown as { saw(text: string): void }).saw(button.textContent ?? '');
        new MutationObserver(tell).observe(button, { subtree: true, characterData: true, childList: true });
      });
      await zoom.click();
      await expect.poll(() => zoom.innerText()).toContain('100%');
      // From one number to the other, with none between.
      expect([...seen].filter((text) => !text.includes('100%'))).toEqual([]);
    }
    await page.context().close();
  }
});

test('everything from the gallery to an answer is done with the keyboard alone', async () => {
  const page = await app.open();
  await page.locator('img').first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  for (let step = 0; step < 60 && !(await focused()).startsWith('Open Scene 12'); step++) {
    await page.keyboard.press('Tab');
  }
  expect(await focused()).toBe('Open Scene 12');
  await page.keyboard.press('Enter');
  await page.getByRole('application').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('What is this?');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'How this answer was made' }).waitFor();
  await page.context().close();
});

/** What a person does with models in the window, against a hub on this machine that has a small one, "Tiny". */
import type { Locator, Page } from 'playwright-core';
import type { Settings } from '../../preload/contract/api.ts';
import type { TestHub } from '../support/hub.ts';
import { greedy } from '../support/greedy.ts';

/** Settings of an app that downloads from this hub and whose answers are short. */
export function settingsFor(hub: TestHub, language: 'en' | 'ko' = 'en'): Partial<Settings> {
  return {
    language,
    hubEndpoint: hub.endpoint,
    sampling: greedy(8),
  };
}

export const settingsDialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Settings' });

export async function openModelSettings(page: Page): Promise<Locator> {
  await page.keyboard.press('Control+,');
  await settingsDialog(page).getByRole('tab', { name: 'Model' }).click();
  return settingsDialog(page);
}

export async function closeSettings(page: Page): Promise<void> {
  await settingsDialog(page).getByRole('button', { name: 'Close' }).click();
}

/** Opens the settings of models, and from there the dialog of the small model. */
export async function choose(page: Page): Promise<Locator> {
  await openModelSettings(page);
  await page.getByRole('button', { name: 'Get it… (Tiny)' }).click();
  return page.getByRole('dialog', { name: 'Get Tiny' });
}

/** Agrees to the licence and begins the download. */
export async function get(page: Page): Promise<void> {
  const dialog = await choose(page);
  await dialog.getByRole('checkbox').check();
  await dialog.getByRole('button', { name: 'Download', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}

/** In the settings; the gallery behind them shows the same. */
export const progressOf = (page: Page): Locator =>
  settingsDialog(page).getByRole('group', { name: 'Getting Tiny' });

export const ready = (page: Page): Locator =>
  page.getByText('Tiny is ready and answers from now on.').first();

/** Chooses an entry of an installed model's menu, in the settings. */
export async function act(page: Page, model: string, entry: string): Promise<void> {
  await settingsDialog(page)
    .getByRole('button', { name: `Actions for ${model}`, exact: true })
    .click();
  await page.getByRole('menuitem', { name: entry }).click();
}

/** Removes an installed model, in the settings, and waits until that is said. */
export async function remove(page: Page, model: string): Promise<void> {
  await act(page, model, 'Remove…');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText(`${model} was removed.`).waitFor();
}

/** Waits for an answer, and for its provenance to say that this model made it. */
export async function answeredBy(page: Page, model: string): Promise<void> {
  await page.getByRole('button', { name: 'How this answer was made' }).click();
  await page.getByRole('dialog').getByText(model, { exact: true }).waitFor();
}

import type { Page } from 'playwright-core';
import type { WebServer } from '../../main/web/server.ts';

/** Opens the window of the web host as a person does who has the terminal before them. */
export async function signInPage(
  page: Page,
  { address, code }: Pick<WebServer, 'address' | 'code'>,
): Promise<void> {
  await page.goto(new URL('/sign-in', address).href);
  await page.getByRole('textbox').fill(code);
  await page.keyboard.press('Enter');
  await page.waitForURL(address);
}

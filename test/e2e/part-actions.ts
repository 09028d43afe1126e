/** What a person does with the pointer on the photo, in places of the photo. */
import type { Page } from 'playwright-core';

interface Place {
  readonly x: number;
  readonly y: number;
}

const stage = (page: Page) => page.getByRole('application');
/** CSS pixels that a photo is fitted into its stage with, on both sides together. */
const margins = 28;

/** Where a place of the photo is on the screen, while all of it is shown. */
export async function onScreen(
  page: Page,
  { x, y }: Place,
  photo = { width: 1344, height: 1344 },
): Promise<Place> {
  const box = (await stage(page).boundingBox())!;
  const zoom = Math.min((box.width - margins) / photo.width, (box.height - margins) / photo.height);
  return {
    x: box.x + box.width / 2 + (x - photo.width / 2) * zoom,
    y: box.y + box.height / 2 + (y - photo.height / 2) * zoom,
  };
}

/** From one place of the screen to another. */
export async function drag(page: Page, from: Place, to: Place): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
  await page.mouse.move(to.x, to.y);
  await page.mouse.up();
}

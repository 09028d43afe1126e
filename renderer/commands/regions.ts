import { tick } from 'svelte';
import type { LayoutStore } from '../stores/layout.svelte.ts';

/** The parts of the window, `data-region` in the page: each takes the focus as a whole, and keys of the window work there. */

const visible = (element: HTMLElement) => element.checkVisibility();

/** Gives the focus to the next part of the window, or with -1 to the one before. */
export function stepRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(visible);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  // From nowhere, the first is the next and the last the one before.
  const next = at < 0 ? (step > 0 ? 0 : -1) : (at + step) % regions.length;
  regions.at(next)?.focus();
}

/** Gives the focus to the photo, which comes to the front where one part is shown at a time. */
export async function goToPhoto(layout: LayoutStore): Promise<void> {
  layout.tab = 'photo';
  await tick();
  document.querySelector<HTMLElement>('[data-stage]')?.focus({ preventScroll: true });
}

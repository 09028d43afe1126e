import type { Stores } from '../../stores/stores.ts';

/** Opens a page in the person's browser: a window that is in one already does it itself. */
export async function openPage({ bridge, notices, settings }: Stores, url: string): Promise<void> {
  if (settings.app?.host === 'web') window.open(url, '_blank', 'noopener,noreferrer');
  else await notices.attempt(bridge.openExternal({ url }));
}

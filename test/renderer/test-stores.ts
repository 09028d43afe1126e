import type { Exported } from '../../preload/contract/api.ts';
import { ConnectionStore } from '../../renderer/stores/connection.svelte.ts';
import { createStores } from '../../renderer/stores/stores.ts';
import { FakeBridge } from './fake-bridge.ts';
import { makePhoto } from './fake-data.ts';

/** The window's stores on a fake program that knows three photos, `p1` to `p3`. */
export function makeStores(prepare: (bridge: FakeBridge) => void = () => undefined) {
  const bridge = new FakeBridge();
  const photos = ['p1', 'p2', 'p3'].map((id) => makePhoto(id));
  bridge.addPhotos(...photos);
  prepare(bridge);
  const saved: Exported[] = [];
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const place = { current: '' };
  const picked: { files: readonly File[] } = { files: [] };
  const stores = createStores(bridge.asBridge(), {
    connection: new ConnectionStore(),
    storage,
    visit: storage,
    windowSize: { width: 1440, height: 900 },
    address: { read: () => place.current, write: (next) => (place.current = next) },
    save: (file) => saved.push(file),
    pickFiles: async () => picked.files,
  });
  return { bridge, stores, photos, saved, kept, place, picked };
}

/** Lets everything that is already under way come to rest. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Small values that the window remembers from one start to the next, in its own storage. */
export type LocalStorage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

/**
 * Reads an object that `remember` wrote. Values of another type than the default's, from an older version or another
 * hand, are replaced by the default.
 */
export function recall<T extends Record<string, unknown>>(
  storage: LocalStorage,
  key: string,
  defaults: T,
): T {
  const stored = parse(storage, key);
  const result: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(defaults)) {
    if (typeof stored[name] === typeof value) result[name] = stored[name];
  }
  return result as T;
}

export function remember(storage: LocalStorage, key: string, value: Record<string, unknown>): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage that is full or switched off costs only the memory of a width.
  }
}

function parse(storage: LocalStorage, key: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

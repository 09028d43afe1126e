import { vi } from 'vitest';

/** Until `check` throws no more; the limit only ends what hangs. */
export function waitFor(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 120_000 });
}

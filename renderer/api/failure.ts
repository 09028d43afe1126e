import type { AppFailure } from '../../preload/contract/api.ts';

/** What a rejected call of the bridge carries. Anything else that was thrown is a fault of the window: `internal`. */
export function receivedFailure(error: unknown): AppFailure {
  if (isFailure(error)) return error;
  return { code: 'internal', details: {} };
}

function isFailure(value: unknown): value is AppFailure {
  if (typeof value !== 'object' || value === null) return false;
  const { code, details } = value as Partial<AppFailure>;
  return typeof code === 'string' && typeof details === 'object';
}

/** A person's own cancel is an end, not an error to report. */
export const isCancel = (failure: AppFailure) => failure.code === 'cancelled';

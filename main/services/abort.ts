import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';

/** What `promise` comes to, or `cancelled` as soon as `signal` is aborted; the work behind the promise goes on. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfCancelled(signal);
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new AppError('cancelled', 'Cancelled.'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

export const isCancelled = (error: unknown) => error instanceof AppError && error.code === 'cancelled';

import { AppError } from '../../../preload/contract/errors.ts';

/** Something that may be better in a moment: a connection that broke, a server that is busy. */
export class Transient extends Error {
  override readonly name = 'Transient';
  /** What it is called once it has happened too often. */
  readonly failure: AppError;
  /** The server asked for this wait. */
  readonly retryAfterMs: number;

  constructor(failure: AppError, retryAfterMs = 0) {
    super(failure.message);
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }

  /** What `fetch` throws for a connection that could not be made or broke; certificates do not mend themselves. */
  static of(error: unknown, host: string): Transient | AppError {
    const { code = '', message = String(error) } = causeOf(error);
    const failure = networkFailure(host, 'connection', code || message);
    return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code) ? failure : new Transient(failure);
  }
}

/** `fetch` wraps the error that says why. */
function causeOf(error: unknown): { code?: string; message?: string } {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return (cause ?? error ?? {}) as { code?: string; message?: string };
}

export type NetworkReason = 'connection' | 'stalled' | 'busy' | 'redirects' | 'answer';

export function networkFailure(host: string, reason: NetworkReason, fault: string): AppError {
  return new AppError('network-failed', `${host}: ${fault}.`, { host, reason, fault });
}

/** Statuses that ask to come back. */
const passing = [408, 425, 429, 500, 502, 503, 504];

/** The error for an answer that is no content. `isHub`: from the hub itself, and not from where it sent us. */
export function refusal(response: Response, url: URL, isHub: boolean): AppError | Transient {
  const { status, headers } = response;
  const said = `answers ${status} for ${url.pathname}`;
  if (passing.includes(status)) {
    return new Transient(networkFailure(url.host, 'busy', said), retryAfter(headers.get('retry-after')));
  }
  // The address that the hub gave us was for one time, or for a while.
  if (!isHub && (status === 401 || status === 403)) {
    return new Transient(networkFailure(url.host, 'answer', said));
  }
  const reason = reasonOf(status, headers.get('x-error-code'));
  return new AppError('hub-refused', `${url.host}: ${said} (${reason}).`, {
    host: url.host,
    status,
    reason,
  });
}

function reasonOf(status: number, code: string | null): 'gated' | 'token' | 'not-found' | 'other' {
  if (code === 'GatedRepo') return 'gated';
  if (status === 404 || code === 'RepoNotFound' || code === 'RevisionNotFound') return 'not-found';
  if (status === 401) return 'token';
  return status === 403 ? 'gated' : 'other';
}

/** Seconds or a date; 0 for anything else. */
function retryAfter(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

import * as v from 'valibot';
import type { Api, ApiMethod, AppFailure, Outcome } from '../../preload/contract/api.ts';
import { parseInput } from '../../preload/contract/schemas.ts';
import { toFailure } from '../services/failure.ts';

/**
 * Calls one method of the contract with an argument that came from a page. The argument is checked first; every
 * failure becomes an Outcome, so that neither a stack nor a path of this machine crosses to the page.
 */
export async function callApi(api: Api, method: ApiMethod, input: unknown): Promise<Outcome<unknown>> {
  return toOutcome(async () => {
    const call = api[method] as (this: Api, argument: unknown) => Promise<unknown>;
    return call.call(api, parseInput(method, input));
  });
}

/** What `work` came to, as it crosses to the page. */
export async function toOutcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: describe(error) };
  }
}

/** The AppFailure of anything thrown; one that a service has made already passes unchanged. */
function describe(error: unknown): AppFailure {
  if (v.isValiError(error)) {
    const [issue] = error.issues;
    return { code: 'wrong-usage', details: { field: v.getDotPath(issue) ?? '', problem: issue.message } };
  }
  return isFailure(error) ? error : toFailure(error);
}

function isFailure(error: unknown): error is AppFailure {
  if (error instanceof Error || typeof error !== 'object' || error === null) return false;
  const { code, details } = error as Partial<AppFailure>;
  return typeof code === 'string' && typeof details === 'object' && details !== null;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { apiMethods } from '../../preload/contract/schemas.ts';
import type { ApiMethod, Outcome } from '../../preload/contract/api.ts';
import { callApi, toOutcome } from '../host/call.ts';
import type { HostedServices } from '../host/hosted.ts';
import type { Access, Session } from './access.ts';
import { BodyTooLarge, readBody, readJson, readText, sendJson, sendPage, sendText } from './http.ts';
import { languageOf, signInPage, signInPolicy } from './sign-in-page.ts';

/** The longest text of the contract, a draft of a million characters, with every character escaped. */
const largestInput = 8 * 2 ** 20;
/** An imported conversation: 20 million characters, three bytes each in Hangul. */
const largestImport = 64 * 2 ** 20;
/** The form of the sign-in page has one short field. */
const largestForm = 4096;
/** Larger than any photo within the pixel cap, uncompressed 16-bit TIFF included. */
const largestUpload = 2 * 2 ** 30;

const methods: ReadonlySet<string> = new Set(apiMethods);

/** POST /api/METHOD: one call of the contract; the body is its argument as JSON, the answer an Outcome. */
export async function answerCall(
  services: HostedServices,
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!methods.has(method)) return refuse(response, 404, 'No such method.');
  if (!isJson(request)) return refuse(response, 415, 'The body must be application/json.');
  let input: unknown;
  try {
    input = await readJson(request, method === 'importConversation' ? largestImport : largestInput);
  } catch (error) {
    if (error instanceof BodyTooLarge) return refuse(response, 413, error.message);
    if (error instanceof SyntaxError) return refuse(response, 400, 'The body is not JSON.');
    throw error;
  }
  sendJson(response, 200, await callApi(services.api, method as ApiMethod, input ?? undefined));
}

/** POST /api-upload?name=NAME[&private=1]: the bytes of one photo, handed on as they arrive; the answer is an Outcome<Photo>. */
export async function answerUpload(
  services: HostedServices,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = url.searchParams.get('name') ?? '';
  if (name === '' || name.length > 255)
    return refuse(response, 400, 'A name of 1 to 255 characters is needed.');
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const outcome = await toOutcome(() =>
    services.openUpload({
      name,
      body: readBody(request, largestUpload),
      signal: gone.signal,
      isPrivate: url.searchParams.get('private') === '1',
    }),
  );
  // What was not read of a refused upload is not waited for.
  if (!request.complete) response.setHeader('connection', 'close');
  sendJson(response, 200, outcome);
}

/** Answers a call that never reached a service, in the form a page expects of every call. */
function refuse(response: ServerResponse, status: number, problem: string): void {
  const refusal: Outcome<never> = { ok: false, error: { code: 'wrong-usage', details: { problem } } };
  response.setHeader('connection', 'close');
  sendJson(response, status, refusal);
}

function isJson(request: IncomingMessage): boolean {
  const type = request.headers['content-type'];
  return type?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

export interface SignInRoute {
  readonly access: Access;
  readonly onStolenPass: (() => void) | undefined;
  /** What one who has signed in is shown: the window, or another page with what that may do. */
  readonly welcome: (session: Session) => Promise<{ readonly page: string; readonly policy?: string }>;
}

/** GET /sign-in: the page that asks for the code. POST: a code or a pass as a form; the answer brings the keys. */
export async function answerSignIn(
  { access, onStolenPass, welcome }: SignInRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const language = languageOf(request);
  if (request.method === 'GET' || request.method === 'HEAD') {
    return sendPage(response, 200, signInPage(language, null), signInPolicy);
  }
  if (request.method !== 'POST') return sendText(response, 405, 'Only GET and POST.');
  const form = new URLSearchParams(await readText(request, largestForm).catch(() => ''));
  const session = access.signIn(form.get('secret') ?? '');
  if (session === 'used-twice') onStolenPass?.();
  if (session === null || session === 'used-twice') {
    return sendPage(response, 401, signInPage(language, session ?? 'wrong'), signInPolicy);
  }
  const { page, policy } = await welcome(session);
  // The same pass came once more meanwhile: neither of the two gets anything.
  if (session.ended.aborted) return sendPage(response, 401, signInPage(language, 'used-twice'), signInPolicy);
  sendPage(response, 200, page, policy);
}

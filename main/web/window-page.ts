import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readRegularFile } from '../../native-models/files/regular-file.ts';
import { firstAnswersElement, firstCalls, type FirstAnswers } from '../../preload/contract/first-answers.ts';
import { formatWebSession, type WebSession } from '../../preload/contract/web-session.ts';
import { callApi } from '../host/call.ts';
import type { HostedServices } from '../host/hosted.ts';

/** Of a built window: half a kilobyte. */
const largestPage = 2 ** 20;
/** Milliseconds that the page waits for a first answer: a reload meanwhile would sign in twice. The window asks for what is late. */
const patience = 1000;

/**
 * The built window for one who has just signed in: its page with the keys and the first answers in it, so that neither is
 * another page or request. Null where no window is built.
 */
export async function windowPage(
  rendererRoot: string,
  session: WebSession,
  { api }: HostedServices,
  lastEvent: string,
): Promise<string | null> {
  const [page, ...outcomes] = await Promise.all([
    readRegularFile(join(rendererRoot, 'index.html'), largestPage).catch(() => null),
    ...firstCalls.map(([method, input]) =>
      Promise.race([callApi(api, method, input ?? undefined), setTimeout(patience, null, { ref: false })]),
    ),
  ]);
  if (page === null) return null;
  const first: FirstAnswers = { lastEvent, outcomes };
  // No text of a photo's name or a question may end the element.
  const json = JSON.stringify(first).replaceAll('<', '\\u003c');
  return page
    .toString()
    .replace('<html', () => `<html data-session="${formatWebSession(session)}"`)
    .replace(
      '</head>',
      () => `<script type="application/json" id="${firstAnswersElement}">${json}</script></head>`,
    );
}

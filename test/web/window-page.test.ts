import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startWebServer } from '../../main/web/server.ts';
import type { Api } from '../../preload/contract/api.ts';
import { firstAnswersElement, firstCalls, type FirstAnswers } from '../../preload/contract/first-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { aPhoto, createFakeServices } from './fake-services.ts';
import { postSecret, sessionIn } from './sign-in.ts';

const folder = temporaryFolder();

async function builtWindow(): Promise<string> {
  const rendererRoot = join(folder, 'renderer');
  await mkdir(rendererRoot, { recursive: true });
  await writeFile(
    join(rendererRoot, 'index.html'),
    '<!doctype html><html><head><title>window</title></head></html>',
  );
  return rendererRoot;
}

/** Does not come before it is let go. */
function held<Value>(value: Value) {
  const { promise, resolve } = Promise.withResolvers<Value>();
  onTestFinished(() => resolve(value));
  return promise;
}

async function answerToSignIn(rendererRoot: string | null, overrides: Partial<Api> = {}) {
  const services = createFakeServices(overrides);
  const server = await startWebServer({ services, rendererRoot, port: 0 });
  onTestFinished(() => server.close());
  services.events.publish({ type: 'command', command: 'fit' });
  const answer = await postSecret(server.address, server.code);
  return { services, page: await answer.text(), policy: answer.headers.get('content-security-policy') };
}

test('signing in is answered by the window, with its keys and what it asks first', async () => {
  const rendererRoot = await builtWindow();
  const name = 'a</script><script>alert(1)</script>$&.png';
  const { services, page, policy } = await answerToSignIn(rendererRoot, {
    listRecentPhotos: async () => [{ ...aPhoto, name }],
  });
  expect(page).toContain('<title>window</title>');
  expect(sessionIn(page)).not.toBeNull();
  expect(policy).toContain("script-src 'self';");
  const [, json] = page.split(`<script type="application/json" id="${firstAnswersElement}">`);
  const [text, ...others] = json!.split('</script>');
  expect(others).toEqual(['</head></html>']);
  const { lastEvent, outcomes } = JSON.parse(text!) as FirstAnswers;
  expect(lastEvent).toBe(`${services.events.epoch}-1`);
  const asked = services.calls.map(({ method, input }) => [method, input ?? null]);
  expect(asked).toEqual(firstCalls);
  expect(outcomes[asked.findIndex(([method]) => method === 'listRecentPhotos')]).toMatchObject({
    ok: true,
    value: [{ name }],
  });
});

test('an answer that is late is left out, and the window asks for it', async () => {
  const { page } = await answerToSignIn(await builtWindow(), { listRecentPhotos: () => held([aPhoto]) });
  const [, json] = new RegExp(`id="${firstAnswersElement}">(.*?)</script>`).exec(page)!;
  const { outcomes } = JSON.parse(json!) as FirstAnswers;
  const missing = firstCalls.filter((_, index) => outcomes[index] === null);
  expect(missing.map(([method]) => method)).toEqual(['listRecentPhotos']);
});

test('a pass that comes again while it is answered gives neither of the two anything', async () => {
  const drafts = Promise.withResolvers<[]>();
  const asked = Promise.withResolvers<null>();
  const services = createFakeServices({
    listDrafts: () => {
      asked.resolve(null);
      return drafts.promise;
    },
  });
  const server = await startWebServer({ services, rendererRoot: await builtWindow(), port: 0 });
  onTestFinished(() => server.close());
  const pass = server.issuePass(() => undefined);
  const first = postSecret(server.address, pass);
  await asked.promise;
  expect((await postSecret(server.address, pass)).status).toBe(401);
  drafts.resolve([]);
  const answer = await first;
  expect(answer.status).toBe(401);
  const page = await answer.text();
  expect(page).toContain('was used twice');
  expect(sessionIn(page)).toBeNull();
});

test.each([[null], ['/nowhere']])(
  'without a window of its own (%s) it sends the keys on',
  async (rendererRoot) => {
    const { page, policy } = await answerToSignIn(rendererRoot);
    expect(sessionIn(page)).not.toBeNull();
    expect(page).toContain("location.replace('/')");
    expect(policy).toMatch(/script-src 'sha256-/);
  },
);

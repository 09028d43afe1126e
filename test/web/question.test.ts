/** The web host with the real services, processes and a real package: a photo and a question in, an answer out. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';
import { createServices } from '../../main/services/services.ts';
import type { Services } from '../../main/services/services.ts';
import { startWebServer } from '../../main/web/server.ts';
import type { WebServer } from '../../main/web/server.ts';
import { photoUrls } from '../../preload/contract/api.ts';
import { pictureRoot, type WebSession } from '../../preload/contract/web-session.ts';
import type { Api, AppEvent, Conversation, Message, Outcome, Photo } from '../../preload/contract/api.ts';
import { bearer, signIn } from './sign-in.ts';
import { greedy } from '../support/greedy.ts';

const projectRoot = join(import.meta.dirname, '..', '..');
const golden = join(projectRoot, 'test', 'golden', 'tower-inside');

let folder: string;
let services: Services;
let server: WebServer;
let origin: string;
let session: WebSession;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'question-'));
  const model = join(folder, 'model');
  await convertCheckpoint({
    checkpoint: join(golden, 'checkpoint'),
    clip: join(golden, 'clip'),
    out: model,
    vision: 'f32',
    llm: 'f32',
  });
  services = await createServices({
    host: 'web',
    appRoot: projectRoot,
    dataFolder: join(folder, 'data'),
    languages: ['en'],
    startWorker: (kind) => forkPort(workerPath(kind)),
    bundledPackages: [{ folder: model, kind: 'own' }],
  });
  server = await startWebServer({ services, rendererRoot: folder, port: 0 });
  origin = `http://127.0.0.1:${server.port}`;
  session = await signIn(server);
});

afterAll(async () => {
  await server?.close();
  await services?.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function post<T>(path: string, body: BodyInit, type: string): Promise<T> {
  const headers = { ...bearer(session), origin, 'content-type': type };
  const response = await fetch(origin + path, { method: 'POST', headers, body });
  const outcome = (await response.json()) as Outcome<T>;
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return outcome.value;
}

const call = <M extends keyof Api>(method: M, input: Parameters<Api[M]>[0] | null = null) =>
  post<Awaited<ReturnType<Api[M]>>>(`/api/${method}`, JSON.stringify(input), 'application/json');

/** Events of one page, from the moment its stream is open. */
async function listen(): Promise<AsyncGenerator<AppEvent>> {
  const response = await fetch(`${origin}/events`, { headers: bearer(session) });
  const pieces = response.body!.pipeThrough(new TextDecoderStream());
  async function* events(): AsyncGenerator<AppEvent> {
    let text = '';
    for await (const piece of pieces) {
      const frames = (text + piece).split('\n\n');
      text = frames.pop()!;
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) yield JSON.parse(data) as AppEvent;
      }
    }
  }
  return events();
}

/** The text that arrived in pieces for the answer to `question`, and the finished answer. */
async function ask(conversation: Conversation, text: string, photo: Photo | null) {
  const events = await listen();
  const pictures = photo ? [{ photoId: photo.id, region: null }] : [];
  const [, answer] = await call('sendMessage', { conversationId: conversation.id, text, pictures });
  let streamed = '';
  for await (const event of events) {
    if (event.type === 'text' && event.messageId === answer.id) {
      expect(event.at).toBe(streamed.length);
      streamed += event.text;
    }
    if (event.type === 'message' && event.message.id === answer.id && isOver(event.message)) {
      return { streamed, message: event.message };
    }
  }
  throw new Error('The events ended before the answer did.');
}

const isOver = ({ state }: Message) => state === 'done' || state === 'failed' || state === 'interrupted';

test('a photo sent by a browser is answered about, piece by piece, twice', async () => {
  const bytes = await readFile(join(golden, 'photo.png'));
  const photo = await post<Photo>('/api-upload?name=photo.png', bytes, 'application/octet-stream');
  expect(photo).toMatchObject({ name: 'photo.png', origin: 'upload', state: 'ready' });

  await call('changeSettings', {
    sampling: greedy(16),
  });
  const conversation = await call('createConversation', { photoIds: [photo.id], isPrivate: false });
  const first = await ask(conversation, 'What is written on the sign?', photo);
  expect(first.message).toMatchObject({ state: 'done', error: null });
  expect(first.message.text).toBe(first.streamed);
  expect(first.message.provenance).toMatchObject({
    photos: [photo.sha256],
    tokens: { image: 576, generated: 16 },
  });
  const second = await ask(conversation, 'And what else?', null);
  expect(second.message.state).toBe('done');
});

test('the pictures of a photo are at the addresses of the contract, for who is signed in', async () => {
  const [photo] = await call('listRecentPhotos');
  const plan = await call('getCropPlan', { photoId: photo!.id });
  for (const url of [
    photoUrls.thumbnail(photo!.id),
    photoUrls.tile(photo!.id, 0, 0, 0),
    photoUrls.crop(plan, 'global', 4),
  ]) {
    const response = await fetch(origin + pictureRoot(session.pictureKey) + url);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^image\//),
    ]);
    await response.arrayBuffer();
    expect((await fetch(origin + pictureRoot('A'.repeat(43)) + url)).status).toBe(401);
    // The key of pictures opens nothing else, and that of the rest stands in no path.
    expect((await fetch(origin + pictureRoot(session.key) + url)).status).toBe(401);
    expect((await fetch(origin + url, { headers: bearer(session) })).status).toBe(404);
  }
});

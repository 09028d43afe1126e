import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../preload/contract/api.ts';
import { goldenPackage } from '../support/golden-package.ts';
import {
  answers,
  appRoot,
  goldenPhoto,
  newDataFolder,
  startProgram,
  testSettings,
} from './support/program.ts';

interface Told {
  readonly event: AppEvent;
  readonly processes: { readonly images?: number; readonly inference?: number };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('kill -9 of the program in the middle of an answer: what was finished is there, what was begun is marked, no process is left', async () => {
  const dataFolder = await newDataFolder({ sampling: { ...testSettings.sampling, maxTokens: 150 } });
  const script = fileURLToPath(new URL('./support/host.ts', import.meta.url));
  const program = fork(script, [dataFolder, await goldenPackage(), appRoot, goldenPhoto], { execArgv: [] });
  let finished: Extract<AppEvent, { type: 'message' }>['message'] | null = null;
  let processes: Told['processes'] = {};
  program.on('message', ({ event, processes: running }: Told) => {
    processes = running;
    if (event.type === 'message' && event.message.state === 'done' && event.message.role === 'assistant') {
      finished = event.message;
      answers.hold();
      program.send('Go on.');
    } else if (finished && event.type === 'text') program.kill('SIGKILL');
  });
  await once(program, 'exit');
  expect(finished).not.toBeNull();
  const left = Object.values(processes).filter((pid) => pid !== undefined);
  expect(left).toHaveLength(2);
  await expect.poll(() => left.filter(isAlive)).toEqual([]);
  answers.release();

  const services = await startProgram({ dataFolder });
  expect((await services.api.describeApp()).notices).toEqual([]);
  const [summary] = await services.api.listConversations({ query: '', limit: 5 });
  const { messages } = await services.api.getConversation({ conversationId: summary!.id });
  expect(messages[1]).toEqual(finished);
  expect(messages[2]).toMatchObject({ role: 'user', text: 'Tell me everything.', state: 'done' });
  expect(messages[3]).toMatchObject({ role: 'assistant', state: 'interrupted', provenance: null });
});

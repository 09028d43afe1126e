import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { AppError } from '../../preload/contract/errors.ts';
import { Peer } from '../../native-models/engine/peer.ts';
import type { Channel, Handlers } from '../../native-models/engine/peer.ts';

interface LeftMethods {
  greet: { input: string; progress: never; result: string };
}

interface RightMethods {
  /** Asks the left end to greet before it answers. */
  welcome: { input: string; progress: string; result: string };
  refuse: { input: null; progress: never; result: never };
  /** Lasts until it is cancelled. */
  wait: { input: null; progress: string; result: string };
}

/** Two ends in one process, whose messages arrive later and as copies. */
function channels(): [Channel, Channel] {
  const listeners: ((message: unknown) => void)[][] = [[], []];
  const end = (mine: number): Channel => ({
    post: (message) => {
      const copy = structuredClone(message);
      setImmediate(() => listeners[1 - mine]!.forEach((listener) => listener(copy)));
    },
    onMessage: (listener) => void listeners[mine]!.push(listener),
  });
  return [end(0), end(1)];
}

function connect(left: Handlers<LeftMethods> = { greet: (name) => `Hello ${name}` }) {
  const [toRight, toLeft] = channels();
  const ended: string[] = [];
  const near = new Peer<LeftMethods, RightMethods>(toRight, left);
  const far: Peer<RightMethods, LeftMethods> = new Peer<RightMethods, LeftMethods>(toLeft, {
    welcome: async (name, { progress }) => {
      progress('asking');
      return `${await far.call('greet', name)}!`;
    },
    refuse: () => {
      throw new AppError('file-missing', 'a.jpg: no such file.', { file: 'a.jpg' });
    },
    wait: async (_, { signal, progress }) => {
      progress('begun');
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      ended.push('wait');
      return 'stopped';
    },
  });
  return { near, far, ended };
}

test('each end calls the other, also from within a call', async () => {
  const { near, far } = connect();
  const seen: string[] = [];
  expect(await near.call('welcome', 'Ada', { onProgress: (said) => seen.push(said) })).toBe('Hello Ada!');
  expect(seen).toEqual(['asking']);
  expect(await far.call('greet', 'Bo')).toBe('Hello Bo');
});

test('calls with the same numbers in both directions are not taken for each other', async () => {
  const { near, far } = connect();
  expect(await Promise.all([near.call('welcome', 'Ada'), far.call('greet', 'Bo')])).toEqual([
    'Hello Ada!',
    'Hello Bo',
  ]);
});

test('what a handler throws, and a method that is not there, arrive as errors of the contract', async () => {
  const { near } = connect();
  await expect(near.call('refuse', null)).rejects.toMatchObject({
    code: 'file-missing',
    details: { file: 'a.jpg' },
  });
  await expect(near.call('toString' as 'refuse', null)).rejects.toMatchObject({ code: 'internal' });
});

test('an error of the inner call is the error of the outer one', async () => {
  const { near } = connect({
    greet: () => {
      throw new AppError('cancelled', 'Not now.');
    },
  });
  await expect(near.call('welcome', 'Ada')).rejects.toMatchObject({ code: 'cancelled', message: 'Not now.' });
});

test('cancel reaches the other end, which says what came of it', async () => {
  const { near } = connect();
  const controller = new AbortController();
  const call = near.call('wait', null, { signal: controller.signal, onProgress: () => controller.abort() });
  expect(await call).toBe('stopped');
  await expect(near.call('wait', null, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
});

test('a call whose input cannot be sent fails at once, and its signal is let go', async () => {
  const { near } = connect();
  const { signal } = new AbortController();
  const call = near.call('welcome', (() => 'Ada') as never, { signal });
  await expect(call).rejects.toMatchObject({ name: 'DataCloneError' });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('death of the other end rejects what is pending, cancels what runs for it, and nothing more is sent', async () => {
  const { near, far, ended } = connect();
  const begun = Promise.withResolvers<string>();
  const call = near.call('wait', null, { onProgress: begun.resolve });
  const outcome = expect(call).rejects.toMatchObject({ code: 'process-died' });
  await begun.promise;
  const death = new AppError('process-died', 'Gone.', { process: 'images', status: 'SIGKILL' });
  near.end(death);
  far.end(death);
  await outcome;
  await expect.poll(() => ended).toEqual(['wait']);
  await expect(near.call('refuse', null)).rejects.toBe(death);
});

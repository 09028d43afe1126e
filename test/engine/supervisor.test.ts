import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { forkPort } from '../../native-models/engine/port.ts';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import type { WorkerState } from '../../native-models/engine/supervisor.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { ToyMethods, ToyParentMethods } from './support/toy-worker.ts';

const script = fileURLToPath(new URL('./support/toy-worker.ts', import.meta.url));
const states: WorkerState[] = [];
let supervisor = newSupervisor();

function newSupervisor() {
  states.length = 0;
  return new Supervisor<ToyMethods>(
    'images',
    () => forkPort(script),
    (state) => states.push(state),
  );
}

afterEach(() => {
  supervisor.dispose();
  supervisor = newSupervisor();
});

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const gone = async (pid: number) => {
  for (let tries = 0; alive(pid) && tries < 500; tries++) await wait(20);
  return !alive(pid);
};

test('bytes travel to the process and back as bytes', async () => {
  expect(await supervisor.call('double', new Uint8Array([1, 2, 100]))).toEqual(new Uint8Array([2, 4, 200]));
  expect(states).toEqual(['running']);
});

test('a request reports progress in order before its result', async () => {
  const seen: number[] = [];
  const onProgress = (reached: number) => void seen.push(reached);
  const result = await supervisor.call('count', { to: 3, pause: 0 }, { onProgress });
  expect(result).toEqual({ reached: 3 });
  expect(seen).toEqual([1, 2, 3]);
});

test('an error arrives with its code and details', async () => {
  await expect(supervisor.call('fail', { file: 'a b.jpg' })).rejects.toMatchObject({
    name: 'AppError',
    code: 'file-missing',
    details: { file: 'a b.jpg' },
  });
});

test('cancelling stops the work in the process and lets it say how far it came', async () => {
  const controller = new AbortController();
  const onProgress = (reached: number) => reached === 2 && controller.abort();
  const result = await supervisor.call(
    'count',
    { to: 1000, pause: 5 },
    { signal: controller.signal, onProgress },
  );
  expect(result.reached).toBeGreaterThanOrEqual(2);
  expect(result.reached).toBeLessThan(1000);
});

test('a call that was cancelled before it began never starts a process', async () => {
  await expect(
    supervisor.call('count', { to: 1, pause: 0 }, { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'cancelled' });
  expect(supervisor.pid).toBeUndefined();
});

test('kill -9 rejects everything pending at once, and the next request starts a new process', async () => {
  const calls = [1, 2].map(() => supervisor.call('count', { to: 1000, pause: 20 }));
  const outcomes = Promise.allSettled(calls);
  const first = supervisor.pid!;
  await supervisor.call('double', new Uint8Array(1));
  process.kill(first, 'SIGKILL');
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { code: 'process-died', details: { process: 'images', status: 'SIGKILL' } },
    });
  }
  expect(supervisor.state).toBe('crashed');
  expect(await supervisor.call('double', new Uint8Array([4]))).toEqual(new Uint8Array([8]));
  expect(supervisor.pid).not.toBe(first);
  expect(states).toEqual(['running', 'crashed', 'running']);
});

test('a process that ends by itself is a death too', async () => {
  await expect(supervisor.call('die', null)).rejects.toMatchObject({
    code: 'process-died',
    details: { status: 'status 7' },
  });
});

test('a script that cannot be started is a death, not a hang', async () => {
  const missing = new Supervisor<ToyMethods>('images', () => forkPort('/no/such/worker.ts'));
  await expect(missing.call('die', null)).rejects.toMatchObject({ code: 'process-died' });
});

test('dispose ends even a process that no longer answers, twice without harm', async () => {
  await supervisor.call('double', new Uint8Array(1));
  const pid = supervisor.pid!;
  const hanging = expect(supervisor.call('hang', null)).rejects.toMatchObject({ code: 'cancelled' });
  supervisor.dispose();
  supervisor.dispose();
  await hanging;
  expect(await gone(pid)).toBe(true);
  await expect(supervisor.call('double', new Uint8Array(1))).rejects.toMatchObject({ code: 'cancelled' });
});

test('a call that is not over by its deadline ends the process, and the next call starts another', async () => {
  await supervisor.call('double', new Uint8Array(1));
  await expect(supervisor.call('hang', null, { deadline: 50 })).rejects.toMatchObject({
    code: 'process-died',
    details: { status: 'deadline' },
  });
  expect(await supervisor.call('double', new Uint8Array([4]), { deadline: 600_000 })).toEqual(
    new Uint8Array([8]),
  );
});

test('the process asks its parent, and what the parent does for it is cancelled when it dies', async () => {
  const asked: string[] = [];
  const asker = new Supervisor<ToyMethods, ToyParentMethods>('images', () => forkPort(script), undefined, {
    answer: async (question, { signal }) => {
      asked.push(question);
      if (question === 'for ever?') {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        asked.push('cancelled');
      }
      return `${question} Yes.`;
    },
  });
  expect(await asker.call('ask', 'here?')).toBe('here? Yes.');
  const lost = expect(asker.call('ask', 'for ever?')).rejects.toMatchObject({ code: 'process-died' });
  await expect.poll(() => asked).toContain('for ever?');
  process.kill(asker.pid!, 'SIGKILL');
  await lost;
  await expect.poll(() => asked).toEqual(['here?', 'for ever?', 'cancelled']);
  asker.dispose();
});

test('in development what a process writes is heard line by line, and its inspector opens when it is asked for', async () => {
  const lines: string[] = [];
  const start = async () => {
    const heard = new Supervisor<ToyMethods>('images', () => forkPort(script, (line) => lines.push(line)));
    await heard.call('boast', { lines: ['out', 'err'] });
    await expect.poll(() => [...lines]).toEqual(expect.arrayContaining(['out', 'err']));
    heard.dispose();
  };
  await start();
  const inspector = /^Debugger listening on ws:\/\/127\.0\.0\.1:\d+\//;
  expect(lines.filter((line) => inspector.test(line))).toEqual([]);
  process.env['INF_LLAVA_INSPECT'] = 'toy';
  try {
    await start();
  } finally {
    delete process.env['INF_LLAVA_INSPECT'];
  }
  expect(lines.filter((line) => inspector.test(line))).toHaveLength(1);
});

test('the process ends when its parent is killed', async () => {
  const parent = fork(fileURLToPath(new URL('./support/parent.ts', import.meta.url)), { execArgv: [] });
  const [child] = (await once(parent, 'message')) as [number];
  expect(alive(child)).toBe(true);
  parent.kill('SIGKILL');
  expect(await gone(child)).toBe(true);
});

describe.runIf(process.platform === 'linux')('with core dumps on', () => {
  const folder = temporaryFolder();

  test('a child that crashes leaves none, and none anywhere would hold its memory', async () => {
    const script = fileURLToPath(new URL('./support/parent.ts', import.meta.url));
    const parent = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', process.execPath, script], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [child] = (await once(parent, 'message')) as [number];
    const facts = (name: string) => readFileSync(`/proc/${child}/${name}`, 'utf8');
    expect(facts('limits')).toMatch(/Max core file size +0 +0 /);
    expect(facts('coredump_filter').trim()).toBe('00000000');
    process.kill(child, 'SIGSEGV');
    expect(await gone(child)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    parent.kill('SIGKILL');
  });
});

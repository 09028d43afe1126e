import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Supervisor } from '../../native-models/engine/supervisor.ts';
import { utilityPort } from '../../main/electron/utility-port.ts';
import type { Forker } from '../../main/electron/utility-port.ts';

/** A utility process that answers `echo` and dies of `die`. */
class FakeUtilityProcess extends EventEmitter {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  pid: number | undefined = undefined;
  killed = 0;
  postMessage(message: { id: number; method: string; input: unknown }): void {
    if (message.method === 'die') this.emit('exit', 5);
    else this.emit('message', { kind: 'result', id: message.id, result: message.input });
  }
  kill(): boolean {
    this.killed += 1;
    this.emit('exit', 15);
    return true;
  }
}

interface Methods {
  readonly echo: { input: Float32Array; progress: never; result: Float32Array };
  readonly die: { input: null; progress: never; result: never };
}

function create() {
  const forks: { script: string; options: Electron.ForkOptions; child: FakeUtilityProcess }[] = [];
  const forker = {
    fork: (script: string, _: string[], options: Electron.ForkOptions) => {
      const child = new FakeUtilityProcess();
      forks.push({ script, options, child });
      return child;
    },
  } as unknown as Forker;
  const supervisor = new Supervisor<Methods>('inference', () =>
    utilityPort(forker, 'inference', '/app/inference-worker.js'),
  );
  return { supervisor, forks };
}

test('a supervisor calls a utility process as it calls any other child', async () => {
  const { supervisor, forks } = create();
  const input = new Float32Array([1, 2]);
  expect(await supervisor.call('echo', input)).toEqual(input);
  expect(forks).toMatchObject([
    {
      script: '/app/inference-worker.js',
      options: { serviceName: 'INF-LLaVA Inference', env: { ORT_DISABLE_TELEMETRY: '1' } },
    },
  ]);
});

test('one that dies rejects what was pending, and the next call starts another', async () => {
  const { supervisor, forks } = create();
  await expect(supervisor.call('die', null)).rejects.toMatchObject({
    code: 'process-died',
    details: { status: 'status 5' },
  });
  await supervisor.call('echo', new Float32Array(1));
  expect(forks).toHaveLength(2);
});

test('stopping ends the process, and the exit of an ended one is told to who asks later', () => {
  const { forks } = create();
  const child = new FakeUtilityProcess();
  const port = utilityPort({ fork: () => child } as unknown as Forker, 'images', '/app/images-worker.js');
  port.kill();
  let exit: unknown;
  port.onExit((told) => (exit = told));
  expect(exit).toEqual({ code: 15, signal: null });
  expect([child.killed, forks]).toEqual([1, []]);
});

test('in development alone its lines go to the log and INF_LLAVA_INSPECT opens its inspector', async () => {
  process.env['INF_LLAVA_INSPECT'] = 'inference';
  const lines: string[] = [];
  const children: FakeUtilityProcess[] = [];
  const forked: Electron.ForkOptions[] = [];
  const forker = {
    fork: (_script: string, _args: string[], options: Electron.ForkOptions) => {
      forked.push(options);
      children.push(new FakeUtilityProcess());
      return children.at(-1);
    },
  } as unknown as Forker;
  try {
    utilityPort(forker, 'inference', '/app/inference-worker.js', (line) => lines.push(line));
    utilityPort(forker, 'images', '/app/images-worker.js', (line) => lines.push(line));
    utilityPort(forker, 'inference', '/app/inference-worker.js');
  } finally {
    delete process.env['INF_LLAVA_INSPECT'];
  }
  expect(forked.map(({ execArgv }) => execArgv)).toEqual([['--inspect=127.0.0.1:0'], [], []]);
  children[0]!.stdout.write('one\ntw');
  children[0]!.stderr.write('three\n');
  children[0]!.stdout.end('o\n');
  await expect.poll(() => [...lines].sort()).toEqual(['one', 'three', 'two']);
});

import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { AppError, type ErrorCode } from '../../preload/contract/errors.ts';
import { Installs } from '../../native-models/install/jobs/installs.ts';
import { Throttle } from '../../native-models/install/hub/throttle.ts';
import { folderHash } from '../support/folder-hash.ts';
import type { HubFault, HubRequest } from '../support/hub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  checkpointRepo,
  connectionTo,
  convertedHash,
  f32,
  jobIn,
  noQuestion,
  openInstalls,
  packageOf,
  publishModel,
  smallCutting,
  type PublishedModel,
} from './support/installs.ts';

const folder = temporaryFolder();
let model: PublishedModel;
let undisturbed: string;
let count = 0;

beforeAll(async () => {
  model = await publishModel(join(folder, 'published'));
  undisturbed = await convertedHash(model, f32, join(folder, 'converted'));
});

beforeEach(() => {
  model.hub.fault = () => null;
  model.hub.requests.length = 0;
});

afterAll(() => model.hub.close());

const shard = 'model-00002-of-00004.safetensors';

/** Lets every request for the body of the second shard go wrong, or those `when` chooses. */
function breakShard(fault: HubFault, when: (request: HubRequest, nth: number) => boolean = () => true) {
  let nth = 0;
  model.hub.fault = (request) => {
    // The header of a file is asked for from its first byte; bodies are large in parts, so the fault waits for those.
    const isBody = request.kind === 'storage' && request.file === shard && (request.range?.begin ?? 1) > 0;
    return isBody && when(request, nth++) ? fault : null;
  };
}

async function install(access = {}) {
  const data = join(folder, `data-${count++}`);
  const installs = await openInstalls(model.hub, data, { access });
  const { id } = await installs.start(model.entry, f32, null);
  return { data, installs, id };
}

async function expectWhole({ data, installs, id }: Awaited<ReturnType<typeof install>>) {
  await jobIn(installs, id, 'done');
  expect(folderHash(packageOf(data))).toBe(undisturbed);
}

describe('what passes is not noticed', () => {
  const once = (_request: HubRequest, nth: number) => nth === 0;
  const passing: [string, HubFault, (request: HubRequest, nth: number) => boolean][] = [
    [
      'connections break in the middle of every other answer',
      { kind: 'reset', after: 9000 },
      (_, nth) => nth % 2 === 0,
    ],
    ['a connection stalls', { kind: 'stall', after: 9000 }, once],
    ['an answer ends too early', { kind: 'short', after: 9000 }, once],
    [
      'the storage is busy and says when to come back',
      { kind: 'status', status: 503, headers: { 'retry-after': '0.01' } },
      once,
    ],
    ['too many requests', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }, once],
    ['an address of the storage has expired', { kind: 'status', status: 403 }, once],
    ['the storage answers another range', { kind: 'shift', by: 100 }, once],
    ['a bit is flipped on the way', { kind: 'corrupt', at: 70_000 }, once],
    ['the storage ignores ranges', { kind: 'ignore-range' }, () => true],
  ];
  test.each(passing)('%s', async (_name, fault, when) => {
    breakShard(fault, when);
    await expectWhole(await install());
  });

  test('the whole hub ignores ranges', async () => {
    model.hub.fault = () => ({ kind: 'ignore-range' });
    await expectWhole(await install());
  });

  test('the ETag changes in the middle: what was there is thrown away', async () => {
    let resolves = 0;
    model.hub.fault = ({ kind, file }) =>
      kind === 'resolve' && file === shard && resolves++ === 3 ? { kind: 'etag', etag: 'other' } : null;
    await expectWhole(await install());
  });
});

describe('what does not pass is told by a code of its own, and resume goes on from there', () => {
  type Case = [name: string, code: ErrorCode, details: object, fault: () => void];
  const onHub = (fault: HubFault, wanted: (request: HubRequest) => boolean) => () => {
    model.hub.fault = (request) => (wanted(request) ? fault : null);
  };
  const resolvesShard = ({ kind, file }: HubRequest) => kind === 'resolve' && file === shard;
  const cases: Case[] = [
    [
      'connections always break',
      'network-failed',
      { reason: 'connection' },
      () => breakShard({ kind: 'reset', after: 0 }),
    ],
    [
      'the storage never sends anything',
      'network-failed',
      { reason: 'stalled' },
      () => breakShard({ kind: 'stall', after: 0 }),
    ],
    [
      'the storage stays busy',
      'network-failed',
      { reason: 'busy' },
      () => breakShard({ kind: 'status', status: 503 }),
    ],
    [
      'the hub redirects in a circle',
      'network-failed',
      { reason: 'redirects' },
      () =>
        onHub(
          {
            kind: 'redirect',
            to: `${model.hub.endpoint}/${checkpointRepo}/resolve/${model.commit}/${shard}`,
          },
          resolvesShard,
        )(),
    ],
    [
      'the hub redirects to a file',
      'network-failed',
      { reason: 'redirects' },
      onHub({ kind: 'redirect', to: 'file:///etc/passwd' }, resolvesShard),
    ],
    [
      'a file is damaged in the storage',
      'download-damaged',
      { file: shard },
      () => breakShard({ kind: 'corrupt', at: 70_000 }),
    ],
    [
      'the file has another length',
      'source-changed',
      { file: shard },
      onHub({ kind: 'size', bytes: 12_345 }, resolvesShard),
    ],
    [
      'the storage states another length',
      'source-changed',
      { file: shard },
      () => breakShard({ kind: 'size', bytes: 12_345 }),
    ],
    [
      'the hub serves another commit',
      'source-changed',
      { file: shard },
      onHub({ kind: 'commit', commit: 'f'.repeat(40) }, resolvesShard),
    ],
    [
      'a file is gone',
      'hub-refused',
      { status: 404, reason: 'not-found' },
      onHub({ kind: 'status', status: 404 }, resolvesShard),
    ],
    [
      'the repository is gone',
      'hub-refused',
      { reason: 'not-found' },
      onHub(
        { kind: 'status', status: 404, headers: { 'x-error-code': 'RepoNotFound' } },
        ({ kind }) => kind === 'list',
      ),
    ],
    [
      'the repository is gated',
      'hub-refused',
      { status: 403, reason: 'gated' },
      onHub(
        { kind: 'status', status: 403, headers: { 'x-error-code': 'GatedRepo' } },
        ({ kind }) => kind === 'resolve',
      ),
    ],
    [
      'the token is not known',
      'hub-refused',
      { status: 401, reason: 'token' },
      onHub({ kind: 'status', status: 401 }, ({ kind }) => kind === 'list'),
    ],
    [
      'the hub answers nonsense',
      'network-failed',
      { reason: 'answer' },
      onHub({ kind: 'status', status: 200 }, ({ kind }) => kind === 'list'),
    ],
  ];
  test.each(cases)('%s', async (_name, code, details, fault) => {
    fault();
    const run = await install();
    const failed = await jobFailed(run.installs, run.id);
    expect(failed.error).toMatchObject({ code, details });
    expect(failed.error!.message).not.toContain('\n');

    model.hub.fault = () => null;
    await run.installs.resume(run.id);
    await expectWhole(run);
  });

  test('the header of a file is damaged on the way', async () => {
    model.hub.fault = ({ kind, file, range }) =>
      kind === 'storage' && file === shard && range?.begin === 0 ? { kind: 'corrupt', at: 12 } : null;
    const run = await install();
    expect((await jobFailed(run.installs, run.id)).error).toMatchObject({ code: 'checkpoint-invalid' });
    model.hub.fault = () => null;
    await run.installs.resume(run.id);
    await expectWhole(run);
  });

  test('the network is switched off, and on again', async () => {
    const data = join(folder, `data-${count++}`);
    const connection = connectionTo(model.hub);
    let isAllowed = false;
    const installs = await Installs.open({
      dataFolder: data,
      goOn: false,
      tools: {
        connection: {
          ...connection,
          gate: (planned) => {
            if (isAllowed) return connection.gate(planned);
            throw new AppError('cancelled', 'The network is switched off.', { reason: 'network-off' });
          },
        },
        throttle: new Throttle(() => null),
        cutting: smallCutting,
        prove: noQuestion,
      },
      onChange: () => undefined,
      onInstalled: () => undefined,
    });
    const { id } = await installs.start(model.entry, f32, null);
    expect((await jobFailed(installs, id)).error).toMatchObject({
      code: 'cancelled',
      details: { reason: 'network-off' },
    });
    expect(model.hub.requests).toEqual([]);
    isAllowed = true;
    await installs.resume(id);
    await expectWhole({ data, installs, id });
  });

  test('the model does not answer: it is not installed until it does', async () => {
    const data = join(folder, `data-${count++}`);
    let answers = false;
    const installs = await openInstalls(model.hub, data, {
      prove: () =>
        answers ? noQuestion() : Promise.reject(new AppError('out-of-memory', 'Too little memory.')),
    });
    const { id } = await installs.start(model.entry, f32, null);
    expect((await jobFailed(installs, id)).error).toMatchObject({ code: 'out-of-memory' });
    answers = true;
    await installs.resume(id);
    await expectWhole({ data, installs, id });
  });
});

async function jobFailed(installs: Installs, id: string) {
  return jobIn(installs, id, 'failed');
}

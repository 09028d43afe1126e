import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NetworkGate } from '../../main/services/network.ts';

let folder: string;
let allowed: boolean;
let gate: NetworkGate;
const planned = { method: 'GET', url: 'https://example.test/model', purpose: 'Model' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inf-llava-network-'));
  allowed = true;
  gate = new NetworkGate(folder, () => allowed);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('before anything was asked for, the list is empty', async () => {
  expect(await gate.list()).toEqual([]);
});

test('every request is listed with what came of it, the latest first', async () => {
  expect(await gate.request(planned, async () => ({ value: 7, outcome: '200' }))).toBe(7);
  const broken = gate.request({ ...planned, method: 'HEAD' }, async () => {
    throw new Error('connection reset');
  });
  await expect(broken).rejects.toThrow('connection reset');
  expect(await new NetworkGate(folder, () => true).list()).toMatchObject([
    { method: 'HEAD', outcome: 'failed: connection reset' },
    { ...planned, outcome: '200' },
  ]);
});

test('a request is listed before it is made, and stays so where the program ends meanwhile', async () => {
  await gate.request(planned, async () => {
    expect(await gate.list()).toMatchObject([{ ...planned, outcome: 'begun' }]);
    return { value: 7, outcome: '200' };
  });
  expect(await gate.list()).toMatchObject([{ ...planned, outcome: '200' }]);
});

test('of a long list the latest requests are shown; one that cannot be read is told', async () => {
  const file = join(folder, 'network-requests.jsonl');
  await writeFile(file, `${JSON.stringify({ at: 1, ...planned, outcome: 'x'.repeat(20 * 2 ** 20) })}\n`);
  await gate.request(planned, async () => ({ value: 7, outcome: '200' }));
  expect(await gate.list()).toMatchObject([{ outcome: '200' }]);
  await rm(file);
  await mkdir(file);
  await expect(gate.list()).rejects.toThrow();
});

test('with the switch off nothing is asked for, and the attempt is listed', async () => {
  allowed = false;
  let performed = false;
  const attempt = gate.request(planned, async () => {
    performed = true;
    return { value: 0, outcome: '200' };
  });
  await expect(attempt).rejects.toMatchObject({ code: 'cancelled', details: { reason: 'network-off' } });
  expect(performed).toBe(false);
  expect(await gate.list()).toMatchObject([{ outcome: 'forbidden' }]);
});

test('a line cut off by a power loss costs only itself', async () => {
  await gate.request(planned, async () => ({ value: 7, outcome: '200' }));
  await appendFile(join(folder, 'network-requests.jsonl'), '{"at": 12, "met');
  expect(await gate.list()).toHaveLength(1);
});

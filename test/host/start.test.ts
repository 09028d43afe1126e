import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { projectRoot } from '../../main/build.ts';
import { NetworkGate } from '../../main/services/network.ts';
import { downloadElectron, findElectron } from '../../main/electron-binary.ts';

function start(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectRoot, 'main', 'start.ts'), ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

test('npm start -- --help says what it takes', () => {
  expect(start('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--no-open') });
});

test.each([[['--port', 'x']], [['--port', '65536']], [['--ports', '1']]])('%j is wrong usage', (args) => {
  const { status, stdout, stderr } = start(...args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('Usage: npm start');
});

test('the address of a file on another machine is refused in one line', () => {
  const { status, stdout, stderr } = start('--web', 'file://server/x.jpg');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^.*file:\/\/server\/x\.jpg.*\n$/);
});

describe("Electron's executable", () => {
  let project: string;
  const say = () => undefined;
  let isAllowed: boolean;
  let gate: NetworkGate;

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'start-'));
    isAllowed = true;
    gate = new NetworkGate(join(project, 'data'), () => isAllowed);
    // A port on which nothing answers: the place of the download cannot be reached.
    vi.stubEnv('npm_config_electron_mirror', 'http://127.0.0.1:9/');
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(project, { recursive: true });
  });

  test('is found where the package has put it, and only while it is there', async () => {
    const folder = join(project, 'node_modules', 'electron');
    await mkdir(join(folder, 'dist'), { recursive: true });
    await writeFile(join(folder, 'path.txt'), 'electron');
    expect(findElectron(project, {})).toBeNull();
    await writeFile(join(folder, 'dist', 'electron'), '');
    expect(findElectron(project, {})).toBe(join(folder, 'dist', 'electron'));
  });

  test('is not asked for while the network is switched off; what is asked for is listed', async () => {
    isAllowed = false;
    expect(await downloadElectron(project, say, gate)).toBeNull();
    isAllowed = true;
    // The answer was not that it cannot be reached: that is not remembered.
    expect(await downloadElectron(project, say, gate)).toBeNull();
    const [second, first] = await gate.list();
    expect(first).toMatchObject({ url: 'http://127.0.0.1:9/', outcome: 'forbidden' });
    expect(second).toMatchObject({ purpose: 'Download Electron', outcome: 'failed: unreachable' });
  });

  test('that cannot be downloaded is not asked for again within a day', async () => {
    expect(await downloadElectron(project, say, gate)).toBeNull();
    const stamp = join(project, 'build', 'electron-unreachable');
    const { mtimeMs } = await stat(stamp);
    expect(await downloadElectron(project, say, gate)).toBeNull();
    expect((await stat(stamp)).mtimeMs).toBe(mtimeMs);

    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(stamp, longAgo, longAgo);
    await downloadElectron(project, say, gate);
    expect((await stat(stamp)).mtimeMs).toBeGreaterThan(longAgo.getTime());
  });
});

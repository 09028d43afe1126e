import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { folderHash } from '../support/folder-hash.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { InstallChildOptions } from './support/install-child.ts';
import { convertedHash, f32, packageOf, publishModel } from './support/installs.ts';
import { readJobs } from '../../native-models/install/jobs/job-file.ts';

const folder = temporaryFolder();
const script = fileURLToPath(new URL('support/install-child.ts', import.meta.url));

/** Runs an install under a limit of the size of files, which is refused like a write to a full disk. */
function run(options: InstallChildOptions, fileKilobytes: number | 'unlimited'): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const shell = `ulimit -f ${fileKilobytes} && exec "$0" "$@"`;
    const child = spawn('bash', ['-c', shell, process.execPath, script, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code));
  });
}

test('a disk that fills up while downloading or converting is told, and resume ends with the same package', async () => {
  const model = await publishModel(join(folder, 'published'));
  try {
    const undisturbed = await convertedHash(model, f32, join(folder, 'converted'));
    const dataFolder = join(folder, 'data');
    const options = { endpoint: model.hub.endpoint, dataFolder, entry: model.entry };
    // Too little for a shard; enough for each, but not for the language model.
    for (const kilobytes of [100, 300]) {
      expect(await run(options, kilobytes)).not.toBe(0);
      const [job] = await readJobs(join(dataFolder, 'installs'));
      expect(job).toMatchObject({ state: 'failed', error: { code: 'disk-full' } });
      expect(job!.error!.message).not.toContain('\n');
    }
    expect(await run(options, 'unlimited')).toBe(0);
    expect(folderHash(packageOf(dataFolder))).toBe(undisturbed);
  } finally {
    await model.hub.close();
  }
});

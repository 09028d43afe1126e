import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { folderHash } from '../support/folder-hash.ts';
import { uniform } from '../support/random-tensors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { InstallChildOptions } from './support/install-child.ts';
import { convertedHash, f32, packageOf, publishModel } from './support/installs.ts';

const folder = temporaryFolder();
const script = fileURLToPath(new URL('support/install-child.ts', import.meta.url));
const kills = 10;

/** Runs until `killAt` of the whole is reported, and is killed then. True when it came to its end before. */
function runUntil(options: InstallChildOptions, killAt: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [state, fraction] = line.split(' ');
      if (state !== 'done' && Number(fraction) >= killAt) child.kill('SIGKILL');
    });
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0) resolve(true);
      else reject(new Error(`the install ended with ${code}`));
    });
  });
}

test('killed ten times at random moments, it ends with the package of an undisturbed install', async () => {
  const model = await publishModel(join(folder, 'published'), {
    shards: 12,
    languageLayers: 6,
    languageWidth: 128,
    languageIntermediate: 256,
  });
  try {
    const undisturbed = await convertedHash(model, f32, join(folder, 'converted'));
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = uniform(seed);
    const dataFolder = join(folder, 'data');
    const options = { endpoint: model.hub.endpoint, dataFolder, entry: model.entry };
    const moments = Array.from({ length: kills }, () => random()).sort((a, b) => a - b);
    for (const moment of moments) {
      if (await runUntil(options, moment)) break;
      // What a dead process has begun is not offered: a package is there whole or not at all.
      if (existsSync(packageOf(dataFolder))) expect(folderHash(packageOf(dataFolder))).toBe(undisturbed);
    }
    await runUntil(options, Infinity);
    expect(folderHash(packageOf(dataFolder)), `seed ${seed}`).toBe(undisturbed);
    const [id] = readdirSync(join(dataFolder, 'installs'));
    expect(readdirSync(join(dataFolder, 'installs', id!))).toEqual(['job.json']);
  } finally {
    await model.hub.close();
  }
});

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenCase } from '../support/golden.ts';
import { goldenPackage } from '../support/golden-package.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { appRoot, goldenPhoto, newDataFolder } from '../services/support/program.ts';
import { watch, whyNotWatched } from './watch.ts';

const folder = temporaryFolder();
const minutes = 60_000;

const warning = `NOT CHECKED that nothing leaves the machine: ${whyNotWatched}`;
if (whyNotWatched !== null) process.stderr.write(`\n*** ${warning}\n`);

describe.skipIf(whyNotWatched !== null)(whyNotWatched === null ? 'system calls' : warning, () => {
  test('of a private question go nowhere, and nothing is left', { timeout: 10 * minutes }, async () => {
    const dataFolder = await newDataFolder();
    const script = join(import.meta.dirname, 'private-question.ts');
    const watched = await watch(
      [script, dataFolder, await goldenPackage(), appRoot, goldenPhoto],
      [dataFolder],
    );
    expect(watched).toEqual({ status: 0, output: 'done done', findings: [], left: [] });
  });

  test(
    'of a conversion go nowhere, and nothing is left but the package',
    { timeout: 10 * minutes },
    async () => {
      const { folder: golden } = goldenCase('tower-inside');
      const out = join(folder, 'packages', 'converted');
      mkdirSync(join(folder, 'packages'));
      const command = join(appRoot, 'main', 'cli', 'index.ts');
      const source = [join(golden, 'checkpoint'), '--clip', join(golden, 'clip')];
      const { status, findings, left } = await watch(
        [command, 'convert', ...source, '--out', out],
        [join(folder, 'packages')],
      );
      expect({ status, findings, left }).toEqual({ status: 0, findings: [], left: [] });
      expect(readdirSync(join(folder, 'packages'))).toEqual(['converted']);
    },
  );

  test('are seen: a look-up, a connection, a file elsewhere and one that stays', async () => {
    const elsewhere = join(folder, 'elsewhere.txt');
    const program = `
      const { writeFileSync } = require('node:fs');
      writeFileSync(${JSON.stringify(elsewhere)}, '');
      writeFileSync(require('node:os').tmpdir() + '/stays', '');
      require('node:net').connect(443, '192.0.2.1').on('error', () => undefined);
      require('node:net').connect(443, '127.0.0.1').on('error', () => undefined);
      require('node:dns').lookup('example.com', () => undefined);`;
    const { findings, left } = await watch(['-e', program], []);
    const seen = findings.join('\n');
    expect(seen).toContain('"192.0.2.1"');
    expect(seen).toContain(elsewhere);
    expect(seen).toMatch(/connect\(.*(htons\(53\)|nscd)/);
    expect(seen).not.toContain('"127.0.0.1"');
    expect(left).toEqual(['stays']);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Help } from 'commander';
import { expect, test } from 'vitest';
import { commands } from '../../main/cli/commands.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli } from './support.ts';

const folder = temporaryFolder();

test.each(Object.entries(commands))('%s takes what --help says', async (name, { term, load }) => {
  const command = await load();
  expect(command.name()).toBe(name);
  expect(new Help().subcommandTerm(command)).toBe(term);
});

test('--help loads no native library and none of the commands; help of a command loads that one', async () => {
  // Runs in the command's own process, first, and tells at its end what was loaded there.
  const witness = join(folder, 'witness.cjs');
  writeFileSync(
    witness,
    `const { registerHooks } = require('node:module');
     const loaded = [];
     registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
     process.on('exit', () => process.stderr.write(JSON.stringify(loaded)));`,
  );
  const env = { NODE_OPTIONS: `--require ${JSON.stringify(witness)}` };
  const loadedBy = async (...args: string[]) => {
    const run = await runCli(args, { env });
    expect(run.code, run.stderr).toBe(0);
    return JSON.parse(run.stderr) as string[];
  };
  const native = /sharp|onnxruntime-node|koffi|node-llama-cpp|better-sqlite3/;
  const ofCommands = /native-models\/(?!engine\/core-dumps)|main\/services/;
  const whole = await loadedBy('--help');
  expect(whole.some((url) => url.endsWith('main/cli/commands.ts'))).toBe(true);
  expect(whole.filter((url) => native.test(url) || ofCommands.test(url))).toEqual([]);
  const one = await loadedBy('help', 'crops');
  expect(one.some((url) => url.endsWith('main/cli/crops.ts'))).toBe(true);
  expect(one.some((url) => url.endsWith('main/cli/eval.ts'))).toBe(false);
  // What runs models is loaded with a model, what decodes photos with a photo.
  const heavy = /\/(sharp|onnxruntime-node|node-llama-cpp|better-sqlite3)\//;
  for (const name of Object.keys(commands))
    expect(
      (await loadedBy(name, '--help')).filter((url) => heavy.test(url)),
      name,
    ).toEqual([]);
});

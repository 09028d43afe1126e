/**
 * Runs a TypeScript entry point of this project on a machine that may have nothing installed yet.
 *
 * usage: node main/bootstrap.mjs ENTRY.ts [ARGUMENTS...]
 *
 * Plain JavaScript on purpose: it must start under whatever Node the machine has (20 or newer). It installs the
 * locked dependencies when they are missing or out of date, one of which is the Node this project runs on, and then
 * hands over to the entry point under that Node, which runs TypeScript as it is.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node main/bootstrap.mjs ENTRY.ts [ARGUMENTS...]');
  process.exit(2);
}

installIfNeeded();

const entryPath = resolve(root, entry);
const projectNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const wanted = JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8')).version;
if (process.versions.node === wanted || !existsSync(projectNode)) {
  process.argv = [process.execPath, entryPath, ...args];
  // Compiled code is kept between runs: a third of the start-up time. Not in the temp folder, where it would stay.
  nodeModule.enableCompileCache?.(join(root, 'build', 'compile-cache'));
  await import(pathToFileURL(entryPath).href);
} else {
  runUnder(projectNode);
}

/** Runs the entry point under another Node and ends as it ends. */
function runUnder(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), entry, ...args], { stdio: 'inherit' });
  // Ctrl-C at a terminal reaches the child by itself; a signal sent to this process alone has to be passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code) => process.exit(code ?? 1));
}

/** Installs the locked dependencies unless node_modules already holds exactly those. */
function installIfNeeded() {
  const stamp = join(root, 'node_modules', '.installed');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  refuseLink(join(root, 'node_modules'));
  console.error('Installing dependencies (once; this takes a minute or two) ...');
  // onnxruntime-node would fetch its CUDA provider on Linux, 200 MB that this program does not use.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.error) throw npm.error;
  if (npm.status !== 0) {
    console.error('npm ci failed; the messages above say why.');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** `npm ci` begins by emptying node_modules; through a link that would be a folder which others use as well. */
function refuseLink(modules) {
  if (!lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  console.error(
    `node_modules is a link to ${readlinkSync(modules)}, which does not hold exactly what package-lock.json says.\n` +
      'Installing would empty that folder, so nothing was done. Run "npm ci" where the folder belongs,\n' +
      'or remove the link and start again to install a copy here.',
  );
  process.exit(1);
}

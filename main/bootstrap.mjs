/**
 * Runs a TypeScript entry point of this project on a machine that may have nothing installed yet.
 *
 * usage: node main/bootstrap.mjs ENTRY.ts [ARGUMENTS...]
 *
 * Plain JavaScript on purpose: it must start under any Node that the machine has (20 or newer). It installs the
 * locked dependencies when they are missing or out of date, one of which is the Node this project runs on, and then
 * hands over to the entry point under that Node, which runs TypeScript as it is.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Bytes. A longer one is handed to another process through a pipe: ONNX Runtime recursed over the command line of the
 * process that loads it, until 32,000 were too many for its stack.
 */
const longestCommandLine = 8_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [entry, ...args] = ownArguments();
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
const node = existsSync(projectNode) ? projectNode : process.execPath;
const isLong = Buffer.byteLength(process.argv.join(' ')) > longestCommandLine;
if (!isLong && (process.versions.node === wanted || node === process.execPath)) {
  process.argv = [process.execPath, entryPath, ...args];
  // Compiled code is kept between runs: a third of the start-up time. Not in the temp folder, where it would stay.
  nodeModule.enableCompileCache?.(join(root, 'build', 'compile-cache'));
  await import(pathToFileURL(entryPath).href);
} else {
  runUnder(node);
}

/** The entry point and its arguments: of the command line, or handed over as JSON through the descriptor of this name. */
function ownArguments() {
  const descriptor = process.env.INF_LLAVA_ARGUMENTS_FROM;
  if (descriptor === undefined) return process.argv.slice(2);
  delete process.env.INF_LLAVA_ARGUMENTS_FROM;
  const handedOver = JSON.parse(readFileSync(Number(descriptor), 'utf8'));
  closeSync(Number(descriptor));
  return handedOver;
}

/** Runs the entry point under a Node in a process of its own, and ends as that ends. */
function runUnder(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, INF_LLAVA_ARGUMENTS_FROM: '3' },
  });
  child.stdio[3].on('error', () => {
    // It ended before it had read them; how is told below.
  });
  child.stdio[3].end(JSON.stringify([entry, ...args]));
  // Ctrl-C at a terminal reaches the child by itself; a signal sent to this process alone has to be passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    // What the person or the system asked for needs no words.
    const asked = ['SIGINT', 'SIGTERM', 'SIGHUP'].includes(signal);
    if (!asked) console.error(`The program was ended by ${signal}.`);
    process.exit(128 + constants.signals[signal]);
  });
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
  // No install script runs but the one that fetches the Node this project runs on.
  const commands = [
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
    ['rebuild', 'node'],
  ];
  for (const command of commands) {
    const npm = spawnSync('npm', [...command, '--loglevel=error'], {
      cwd: root,
      env,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    if (npm.error) throw npm.error;
    if (npm.status !== 0) {
      console.error(`npm ${command[0]} failed; the messages above say why.`);
      process.exit(1);
    }
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

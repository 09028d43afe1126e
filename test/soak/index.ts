/**
 * `npm run soak [-- --scale 0.1]`: weeks of use in one run. A person opens 1,000 photos, asks 2,000 questions in 300
 * conversations, saves, imports and deletes them, compares and switches models, while child processes are killed at random.
 * Memory, handles and what waits in the event loop of every process have to level off, and answers have to stay right.
 *
 * Children are killed in the first and the third quarter only: a new process is small, and the second and the last quarter
 * are compared. Linux only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../main/build.ts';
import { seeded } from '../../native-models/demo/scenes/random.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import { memoryOf, processTree } from '../support/process-tree.ts';
import { startWebProgram } from '../support/web-program.ts';
import { Curve } from './curve.ts';
import { Person } from './person.ts';

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const conversations = Math.max(8, Math.round(300 * Number(values.scale)));
const questions = 7;
const photos = 3;
/** How often the numbers are read at most. */
const readings = Math.min(conversations, 80);

const folder = mkdtempSync(join(tmpdir(), 'inf-llava-soak-'));
const dataFolder = join(folder, 'data');
const report = join(folder, 'resources.jsonl');
const random = seeded(`soak/${values.seed}`);
const complaints: string[] = [];
const curves = new Map<string, Curve>();
/** Share of right answers about every scene, by quarter. */
const right: number[][] = [[], [], [], []];
const failedAnswers = { beside: 0, atKills: 0 };
let kills = 0;
/** Questions asked since a child was killed: the program may notice it during the next one only. */
let sinceKill = Infinity;

try {
  addSecondModel();
  const program = await startWebProgram(dataFolder, {
    env: {
      INF_LLAVA_SOAK_REPORT: report,
      NODE_OPTIONS: `--import=${pathToFileURL(join(projectRoot, 'test', 'soak', 'report-resources.mjs')).href}`,
    },
    onError: (text) => complaints.push(text),
  });
  try {
    const person = await Person.signIn(program);
    await use(person, program.child.pid!).finally(person.leave);
  } finally {
    await program.close();
  }
  process.exitCode = conclude() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** A model of random weights, to switch to and to compare with. */
function addSecondModel(): void {
  const golden = join(projectRoot, 'test', 'golden', 'tower-inside');
  const models = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['main/bootstrap.mjs', 'main/cli/index.ts', 'models', ...args],
      { cwd: projectRoot, env: { ...process.env, INF_LLAVA_DATA: dataFolder }, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const added = models('add', join(golden, 'checkpoint'), '--clip', join(golden, 'clip'));
  models('get', /models get (\S+)/.exec(added)![1]!, '--vision', 'f32', '--llm', 'f32');
}

async function use(person: Person, root: number): Promise<void> {
  const begun = performance.now();
  const { bridge } = person;
  await bridge.changeSettings({
    sampling: { ...defaultSettings.sampling, temperature: 0, maxTokens: 64 },
    device: 'cpu',
  });
  const packages = await bridge.listPackages();
  const [demo, other] = [true, false].map(
    (isDemo) => packages.find(({ kind }) => (kind === 'demo') === isDemo)?.id,
  );
  if (demo === undefined || other === undefined) throw new Error('Two models are needed.');
  await bridge.changeSettings({ packageId: demo });
  for (let number = 0; number < conversations; number++) {
    const quarter = Math.floor((4 * number) / conversations);
    const kill = () => (quarter % 2 === 0 && random.whole(0, 49) === 0 ? killLater(root) : null);
    right[quarter]!.push(await converse(person, number, kill, [demo, other]));
    const read = (count: number) => Math.floor((count * readings) / conversations);
    if (read(number) !== read(number + 1)) await readNumbers(root);
    const minutes = Math.round((performance.now() - begun) / 60_000);
    console.error(`${number + 1} of ${conversations} conversations, ${minutes} min`);
  }
}

/**
 * One scene and some photos: asked, graded, and then one of the things that people do with conversations.
 * @returns share of right answers
 */
async function converse(
  person: Person,
  number: number,
  kill: () => Promise<void> | null,
  packageIds: readonly [string, string],
): Promise<number> {
  const { bridge } = person;
  const { photo: scene } = await bridge.drawScene({});
  await person.look(scene.id);
  const opened = [];
  for (let at = 1; at < photos; at++) opened.push(await person.openPhoto(number * photos + at));
  const { id } = await bridge.createConversation({ photoIds: [scene.id], isPrivate: number % 6 === 5 });
  const { questions: known } = await bridge.revealScene({ photoId: scene.id });
  let last = '';
  for (let at = 0; at < questions; at++) {
    const killed = kill();
    const answer = await person.ask(id, known[at % known.length]!.question);
    await killed;
    last = answer.id;
    sinceKill = killed ? 0 : sinceKill + 1;
    if (answer.state === 'done') continue;
    failedAnswers[sinceKill <= 1 ? 'atKills' : 'beside']++;
    await person.askAgain(answer.id);
  }
  const turns = turnsOf((await bridge.getConversation({ conversationId: id })).messages);
  const grades = (await bridge.gradeAnswers({ photoId: scene.id, turns })).filter((grade) => grade !== null);
  await bridge.listConversations({ query: 'sign', limit: 50 });

  if (number % 10 === 3) await person.compare(last, packageIds);
  if (number % 10 === 5) {
    await bridge.changeSettings({ packageId: packageIds[1] });
    await person.ask(id, 'What is there?');
    await bridge.changeSettings({ packageId: packageIds[0] });
  }
  if (number % 5 === 1) await person.exportAndImport(id);
  if (number % 5 === 2) {
    await bridge.deleteConversation({ conversationId: id });
    if (number % 2 === 0) await bridge.restoreConversation({ conversationId: id });
  }
  for (const { id: photoId } of opened) if (random.whole(0, 1) === 0) await bridge.forgetPhoto({ photoId });
  return mean(grades.map(Number));
}

/** Questions with their answers. */
function turnsOf(messages: readonly { role: string; text: string }[]) {
  return messages.flatMap(({ role, text }, at) =>
    role === 'assistant' ? [{ question: messages[at - 1]!.text, answer: text }] : [],
  );
}

/** Ends one of the program's child processes in the middle of what comes next. */
async function killLater(root: number): Promise<void> {
  await wait(random.whole(0, 600));
  const [, ...children] = processTree(root);
  const victim = children[random.whole(0, children.length - 1)];
  if (victim !== undefined && ifThere(() => process.kill(victim, 'SIGKILL'))) kills++;
}

async function readNumbers(root: number): Promise<void> {
  // What is over is given back, and what is new has begun, within a moment.
  await wait(1500);
  const pids = processTree(root);
  rmSync(report, { force: true });
  for (const pid of pids) if (takesReports(pid)) ifThere(() => process.kill(pid, 'SIGUSR2'));
  await wait(300);
  for (const pid of pids)
    ifThere(() => {
      const name = nameOf(pid);
      add(`memory of ${name}`, 'MB', memoryOf([pid]) / 1e6, { share: 0.03, slack: 2 });
      add(`handles of ${name}`, '', readdirSync(`/proc/${pid}/fd`).length, { share: 0, slack: 3 });
    });
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
  for (const line of lines) {
    const { pid, counts } = JSON.parse(line) as { pid: number; counts: Record<string, number> };
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
    ifThere(() => add(`what waits in ${nameOf(pid)}`, '', waiting, { share: 0, slack: 3 }));
  }
}

/** Whether the process handles SIGUSR2, which otherwise ends it: one that has only just begun does not. */
function takesReports(pid: number): boolean {
  const userSignal2 = 12n;
  let caught = 0n;
  ifThere(() => {
    const mask = /^SigCgt:\s+([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
    caught = BigInt(`0x${mask}`);
  });
  return ((caught >> (userSignal2 - 1n)) & 1n) === 1n;
}

/** Does something to a process, which may have ended meanwhile: then false. */
function ifThere(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function add(what: string, unit: string, value: number, bounds: { share: number; slack: number }): void {
  const curve = curves.get(what) ?? new Curve(what, unit, bounds);
  curves.set(what, curve);
  curve.add(value);
}

/** "program", or the kind of child: inference, images, models. */
function nameOf(pid: number): string {
  return /(\w+)-worker/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1] ?? 'program';
}

/** Prints what was measured; whether all of it is as it should be. */
function conclude(): boolean {
  const faults: string[] = [];
  for (const curve of curves.values()) {
    const numbers = curve.quarters.map((value) => value.toFixed(curve.unit === '' ? 0 : 1)).join(' -> ');
    console.log(`${curve.what}: ${numbers} ${curve.unit}${curve.isLevel ? '' : '  NOT LEVEL'}`);
    if (!curve.isLevel) faults.push(curve.what);
  }
  console.log(`right answers: ${right.map((scenes) => `${(mean(scenes) * 100).toFixed(1)} %`).join(' -> ')}`);
  const [, second, , last] = right as [number[], number[], number[], number[]];
  // Three standard errors of the difference, over scenes: the questions about one are alike.
  const error = Math.sqrt(variance(second) / second.length + variance(last) / last.length);
  if (!(mean(last) >= mean(second) - 3 * error)) faults.push('answers got worse');
  console.log(
    `children killed: ${kills}; answers that failed with it: ${failedAnswers.atKills}, otherwise: ${failedAnswers.beside}`,
  );
  if (failedAnswers.beside > 0) faults.push('answers failed');
  const warnings = complaints
    .join('')
    .split('\n')
    .filter((line) => /warning|leak/i.test(line));
  for (const warning of warnings) console.log(warning);
  if (warnings.length > 0) faults.push('warnings');
  console.log(faults.length === 0 ? 'All levelled off.' : `Faults: ${faults.join(', ')}.`);
  return faults.length === 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

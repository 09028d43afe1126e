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
/** Share of conversations after which the numbers are read. */
const readings = Math.min(conversations, 80);

const folder = mkdtempSync(join(tmpdir(), 'inf-llava-soak-'));
const dataFolder = join(folder, 'data');
const report = join(folder, 'resources.jsonl');
const random = seeded(`soak/${values.seed}`);
const complaints: string[] = [];
const curves = new Map<string, Curve>();
const right = [0, 0, 0, 0];
const graded = [0, 0, 0, 0];
const failedAnswers = { beside: 0, atKills: 0 };
let kills = 0;

addSecondModel();
const program = await startWebProgram(dataFolder, {
  env: {
    INF_LLAVA_SOAK_REPORT: report,
    NODE_OPTIONS: `--import=${pathToFileURL(join(projectRoot, 'test', 'soak', 'report-resources.mjs')).href}`,
  },
  onError: (text) => complaints.push(text),
});
const begun = performance.now();
try {
  const person = await Person.signIn(program);
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
    const mayKill = quarter % 2 === 0;
    await converse(person, number, quarter, mayKill, [demo, other]);
    if (
      Math.floor((number * readings) / conversations) !==
      Math.floor(((number + 1) * readings) / conversations)
    )
      await read();
    console.error(
      `${number + 1} of ${conversations} conversations, ${Math.round((performance.now() - begun) / 60_000)} min`,
    );
  }
} finally {
  await program.close();
}
process.exitCode = conclude() ? 0 : 1;
rmSync(folder, { recursive: true });

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

/** One scene and some photos: asked, graded, and then one of the things that people do with conversations. */
async function converse(
  person: Person,
  number: number,
  quarter: number,
  mayKill: boolean,
  packageIds: readonly [string, string],
): Promise<void> {
  const { bridge } = person;
  const { photo: scene } = await bridge.drawScene({});
  await person.look(scene.id);
  const opened = [];
  for (let at = 1; at < photos; at++) opened.push(await person.openPhoto(number * photos + at));
  const { id } = await bridge.createConversation({ photoIds: [scene.id], isPrivate: number % 6 === 5 });
  const { questions: known } = await bridge.revealScene({ photoId: scene.id });
  let last = '';
  for (let at = 0; at < questions; at++) {
    const killed = mayKill && random.whole(0, 49) === 0 ? killLater() : null;
    const answer = await person.ask(id, known[at % known.length]!.question);
    await killed;
    last = answer.id;
    if (answer.state !== 'done') {
      failedAnswers[killed ? 'atKills' : 'beside']++;
      await person.askAgain(answer.id);
    }
  }
  const turns = turnsOf((await bridge.getConversation({ conversationId: id })).messages);
  const grades = await bridge.gradeAnswers({ photoId: scene.id, turns });
  graded[quarter]! += grades.filter((grade) => grade !== null).length;
  right[quarter]! += grades.filter((grade) => grade === true).length;
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
}

/** Questions with their answers. */
function turnsOf(messages: readonly { role: string; text: string }[]) {
  return messages.flatMap(({ role, text }, at) =>
    role === 'assistant' ? [{ question: messages[at - 1]!.text, answer: text }] : [],
  );
}

/** Ends one of the program's child processes in the middle of what comes next. */
async function killLater(): Promise<void> {
  await wait(random.whole(0, 600));
  const [, ...children] = processTree(program.child.pid!);
  const victim = children[random.whole(0, children.length - 1)];
  if (victim === undefined) return;
  kills++;
  process.kill(victim, 'SIGKILL');
}

async function read(): Promise<void> {
  // What is over is given back within a moment.
  await wait(1000);
  const pids = processTree(program.child.pid!);
  rmSync(report, { force: true });
  for (const pid of pids) process.kill(pid, 'SIGUSR2');
  await wait(300);
  for (const pid of pids) {
    const name = nameOf(pid);
    add(`memory of ${name}`, 'MB', memoryOf([pid]) / 1e6, { share: 0.03, slack: 2 });
    add(`handles of ${name}`, '', readdirSync(`/proc/${pid}/fd`).length, { share: 0, slack: 3 });
  }
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
  for (const line of lines) {
    const { pid, counts } = JSON.parse(line) as { pid: number; counts: Record<string, number> };
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
    add(`what waits in ${nameOf(pid)}`, '', waiting, { share: 0, slack: 3 });
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
  const shares = right.map((count, quarter) => count / graded[quarter]!);
  console.log(
    `right answers: ${shares.map((share) => `${(share * 100).toFixed(1)} %`).join(' -> ')} of ${graded.join(' + ')}`,
  );
  // Two standard errors of a share around 0.9 of so many answers.
  if (shares[3]! < shares[1]! - 0.6 / Math.sqrt(graded[3]!)) faults.push('answers got worse');
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

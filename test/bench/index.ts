/**
 * `npm run bench [-- PART...] [-- --json] [--published]`: measures what docs/promises.md says about speed and memory.
 * `--published`: the pairs in their published sizes.
 *
 * Every part runs in a process of its own, so that its threads and memory disturb no other. Ratios are taken between
 * runs that alternate within one part: machines are noisy, their seconds say little.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { isMet, steadySpread, type Figure } from './figure.ts';
import { describeMachine, othersShare } from './machine.ts';

const parts = [
  'start',
  'photo',
  'vision',
  'language',
  'lens',
  'pace',
  'conversion',
  'models',
  'pairs',
] as const;

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, published: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(parts as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(', ')}. Parts: ${parts.join(', ')}.`);
  process.exit(2);
}

const machine = describeMachine();
console.error(machine);
const figures: Record<string, Figure[]> = {};
/** What other programs took before and after each part, of all cores. */
const busy: Record<string, number> = {};
for (const part of positionals.length > 0 ? positionals : parts) {
  console.error(`measuring: ${part} ...`);
  const before = await othersShare();
  figures[part] = await runPart(part);
  busy[part] = Math.max(before, await othersShare());
}

if (!values.json) printTable(figures);
console.log(JSON.stringify({ machine, busy, figures }, null, 2));
process.exitCode = Object.values(figures).flat().every(isMet) ? 0 : 1;

function runPart(part: string): Promise<Figure[]> {
  return new Promise((resolve, reject) => {
    const given = [part, ...(values.published ? ['--published'] : [])];
    const child = fork(new URL('./run-part.ts', import.meta.url), given, { serialization: 'advanced' });
    let result: Figure[] | undefined;
    child.on('message', (message) => (result = message as Figure[]));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (result !== undefined) resolve(result);
      else reject(new Error(`The part "${part}" ended with code ${code} and no figures.`));
    });
  });
}

function printTable(all: Record<string, Figure[]>): void {
  const rows = Object.entries(all).flatMap(([part, list]) =>
    list.map((figure) => [
      part,
      figure.what,
      `${Number(figure.value.toPrecision(4))} ${figure.unit}${spreadText(figure)}`,
      targetText(figure),
      figure.target === undefined ? '' : isMet(figure) ? 'met' : 'MISSED',
    ]),
  );
  const table = [['part', 'what', 'measured', 'target', ''], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const [part, share] of Object.entries(busy))
    if (share > 0.1)
      console.log(
        `${part}: other programs took ${Math.round(share * 100)} % of the cores. Only ratios say something.`,
      );
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** How far the value swung, and whether that is too far. */
function spreadText({ spread }: Figure): string {
  if (spread === undefined) return '';
  return ` ± ${(spread * 100).toFixed(1)} %${spread > steadySpread ? ' UNSTEADY' : ''}`;
}

function targetText({ target }: Figure): string {
  if (target === undefined) return '';
  return 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`;
}

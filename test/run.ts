/** `npm test`: types, lint, format and every test, each shown as it runs; fails if any of them failed. */
import { spawnSync } from 'node:child_process';

const checks: [name: string, command: string, args: string[]][] = [
  ['types', 'npm', ['run', '-s', 'types']],
  ['lint', 'npm', ['run', '-s', 'lint']],
  ['format', 'npm', ['run', '-s', 'format:check']],
  // In one run, so that what failed is told at its very end.
  ['tests', 'npm', ['run', '-s', 'unit-and-e2e']],
];

const failed = checks.filter(([name, command, args]) => {
  console.log(`\n== ${name}`);
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status !== 0;
});

console.log(
  failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.map(([name]) => name).join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

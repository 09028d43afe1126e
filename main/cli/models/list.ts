import { printable } from '../../../preload/contract/errors.ts';
import type { InstalledPackage } from '../../../native-models/install/jobs/manage.ts';
import type { ListedEntry, RefusedEntry } from '../../../native-models/install/catalogue/catalogue.ts';
import { isAtHub } from '../../../native-models/install/catalogue/entry.ts';
import type { ModelNeeds } from '../../../native-models/install/catalogue/needs.ts';
import type { InstallJob } from '../../../native-models/install/jobs/job.ts';
import { formatBytes, openTerminal } from '../terminal.ts';
import { plainAccess, withModels } from './session.ts';

/** What the table tells the needs of; --json has all precisions. */
const shownPrecision = 'q8_0';

/** Of a language file that is used where it lies. */
const asItIs = 'as it is';

export async function listModels(options: { json: boolean }): Promise<void> {
  const terminal = openTerminal(options);
  await withModels(plainAccess, {}, async (models) => {
    const installed = await models.call('installed', null);
    const installs = (await models.call('jobs', null)).filter(({ state }) => state !== 'done');
    const { entries, refused } = await models.call('catalogue', null);
    const sections = [
      section('Installed', installed.map(installedRow)),
      section('On their way', installs.map(installRow)),
      section('Catalogue', entries.map(entryRow)),
      section('Not usable', refused.map(refusedRow)),
    ];
    terminal.result({ installed, installs, catalogue: entries, refused }, sections.flat().join('\n'));
  });
}

function section(title: string, named: readonly (readonly string[])[]): string[] {
  const rows = named.map((row) => row.map(printable));
  if (rows.length === 0) return [];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return [`${title}:`, ...rows.map((row) => `  ${line(row).trimEnd()}`)];
}

function installedRow({ folder, name, bytes, languagePrecision, error }: InstalledPackage): string[] {
  if (error) return [folder, 'cannot be used', '', error.message];
  return [folder, formatBytes(bytes), languagePrecision, name];
}

function installRow({ entryId, precision, state, progress, error }: InstallJob): string[] {
  const percent = `${Math.floor(progress.fraction * 100)} %`;
  return [entryId, precision.llm ?? asItIs, state, percent, error?.message ?? ''];
}

function entryRow({ entry, needs }: ListedEntry): string[] {
  const { id, source, downloadBytes, licences } = entry;
  const shown = needs.find(({ precision: { llm } }) => llm === null || llm === shownPrecision);
  const size = isAtHub(source) ? `${formatBytes(downloadBytes)} to download` : 'on this machine';
  return [id, size, shown ? needsText(shown) : '', licences.map(({ name }) => name).join(', ')];
}

function needsText({ precision, diskDuring, diskAfter, memory }: ModelNeeds): string {
  return `${precision.llm === null ? asItIs : `as ${precision.llm}`}: ${formatBytes(diskDuring)} of disk, ${formatBytes(diskAfter)} when done, ${formatBytes(memory)} of memory`;
}

function refusedRow({ file, error }: RefusedEntry): string[] {
  return [file, error.message];
}

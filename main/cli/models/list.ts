import { basename, dirname } from 'node:path';
import { printable } from '../../../preload/contract/errors.ts';
import { describePackage, type InstalledPackage } from '../../../native-models/install/jobs/manage.ts';
import type { ListedEntry, RefusedEntry } from '../../../native-models/install/catalogue/catalogue.ts';
import { isAtHub } from '../../../native-models/install/catalogue/entry.ts';
import type { ModelNeeds } from '../../../native-models/install/catalogue/needs.ts';
import type { InstallJob } from '../../../native-models/install/jobs/job.ts';
import type { PackagePlace } from '../../services/models/available-packages.ts';
import { bundledPackages, packageInUse } from '../package-folder.ts';
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
    const bundled = await Promise.all(bundledPackages.map(describeBundled));
    const used = await packageInUse().catch(() => null);
    const isInstalled = used?.card.isInstalled ?? false;
    // What commands use without `--model`, as it is called here.
    const name = used && (isInstalled ? basename(used.folder) : used.card.kind);
    const rows = (listed: readonly InstalledPackage[], ofUsed: boolean) =>
      listed.map((one) => installedRow(one, ofUsed && one.folder === name));
    const installs = (await models.call('jobs', null)).filter(({ state }) => state !== 'done');
    const { entries, refused } = await models.call('catalogue', null);
    const sections = [
      section('Comes with the program', rows(bundled, !isInstalled)),
      section('Installed', rows(installed, isInstalled)),
      section('On their way', installs.map(installRow)),
      section('Catalogue', entries.map(entryRow)),
      section('Not usable', refused.map(refusedRow)),
    ];
    const all = { bundled, installed, used: name, installs, catalogue: entries, refused };
    terminal.result(all, sections.flat().join('\n'));
  });
}

async function describeBundled({ folder, kind }: PackagePlace): Promise<InstalledPackage> {
  return { ...(await describePackage(dirname(folder), basename(folder))), folder: kind };
}

function section(title: string, named: readonly (readonly string[])[]): string[] {
  const rows = named.map((row) => row.map(printable));
  if (rows.length === 0) return [];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return [`${title}:`, ...rows.map((row) => `  ${line(row).trimEnd()}`)];
}

function installedRow(listed: InstalledPackage, isUsed: boolean): string[] {
  const { folder, name, bytes, languagePrecision, error } = listed;
  if (error) return [folder, 'cannot be used', '', error.message];
  return [folder, formatBytes(bytes), languagePrecision, isUsed ? `${name}, used without --model` : name];
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

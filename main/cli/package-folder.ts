import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { manifestName } from '../../native-models/package/package-files.ts';
import { dataFolder } from '../host/data-folder.ts';
import { sourcePlaces } from '../host/places.ts';
import { Packages, type PackagePlace } from '../services/models/available-packages.ts';
import { readSettings } from '../services/settings.ts';
import type { Terminal } from './terminal.ts';

/** Packages that come with the program, named as `models list` names them: `demo`. */
export const bundledPackages: readonly PackagePlace[] = sourcePlaces(
  resolve(import.meta.dirname, '..', '..'),
).packages;

/**
 * Folder of a package: `named` is a folder with one, or a name of `models list`; where it is left out, the package that the app
 * would use, and a note says which. Throws `package-invalid` where there is none.
 */
export async function packageFolder(named: string | undefined, terminal: Terminal): Promise<string> {
  if (named === undefined) return folderInUse(terminal);
  const isPath = basename(resolve(named)) !== named;
  if (isPath || existsSync(join(named, manifestName))) return named;
  return bundledFolder(named) ?? (existsSync(installedFolder(named)) ? installedFolder(named) : named);
}

/** Folder of the package of this name that comes with the program; null for others, and where an installed one has that name. */
export function bundledFolder(named: string): string | null {
  const bundled = bundledPackages.find(({ kind }) => kind === named);
  return bundled && !existsSync(installedFolder(named)) ? bundled.folder : null;
}

const installedFolder = (named: string) => join(dataFolder(), 'packages', named);

async function folderInUse(terminal: Terminal): Promise<string> {
  const { folder, card } = await packageInUse();
  terminal.note(
    card.kind === 'demo'
      ? 'The model that comes with the program answers. It knows drawn scenes and no photographs; `models list` has others.'
      : `${card.name} answers.`,
  );
  return folder;
}

/** The package that the app would use. Throws `package-invalid` where there is none. */
export async function packageInUse() {
  const folder = dataFolder();
  const { packageId } = await readSettings(folder);
  const packages = new Packages({ bundled: bundledPackages, installedFolder: join(folder, 'packages') });
  return packages.use(packageId);
}

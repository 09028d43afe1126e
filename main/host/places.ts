import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PackagePlace } from '../services/models/available-packages.ts';

/** Where the parts of the program are, installed and in its sources. Absolute paths. */
export interface Places {
  /** Folder of package.json and of the list of licences. */
  readonly appRoot: string;
  /** The built window. */
  readonly rendererRoot: string;
  /** Model packages that come with the program, the preferred one first. */
  readonly packages: readonly PackagePlace[];
  readonly icon: string;
}

/** In the sources: what `npm run build` made, beside what it was made from. */
export function sourcePlaces(projectRoot: string): Places {
  const demo: PackagePlace = {
    folder: join(projectRoot, 'native-models', 'demo', 'package'),
    kind: 'demo',
  };
  return {
    appRoot: projectRoot,
    rendererRoot: join(projectRoot, 'build', 'renderer'),
    packages: [demo].filter(isThere),
    icon: join(projectRoot, 'main', 'electron', 'icons', 'icon.png'),
  };
}

/**
 * In an installed app: `appRoot` is the archive; what native code and the desktop read lies beside it, in the folder of
 * resources, as electron-builder.yml lays it out.
 */
export function installedPlaces(appRoot: string, resources: string): Places {
  return {
    appRoot,
    rendererRoot: join(appRoot, 'build', 'renderer'),
    packages: [{ folder: join(resources, 'models', 'demo', 'package'), kind: 'demo' as const }].filter(
      isThere,
    ),
    icon: join(resources, 'icon.png'),
  };
}

function isThere({ folder }: PackagePlace): boolean {
  return existsSync(join(folder, 'manifest.json'));
}

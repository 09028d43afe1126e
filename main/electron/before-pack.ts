/**
 * electron-builder calls this before it packs for a platform: what npm could not compare with a hash of the lock file when
 * it downloaded it does not go into an installer.
 */
import { join } from 'node:path';
import { readTextIfThere } from '../../native-models/files/regular-file.ts';

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  /** What it is for, in Node's words; any when left out. */
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** The shipped packages for a platform and processor that the lock file has no hash of, as `name@version`. */
export function packagesWithoutHash({ packages }: Lock, platform: string, processor: string): string[] {
  const isFor = (names: readonly string[] | undefined, own: string) => names?.includes(own) ?? true;
  return Object.entries(packages)
    .filter(([path, { dev, integrity }]) => path !== '' && !dev && integrity === undefined)
    .filter(([, { os, cpu }]) => isFor(os, platform) && isFor(cpu, processor))
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`);
}

/** As far as it is read here; the processors are numbered as in electron-builder's `Arch`. */
interface PackContext {
  readonly electronPlatformName: string;
  readonly arch: number;
}

const processors = ['ia32', 'x64', 'arm', 'arm64'];

export async function beforePack({ electronPlatformName, arch }: PackContext): Promise<void> {
  const path = join(import.meta.dirname, '..', '..', 'package-lock.json');
  const lock = JSON.parse(await readTextIfThere(path)) as Lock;
  const missing = packagesWithoutHash(lock, electronPlatformName, processors[arch] ?? '');
  if (missing.length === 0) return;
  throw new Error(
    `package-lock.json has no hash of ${missing.join(', ')}, so that nothing says whether they are what was published. ` +
      `"npm view ${missing[0]} dist.integrity" tells it; enter it in package-lock.json as "integrity".`,
  );
}

import { openPackage } from '../package/open-package.ts';
import { packageFiles } from '../package/package-files.ts';
import { loadSamples } from '../samples/samples.ts';
import { chooseProvider } from '../vision/choose-provider.ts';
import { readSampleViews } from '../vision/sample-views.ts';

/** One picture and two of its views tell fast from slow and right from wrong, and take seconds with the largest tower. */
const mostSamples = 1;
const mostViews = 2;

/** Where the vision tower of the package in `folder` runs best: see `chooseProvider`. */
export async function towerProvider(
  folder: string,
  threads: number | null,
  signal: AbortSignal,
): Promise<string> {
  const opened = await openPackage(folder, { signal });
  const samples = (await loadSamples()).slice(0, mostSamples).map(({ path }) => path);
  const views = await readSampleViews(samples, opened.manifest, signal);
  return chooseProvider({
    tower: opened.path(packageFiles.vision),
    dimensions: opened.manifest,
    crops: views.slice(0, mostViews),
    threads: threads ?? undefined,
    signal,
  });
}

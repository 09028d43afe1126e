/** A golden pair at a hub, under the names that a catalogue entry means. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../main/build.ts';
import type { CatalogueEntry } from '../../native-models/install/catalogue/entry.ts';
import type { FamilyCase } from './family-golden.ts';
import type { TestHub } from './hub.ts';

/** Publishes the pair of a golden case from `folder`, which it makes, as the repository of the entry. */
export async function publishPair(
  hub: TestHub,
  folder: string,
  { source }: CatalogueEntry,
  golden: FamilyCase,
): Promise<void> {
  if (source.kind !== 'hub-pair') throw new Error('The entry is no pair at a hub.');
  mkdirSync(folder, { recursive: true });
  const model = source.repo.replace(/^.*\/|-GGUF$/g, '');
  const named = { language: source.language[0]!, mmproj: source.mmproj[0]! };
  for (const [part, pattern] of Object.entries(named)) {
    const name = pattern.replace('*', `${model}-`);
    copyFileSync(join(projectRoot, 'test', 'golden', golden, 'pair', `${part}.gguf`), join(folder, name));
  }
  await hub.publish(source.repo, folder);
}

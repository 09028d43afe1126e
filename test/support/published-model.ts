/** A small model on a local hub, and the entry that puts it into the catalogue of a data folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogueEntry } from '../../native-models/install/catalogue/entry.ts';
import { entryFor, publishModel, type PublishedModel } from '../install/support/installs.ts';

/** Terms that have to be accepted, as those of the published models. */
const licences: CatalogueEntry['licences'] = [
  {
    id: 'some-terms',
    name: 'Some Community License',
    url: 'https://example.org/license',
    covers: 'the language model',
    mustAccept: true,
  },
];

const size: CatalogueEntry['size'] = {
  visionParameters: 60_000,
  enhanceParameters: 20_000,
  languageParameters: 130_000,
  languageLayers: 2,
  keyValueWidth: 32,
  contextTrained: 8192,
};

/** Publishes it into `folder`; close its hub at the end. */
export async function publishSmallModel(folder: string): Promise<PublishedModel> {
  return publishModel(folder);
}

/** Offers the model in the catalogue of a data folder, as an entry that the person has added. */
export function offerModel(dataFolder: string, changes: Partial<CatalogueEntry> = {}): void {
  const entry = entryFor({ licences, size, ...changes });
  mkdirSync(join(dataFolder, 'catalogue'), { recursive: true });
  writeFileSync(join(dataFolder, 'catalogue', `${entry.id}.json`), JSON.stringify(entry));
}

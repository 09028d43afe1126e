import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from '../../../native-models/files/exists.ts';
import { cardName, readCard } from '../../../native-models/demo/card.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import { contentHash } from '../../../native-models/package/content-hash.ts';
import { familyOf } from '../../../native-models/families/index.ts';
import type { Manifest } from '../../../native-models/package/manifest.ts';
import { readPackage } from '../../../native-models/package/read-manifest.ts';
import { ownBytes } from '../../../native-models/package/package-file.ts';
import { manifestName, packageFiles } from '../../../native-models/package/package-files.ts';
import type { ModelPackage } from '../../../preload/contract/api.ts';
import { cropsASide, picturesInQuestion, planOf, usualPhoto } from '../preparation/view.ts';
import { toFailure } from '../failure.ts';

/** A folder that holds one package which comes with the program, and what it is. */
export interface PackagePlace {
  readonly folder: string;
  readonly kind: ModelPackage['kind'];
}

interface Place {
  readonly folder: string;
  /** Null for what this person has installed: its manifest says where its weights came from. */
  readonly kind: ModelPackage['kind'] | null;
}

/** A package with a manifest that holds; what is in its files is checked when they are loaded. */
export interface UsablePackage {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Names what the package computes; its name is no part of it. */
  readonly sha256: string;
  readonly card: ModelPackage;
}

export interface PackagesOptions {
  /** Packages that come with the program, in the order in which they are preferred. */
  readonly bundled: readonly PackagePlace[];
  /** Folder whose folders are the packages this person installed. */
  readonly installedFolder: string;
}

/** Finds the packages on this machine. Nothing is kept: folders are small to read, and people move them. */
export class Packages {
  readonly #options: PackagesOptions;

  constructor(options: PackagesOptions) {
    this.#options = options;
  }

  /** Cards of all packages, installed ones first; a package that cannot be used says why. */
  async list(): Promise<readonly ModelPackage[]> {
    return (await this.#all()).map(({ card }) => card);
  }

  /**
   * The package of that id, or for null the first that can be used.
   * @throws AppError `package-invalid`: there is none, or what is wrong with it
   */
  async use(id: string | null): Promise<UsablePackage> {
    const all = await this.#all();
    const found = id === null ? undefined : all.find(({ card }) => card.id === id);
    // A package that was removed must not keep the others from being used.
    const chosen = found ?? all.find(({ manifest }) => manifest !== null);
    if (!chosen) throw new AppError('package-invalid', 'There is no model package.', { reason: 'none' });
    const { folder, manifest, sha256, card } = chosen;
    if (manifest !== null) return { folder, manifest, sha256, card };
    throw AppError.again(card.error!, `${folder}: the package cannot be used.`);
  }

  /** Folder name in the installed packages of the card of that id; null for those that came with the program. */
  async installedFolder(id: string): Promise<string | null> {
    const found = (await this.#all()).find(({ card }) => card.id === id && card.isInstalled);
    return found ? basename(found.folder) : null;
  }

  /** The card of an installed package by the name of its folder; null when there is none. */
  async installedCard(folder: string): Promise<ModelPackage | null> {
    const path = join(this.#options.installedFolder, folder);
    return (await this.#all()).find((found) => found.folder === path)?.card ?? null;
  }

  async #all() {
    const { bundled, installedFolder } = this.#options;
    const names = (await readdir(installedFolder).catch(() => [])).sort();
    const places: Place[] = [
      ...names
        .filter((name) => !name.startsWith('.'))
        .map((name) => ({ folder: join(installedFolder, name), kind: null })),
      ...bundled,
    ];
    const read = await Promise.all(places.map(findPackage));
    const present = read.filter((found) => found !== null);
    const firstOf = (id: string) => present.findIndex(({ card }) => card.id === id);
    return present.flatMap((found, index) => {
      const { card, folder } = found;
      if (firstOf(card.id) === index) return found;
      // One that came with the program and was installed as well is one; copies of this person have names of their own.
      return card.isInstalled ? { ...found, card: { ...card, id: idOf(folder) } } : [];
    });
  }
}

/** Null when there is no package in that place at all. */
async function findPackage(place: Place) {
  const { folder } = place;
  if (!(await exists(join(folder, manifestName)))) return null;
  try {
    const manifest = await readPackage(folder);
    const sha256 = contentHash(manifest);
    const card = cardOf(manifest, sha256, place);
    if (place.kind !== 'demo') return { folder, manifest, sha256, card };
    return { folder, manifest, sha256, card: { ...card, ...(await demoCard(folder, sha256)) } };
  } catch (error) {
    return { folder, manifest: null, sha256: '', card: brokenCard(place, error) };
  }
}

function cardOf(manifest: Manifest, sha256: string, { kind }: Place): ModelPackage {
  const { name, source, files, views, vision, language, chat } = manifest;
  const outside = files[packageFiles.language]?.outside;
  return {
    id: sha256.slice(0, 32),
    name,
    licence: source.licence,
    bytes: ownBytes(manifest),
    languageFile: outside ? basename(outside.path) : null,
    n: cropsASide(manifest),
    tile: views.tile,
    imageTokens: planOf(manifest, usualPhoto).rows,
    picturesInQuestion: picturesInQuestion(manifest),
    hasOverview: familyOf(manifest).overview() !== null,
    visionPrecision: vision.precision,
    languagePrecision: language.precision,
    contextTrained: language.contextTrained,
    systemPrompt: chat.defaultSystem,
    // The demo model is trained on English alone (native-models/training/questions.py).
    languages: kind === 'demo' ? ['en'] : (source.languages ?? []),
    kind: kind ?? (source.repository ? 'released' : 'own'),
    isInstalled: kind === null,
    error: null,
  };
}

/** What is said of the demo model beside its folder; nothing where there is no such card, or one that does not hold. */
async function demoCard(folder: string, sha256: string): Promise<Pick<ModelPackage, 'card'>> {
  const card = await readCard(join(dirname(folder), cardName)).catch(() => null);
  if (card === null) return {};
  const { training, bars, ablation, ablationMethod } = card;
  const measured = card.measured?.package === sha256 ? card.measured : null;
  const accuracy = Object.entries(measured?.accuracy ?? {})
    .map(([kind, { right, asked }]) => ({ kind, share: right / asked, bar: bars[kind] ?? null }))
    .sort((a, b) => Number(b.kind === 'all') - Number(a.kind === 'all'));
  const { hours, machine, scenes, parameters } = training;
  const measuredScenes = measured?.scenes ?? null;
  return {
    card: { hours, machine, scenes, parameters, measuredScenes, accuracy, ablation, ablationMethod },
  };
}

function brokenCard({ folder, kind }: Place, error: unknown): ModelPackage {
  return {
    id: idOf(folder),
    name: basename(folder),
    licence: '',
    bytes: 0,
    languageFile: null,
    n: 0,
    tile: 0,
    imageTokens: 0,
    picturesInQuestion: 1,
    hasOverview: false,
    visionPrecision: '',
    languagePrecision: '',
    contextTrained: 0,
    systemPrompt: '',
    languages: [],
    kind: kind ?? 'own',
    isInstalled: kind === null,
    error: toFailure(error),
  };
}

/** For what cannot be told from others by its content. */
const idOf = (folder: string) => createHash('sha256').update(folder).digest('hex').slice(0, 32);

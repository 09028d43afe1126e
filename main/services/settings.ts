import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isMissing, readRegularFile } from '../../native-models/files/regular-file.ts';
import * as v from 'valibot';
import { defaultSettings } from '../../preload/contract/api.ts';
import type { StartNotice, Settings } from '../../preload/contract/api.ts';
import { settingsSchema } from '../../preload/contract/schemas.ts';
import { asidePath } from './files.ts';
import { replaceFile } from '../../native-models/files/replace-file.ts';

/** Larger than all settings with their longest texts. */
const largestSettings = 2 ** 20;

/** As a file may hold them: a field of another version is not kept, a missing one has its default. */
const storedSchema = v.partial(v.object(settingsSchema.entries));

/** The settings, in one JSON file. Its only writer. */
export class SettingsFile {
  /** Null where nothing can be written. */
  readonly #path: string | null;
  readonly #changed: (settings: Settings) => void;
  /** What the person must be told about how the file was read. */
  readonly notice: StartNotice | null;
  #current: Settings;
  /** Writes follow one another, so that the file ends as the settings did. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    path: string | null,
    current: Settings,
    notice: StartNotice | null,
    changed: (settings: Settings) => void,
  ) {
    this.#path = path;
    this.#current = current;
    this.notice = notice;
    this.#changed = changed;
  }

  /** Settings that last for this run. */
  static inMemory(changed: (settings: Settings) => void): SettingsFile {
    return new SettingsFile(null, defaultSettings, null, changed);
  }

  /**
   * Reads the settings of a data folder. A file that does not hold settings is set aside; the defaults hold then, with the
   * network off: nobody knows whether it was.
   */
  static async open(dataFolder: string, changed: (settings: Settings) => void): Promise<SettingsFile> {
    const path = pathIn(dataFolder);
    const settings = await readSettingsAt(path);
    if (settings) return new SettingsFile(path, settings, null, changed);
    const aside = asidePath(path, 'damaged');
    await rename(path, aside).catch(() => undefined);
    const notice: StartNotice = { code: 'settings-set-aside', file: basename(aside) };
    const file = new SettingsFile(path, unreadSettings, notice, changed);
    await file.change({}).catch(() => undefined);
    return file;
  }

  get current(): Settings {
    return this.#current;
  }

  /** The settings with `changes`, which hold at once; throws when they could not be written, and then they hold for this run. */
  async change(changes: Partial<Settings>): Promise<Settings> {
    return this.#replace({ ...this.#current, ...changes });
  }

  async reset(): Promise<Settings> {
    return this.#replace(defaultSettings);
  }

  async #replace(settings: Settings): Promise<Settings> {
    this.#current = settings;
    this.#changed(settings);
    const path = this.#path;
    if (path === null) return settings;
    const write = () => replaceFile(path, `${JSON.stringify(settings, null, 2)}\n`);
    // A write that failed does not keep the next from being tried.
    this.#writing = this.#writing.then(write, write);
    await this.#writing;
    return settings;
  }
}

/** The settings of a data folder for a program that only looks: a file that does not hold any stays. */
export const readSettings = async (dataFolder: string): Promise<Settings> =>
  (await readSettingsAt(pathIn(dataFolder))) ?? unreadSettings;

/** What holds where there is a file, and it cannot be told what it says. */
const unreadSettings: Settings = { ...defaultSettings, networkAllowed: false };

const pathIn = (dataFolder: string): string => join(dataFolder, 'settings.json');

/** Null for a file that does not hold settings, or cannot be read. */
async function readSettingsAt(path: string): Promise<Settings | null> {
  let text: string;
  try {
    text = String(await readRegularFile(path, largestSettings));
  } catch (error) {
    return isMissing(error) ? defaultSettings : null;
  }
  const stored = parseSettings(text);
  return stored && { ...defaultSettings, ...stored };
}

function parseSettings(text: string): Partial<Settings> | null {
  try {
    const parsed = v.safeParse(storedSchema, JSON.parse(text));
    return parsed.success ? (parsed.output as Partial<Settings>) : null;
  } catch {
    return null;
  }
}

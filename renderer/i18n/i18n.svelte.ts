import type { AppFailure, Localised, Settings } from '../../preload/contract.ts';
import type { Dictionary } from './dictionary.ts';
import { en } from './en/index.ts';
import { Format } from './format.ts';
import { ko } from './ko/index.ts';
import { describeFailure, type FailureText } from './sentences.ts';

export type Language = 'en' | 'ko';

export const dictionaries: Readonly<Record<Language, Dictionary>> = { en, ko };

/** The language of the window. Created once by the stores; the settings store sets `choice`. */
export class I18n {
  choice = $state<Settings['language']>('system');
  /** BCP 47 tag of the system. */
  system = $state('en');

  readonly language: Language = $derived(this.choice === 'system' ? closest(this.system) : this.choice);
  readonly t: Dictionary = $derived(dictionaries[this.language]);
  /** Dates and numbers follow the system's region when it speaks the chosen language. */
  readonly format: Format = $derived(
    new Format(closest(this.system) === this.language && isTag(this.system) ? this.system : this.language),
  );

  localised(text: Localised): string {
    return text[this.language];
  }

  failure(failure: AppFailure): FailureText {
    return describeFailure(failure, this.t.errors, this.format);
  }
}

const closest = (tag: string): Language => (/^ko\b/i.test(tag) ? 'ko' : 'en');

function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

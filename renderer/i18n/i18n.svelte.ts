import {
  chooseLanguage,
  regionalTag,
  type AppFailure,
  type Language,
  type Localised,
  type Settings,
} from '../../preload/contract/api.ts';
import type { Dictionary } from './dictionary.ts';
import { en } from './en/index.ts';
import { Format } from './format.ts';
import { ko } from './ko/index.ts';
import { describeFailure, type FailureText } from './sentences.ts';

export const dictionaries: Readonly<Record<Language, Dictionary>> = { en, ko };

/** The language of the window. Created once by the stores; the settings store sets `choice`. */
export class I18n {
  choice = $state<Settings['language']>('system');
  /** BCP 47 tags of what the person reads, the best first. */
  preferred = $state.raw<readonly string[]>([]);

  readonly language: Language = $derived(chooseLanguage(this.choice, this.preferred));
  readonly t: Dictionary = $derived(dictionaries[this.language]);
  readonly format: Format = $derived(new Format(regionalTag(this.language, this.preferred)));

  localised(text: Localised, language: Language = this.language): string {
    return text[language];
  }

  failure(failure: AppFailure): FailureText {
    return describeFailure(failure, this.t.errors, this.format);
  }
}

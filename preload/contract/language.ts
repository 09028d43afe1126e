/** The languages of the window, its menus and its exports. */
export const languages = ['en', 'ko'] as const;
export type Language = (typeof languages)[number];

/** Words that stand in the program in every language. */
export type Localised = Readonly<Record<Language, string>>;

/**
 * The language to speak: the one chosen in the settings, otherwise the first of the person's own that is spoken here,
 * otherwise English.
 * @param preferred BCP 47 tags, the one read best first; what is no tag is passed over
 */
export function chooseLanguage(choice: Language | 'system', preferred: readonly string[]): Language {
  if (choice !== 'system') return choice;
  return preferred.map(spoken).find((language) => language !== null) ?? 'en';
}

/** The tag by whose region dates and numbers are written: the person's own of that language, or the bare language. */
export function regionalTag(language: Language, preferred: readonly string[]): string {
  return preferred.find((tag) => spoken(tag) === language) ?? language;
}

/** The language of a tag, where it is spoken here: 'ko' of ko-KR, null of kok (Konkani). */
function spoken(tag: string): Language | null {
  try {
    const { language } = new Intl.Locale(tag);
    return languages.find((known) => known === language) ?? null;
  } catch {
    return null;
  }
}

import type { Photo } from '../../../preload/contract/api.ts';
import { dictionaries } from '../../i18n/i18n.svelte.ts';
import type { Stores } from '../../stores/stores.ts';
import { questionLanguage } from '../../text/question-language.ts';

/** What can be asked about a photo, in a language that the model in use knows. */
export function suggestedQuestions({ photos, engine, i18n }: Stores, photo: Photo): readonly string[] {
  const language = questionLanguage(engine.package, i18n.language);
  return (
    photos.sampleOf(photo.id)?.questions.map((question) => i18n.localised(question, language)) ??
    dictionaries[language].chat.general
  );
}

/** Asks at once, or has the question wait in its field where there is nobody to answer it. */
export function askSuggested({ chat, models, session, layout }: Stores, question: string): void {
  const { draft } = chat;
  chat.setDraft(question);
  if (!models.canAsk) return layout.ask();
  void session.send();
  // What was being written stays for the question after.
  if (draft.trim() !== '') chat.setDraft(draft);
}

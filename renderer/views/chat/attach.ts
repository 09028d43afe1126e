import type { Photo } from '../../../preload/contract/api.ts';
import { pictureId, wholePicture } from '../../geometry/parts.ts';
import { dictionaries } from '../../i18n/i18n.svelte.ts';
import type { DraftPlace } from '../../stores/chat.svelte.ts';
import type { Stores } from '../../stores/stores.ts';
import { questionLanguage } from '../../text/question-language.ts';

/** Photos that a question may bring to the model in use. */
export const mostAttached = ({ engine }: Stores) => engine.package?.picturesInQuestion ?? 1;

/**
 * Has photos go with the next question of a draft, after what does already where the model takes several. That one takes
 * the place of another, or that some were left out, is said.
 * @param given photos the person brought, `added` or more
 */
export function attach(stores: Stores, place: DraftPlace, added: readonly Photo[], given: number): void {
  const [first] = added;
  if (!first) return;
  const { chat, photos, session, notices, i18n } = stores;
  const t = i18n.t.chat;
  const most = mostAttached(stores);
  const before = chat.picturesOf(place);
  const pictures = added.map(wholePicture);
  const isOther = (picture: (typeof before)[number]) =>
    !pictures.some((each) => pictureId(each) === pictureId(picture));
  const all = most === 1 ? pictures : [...before.filter(isOther), ...pictures];
  photos.learn(added);
  chat.attach(all.slice(0, most), place);
  session.takePart();
  const leftOut = Math.max(0, all.length - most) + given - added.length;
  const replaced = most === 1 && before[0] && isOther(before[0]) && photos.known.get(before[0].photoId);
  if (most > 1 && leftOut > 0) notices.say(t.attachedMost(most, leftOut));
  else if (leftOut > 0) notices.say(t.attachedFirst(first.name, leftOut));
  else if (replaced) notices.say(t.attachedInstead(first.name, replaced.name));
}

/**
 * Has two photos go with the next question, which is ready to be sent where nothing was typed yet; in a language that the model
 * in use knows. One that takes one picture says so.
 */
export function attachToCompare(stores: Stores, photos: readonly [Photo, Photo]): void {
  const { chat, engine, layout, notices, session, i18n } = stores;
  if (mostAttached(stores) < photos.length) {
    return notices.say(i18n.t.shell.roll.takesOne(engine.package?.name ?? i18n.t.chat.model));
  }
  stores.photos.learn(photos);
  chat.attach(photos.map(wholePicture));
  session.takePart();
  const language = questionLanguage(engine.package, i18n.language);
  if (chat.draft.trim() === '') chat.setDraft(dictionaries[language].chat.compareQuestion);
  layout.ask();
}

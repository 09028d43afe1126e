import type { Photo } from '../../../preload/contract/api.ts';
import type { Stores } from '../../stores/stores.ts';

/**
 * Has a photo go with the next question of a draft. A question takes one: that others were left out, or that it takes the
 * place of another, is said.
 */
export function attach(
  { chat, notices, i18n }: Stores,
  draftId: string,
  photo: Photo,
  leftOut: number,
): void {
  const before = chat.attachmentOf(draftId);
  chat.attach(photo, draftId);
  const t = i18n.t.chat;
  if (leftOut > 0) notices.say(t.attachedFirst(photo.name, leftOut));
  else if (before && before.id !== photo.id) notices.say(t.attachedInstead(photo.name, before.name));
}

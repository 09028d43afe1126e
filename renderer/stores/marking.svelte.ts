import type { Picture, Rect } from '../../preload/contract/api.ts';
import { middlePart, pictureId, unlessWhole } from '../geometry/parts.ts';
import type { I18n } from '../i18n/i18n.svelte.ts';
import type { ChatStore } from './chat.svelte.ts';
import type { EngineStore } from './engine.svelte.ts';
import type { LensStore } from './lens.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';
import type { SessionStore } from './session.svelte.ts';
import type { ViewerStore } from './viewer.svelte.ts';

interface Parts {
  readonly session: SessionStore;
  readonly chat: ChatStore;
  readonly viewer: ViewerStore;
  readonly engine: EngineStore;
  readonly lens: LensStore;
  readonly notices: NoticeStore;
  readonly i18n: I18n;
}

/**
 * Marks parts of the photo in front: for the next question, or for the lens to try. The pictures of that question are the
 * chat's, the part that is shown is the viewer's; this owns what marking is cancelled to, and whether the lens alone has the
 * part. Created by `createStores`.
 */
export class MarkingStore {
  readonly #parts: Parts;
  /** What went with the next question before a part was marked. */
  #attachedBefore: readonly Picture[] = [];
  /** Name of the part that was marked for the lens. */
  #tried = $state.raw<string | null>(null);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The part that is shown was marked for the lens and goes with no question. */
  get isForLens(): boolean {
    const { picture } = this.#parts.session;
    return picture !== null && picture.region !== null && pictureId(picture) === this.#tried;
  }

  /** Marks what a person draws: for the lens where it is on this photo, unless the part that is changed goes with the question. */
  draw(marked: Rect | null): void {
    const { session, chat, viewer, lens } = this.#parts;
    const { photo } = session;
    if (!photo) return;
    const shown = pictureId({ photoId: photo.id, region: viewer.part });
    const isAsked = viewer.part !== null && chat.pictures.some((picture) => pictureId(picture) === shown);
    if (isAsked || !lens.isOn(photo.id)) return this.mark(marked);
    if (!viewer.isMarking) this.#attachedBefore = chat.pictures;
    this.#show(unlessWhole(marked, photo));
    this.#tried = pictureId({ photoId: photo.id, region: viewer.part });
  }

  /** Ends marking and goes on to the question, which what was marked for the lens goes with from now on. */
  ask(): void {
    const { viewer } = this.#parts;
    if (this.isForLens) this.mark(viewer.part);
    viewer.isMarking = false;
  }

  /** Takes away what was marked for a lens that is there no more. */
  endLens(): void {
    if (this.isForLens) this.#parts.session.takePart();
    this.#tried = null;
  }

  /**
   * Has the next question be about a part of the photo in front, in place of the part before; null for all of it, which is
   * brought in again only where the conversation is about something else.
   */
  mark(marked: Rect | null): void {
    const { session, chat, viewer, engine, notices, i18n } = this.#parts;
    const { photo } = session;
    if (!photo) return;
    const region = unlessWhole(marked, photo);
    if (!viewer.isMarking) this.#attachedBefore = chat.pictures;
    const picture = { photoId: photo.id, region };
    const isSame = (one: Picture) => (other: Picture) => pictureId(one) === pictureId(other);
    const wanted = region === null && chat.current.every(isSame(picture)) ? [] : [picture];
    const most = engine.package?.picturesInQuestion ?? 1;
    const at = chat.pictures.findIndex(isSame({ photoId: photo.id, region: viewer.part }));
    const others = chat.pictures.filter((each, index) => index !== at && !isSame(picture)(each));
    if (at < 0 && most > 1 && others.length >= most) return notices.say(i18n.t.chat.attachedMost(most, 1));
    const before = at < 0 ? others.length : at;
    chat.attach(most === 1 ? wanted : others.toSpliced(before, 0, ...wanted));
    this.#tried = null;
    this.#show(region);
  }

  #show(region: Rect | null): void {
    const { session, viewer } = this.#parts;
    viewer.picked = null;
    viewer.isMarking = region !== null;
    session.showPart(region);
  }

  /** Keeps the part that is marked and begins another one, for the same question. */
  another(): void {
    const { session, chat, viewer } = this.#parts;
    const { photo } = session;
    if (!photo || !viewer.controls) return;
    const isAttached = (region: Rect) =>
      chat.pictures.some((each) => pictureId(each) === pictureId({ photoId: photo.id, region }));
    let part = middlePart(viewer.controls.visible(), photo);
    for (let smaller = 0; smaller < chat.pictures.length && isAttached(part); smaller++)
      part = middlePart(part, photo);
    viewer.isMarking = false;
    viewer.part = null;
    this.mark(part);
  }

  /** Ends marking as if it had not begun. */
  cancel(): void {
    const { session, chat } = this.#parts;
    chat.attach(this.#attachedBefore);
    this.#tried = null;
    session.takePart();
  }

  /** Begins to mark a part in the middle of what is shown, or ends it. */
  toggle(): void {
    const { session, viewer } = this.#parts;
    const { photo } = session;
    if (!photo || !viewer.controls) return;
    if (viewer.isMarking) viewer.isMarking = false;
    else this.draw(viewer.part ?? middlePart(viewer.controls.visible(), photo));
  }
}

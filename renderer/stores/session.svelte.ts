import type {
  AppEvent,
  Conversation,
  ConversationId,
  ConversationSummary,
  Photo,
  PhotoId,
  Picture,
  Privacy,
  Rect,
} from '../../preload/contract/api.ts';
import { cropsAt, viewOf } from '../geometry/crops.ts';
import type { ChatStore } from './chat.svelte.ts';
import type { ConversationStore } from './conversations.svelte.ts';
import type { DraftStore } from './drafts.svelte.ts';
import type { EngineStore } from './engine.svelte.ts';
import type { LayoutStore } from './layout.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';
import type { PhotoStore } from './photos.svelte.ts';
import type { PreparationStore } from './preparation.svelte.ts';
import type { ViewerStore } from './viewer.svelte.ts';

/**
 * Owns which photo and which conversation are in front, and what else follows when that changes. Created by
 * `createStores`. The place is kept in the address after `#`, so that a reload and the back button return to it.
 */

/** The part of the address after `#`. */
export interface Address {
  read(): string;
  write(place: string): void;
}

interface Parts {
  readonly address: Address;
  readonly notices: NoticeStore;
  readonly photos: PhotoStore;
  readonly chat: ChatStore;
  readonly drafts: DraftStore;
  readonly conversations: ConversationStore;
  readonly engine: EngineStore;
  readonly preparation: PreparationStore;
  readonly viewer: ViewerStore;
  readonly layout: LayoutStore;
}

export class SessionStore {
  photoId = $state<PhotoId | null>(null);
  readonly #parts: Parts;
  /** Which conversation each photo was last left with in this window. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #left = new Map<PhotoId, ConversationSummary>();
  #moves = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  readonly photo: Photo | null = $derived.by(() =>
    this.photoId === null ? null : (this.#parts.photos.known.get(this.photoId) ?? null),
  );

  /** What of it is in front: all, or the part that is marked or was asked about. */
  readonly picture: Picture | null = $derived.by(() =>
    this.photoId === null ? null : { photoId: this.photoId, region: this.#parts.viewer.part },
  );

  /** Whether the person, or the system, has shown something already. */
  get hasMoved(): boolean {
    return this.#moves > 0;
  }

  /** Brings back the place that the address names. */
  async restore(): Promise<void> {
    const [kind, id] = this.#parts.address.read().split('/');
    if (kind === 'conversation' && id) await this.showConversation(id);
    else if (kind === 'photo' && id) await this.#showPhotoById(id);
    else this.#gallery();
  }

  showGallery(): void {
    this.#parts.notices.moveOn();
    this.#gallery();
  }

  /** What is private stays so: only the person ends that, by opening another conversation or by a new one. */
  #gallery(): void {
    this.#moves++;
    this.#parts.photos.endArrival();
    this.#leave();
    this.photoId = null;
    this.#parts.chat.startNew(null, this.#parts.chat.isPrivate);
    this.#follow();
    this.#parts.layout.isDrawerOpen = false;
    this.#parts.address.write('');
  }

  /** Shows the first of these photos and makes all of them the film strip. */
  async openPhotos(photos: readonly Photo[]): Promise<void> {
    const first = photos[0];
    if (!first) return;
    this.#parts.photos.setRoll(photos);
    await this.#show(first);
  }

  /** Draws a scene that nobody has seen and opens it like a photo. */
  async drawScene(): Promise<void> {
    const before = this.photoId;
    const photo = await this.#parts.photos.drawScene(this.privacy);
    // Not over a photo that was opened meanwhile.
    if (photo && this.photoId === before) await this.openPhotos([photo]);
  }

  /** How photos that are opened now are to be opened. */
  get privacy(): Privacy {
    return { isPrivate: this.#parts.chat.isPrivate };
  }

  /**
   * Shows a photo with the conversation it was left with, or the latest about it, or an empty one. What was private stays
   * private, and what was not is not left for a private one.
   */
  showPhoto(photo: Photo): Promise<void> {
    this.#parts.notices.moveOn();
    return this.#show(photo);
  }

  async #show(photo: Photo): Promise<void> {
    const { chat, conversations } = this.#parts;
    const { isPrivate } = chat;
    this.#front(photo);
    if (!conversations.isLoaded) {
      this.newConversation(isPrivate);
      const move = this.#moves;
      await conversations.firstLoad;
      if (move !== this.#moves || chat.draft !== '') return;
    }
    const left = this.#left.get(photo.id);
    const latest = isPrivate ? null : conversations.latestAbout(photo.id);
    const known = left?.isPrivate === isPrivate ? left : latest;
    if (known) await this.#openConversation(known.id);
    else this.newConversation(isPrivate);
  }

  /** Shows a photo close up: the tile in which a place of it lies, in photo pixels. */
  async lookCloser(photo: Photo, place: Rect): Promise<void> {
    const { photos, viewer } = this.#parts;
    if (photo.id !== this.photoId) await this.showPhoto(photo);
    await photos.loadPlan(photo.id);
    if (photo.id !== this.photoId) return;
    const plan = photos.plans.get(photo.id);
    const middle = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
    const crop = plan && cropsAt(plan, middle)?.local;
    viewer.closeUp(plan && crop ? viewOf(plan, crop).place : place);
    if (viewer.wipe === null) viewer.toggleWipe();
  }

  /** Shows another picture of the same conversation and leaves the conversation as it is. */
  glance(photo: Photo, part: Rect | null = null): void {
    this.#front(photo);
    this.showPart(part);
    if (part) this.#parts.viewer.closeUp(part);
    this.#writeAddress();
  }

  /** The part that is shown: where something is attached that, otherwise what the conversation is about. */
  takePart(): void {
    const { chat, viewer } = this.#parts;
    const shown = chat.pictures.length > 0 ? chat.pictures : chat.current;
    const picture = shown.find(({ photoId }) => photoId === this.photoId);
    viewer.isMarking = false;
    this.showPart(picture?.region ?? null);
  }

  /** Looks at a part of the photo in front by itself; null for all of it. */
  showPart(part: Rect | null): void {
    const { photos, viewer } = this.#parts;
    if (part) viewer.endWatch();
    viewer.part = part;
    if (this.photoId !== null && part) void photos.loadPlan(this.photoId, part);
    this.#follow();
  }

  /** An empty conversation about the photo in front. */
  newConversation(isPrivate: boolean): void {
    this.#moves++;
    if (this.photoId !== null) this.#left.delete(this.photoId);
    this.#parts.chat.startNew(this.photoId, isPrivate);
    this.takePart();
    this.#writeAddress();
  }

  async showConversation(conversationId: ConversationId): Promise<void> {
    const move = ++this.#moves;
    const conversation = await this.#open(conversationId);
    if (move !== this.#moves) return;
    this.#parts.layout.isDrawerOpen = false;
    if (!conversation) {
      if (this.photoId === null) this.#gallery();
      return;
    }
    const { photos } = conversation;
    const shown = photos.find(({ id }) => id === this.photoId) ?? photos[0];
    if (shown) {
      const isOnRoll = this.#parts.photos.roll.some(({ id }) => id === shown.id);
      if (!isOnRoll || photos.length > 1) this.#parts.photos.setRoll(photos);
      this.#front(shown);
      this.takePart();
    }
    this.#writeAddress();
  }

  /** Sends the draft about the photo in front. */
  async send(): Promise<void> {
    const photo = this.photo;
    if (!photo) return;
    this.#moves++;
    const { photos, chat, viewer } = this.#parts;
    // The answer is about all of the picture.
    viewer.picked = null;
    viewer.isMarking = false;
    const { pictures } = chat;
    const sent = chat.send(photo);
    // What is asked about is what is looked at.
    const [first] = pictures.length > 0 ? pictures : chat.current;
    const brought = pictures.flatMap(({ photoId }) => photos.known.get(photoId) ?? []);
    const shown = first && photos.known.get(first.photoId);
    if (first && shown) {
      photos.setRoll([...photos.roll, ...brought]);
      this.#front(shown);
      this.showPart(first.region);
    }
    await sent;
    this.#writeAddress();
  }

  /** Opens a photo with an empty conversation and asks at once. */
  async ask(photo: Photo, question: string): Promise<void> {
    this.#front(photo);
    this.newConversation(this.#parts.chat.isPrivate);
    this.#parts.chat.setDraft(question);
    this.#parts.layout.tab = 'chat';
    await this.send();
  }

  step(direction: 1 | -1): void {
    if (this.photoId === null) return;
    const next = this.#parts.photos.neighbour(this.photoId, direction);
    if (next) void this.showPhoto(next);
  }

  /** Another package or another detail sees and answers in another way: what was known of both is asked again. */
  onSeeingChanged(): void {
    this.#parts.photos.forgetPlans(this.photoId);
    // What is picked out may be a crop that the other package does not have.
    this.#parts.viewer.clear();
    this.#parts.preparation.forget();
    if (this.photoId !== null) void this.#parts.photos.loadPlan(this.photoId);
    this.takePart();
    this.#parts.chat.measureSoon();
  }

  /** Events were lost, or the photo's file is back: what is in front is asked again. */
  async resume(): Promise<void> {
    const { photos, preparation, chat } = this.#parts;
    preparation.forget();
    if (this.photoId !== null) {
      await photos.refresh(this.photoId);
      await photos.loadPlan(this.photoId);
    }
    this.#follow();
    await chat.reload();
  }

  onEvent(event: AppEvent): void {
    const { photos, chat } = this.#parts;
    // What this window opens itself it knows what to do with.
    if (event.type === 'photos-opened' && photos.opening === null) void this.openPhotos(event.photos);
    if (event.type === 'conversation-removed' && event.id === chat.summary?.id) {
      this.newConversation(chat.isPrivate);
    }
  }

  async #showPhotoById(photoId: PhotoId): Promise<void> {
    const { photos, drafts } = this.#parts;
    const move = ++this.#moves;
    const photo = photos.known.get(photoId) ?? (await photos.refresh(photoId));
    if (move !== this.#moves) return;
    if (!photo) return this.#gallery();
    if (!drafts.of(photoId)) return this.showPhoto(photo);
    // The conversation that was about to begin.
    this.#front(photo);
    this.newConversation(false);
  }

  async #openConversation(conversationId: ConversationId): Promise<void> {
    const move = ++this.#moves;
    const conversation = await this.#open(conversationId);
    if (move !== this.#moves) return;
    if (conversation) this.takePart();
    else this.newConversation(this.#parts.chat.isPrivate);
    this.#writeAddress();
  }

  async #open(conversationId: ConversationId): Promise<Conversation | undefined> {
    const conversation = await this.#parts.chat.open(conversationId);
    if (conversation) this.#parts.conversations.noteMessages(conversation.messages);
    return conversation;
  }

  #front(photo: Photo): void {
    const { photos, viewer, layout } = this.#parts;
    layout.isDrawerOpen = false;
    if (photos.arriving && photos.arriving.photoId !== photo.id) photos.endArrival();
    if (photo.id === this.photoId) return photos.endArrival();
    this.#leave();
    photos.learn([photo]);
    if (!photos.roll.some(({ id }) => id === photo.id)) photos.setRoll([photo]);
    this.photoId = photo.id;
    viewer.front(photo);
    if (layout.tab === 'library') layout.tab = 'photo';
    void photos.loadPlan(photo.id);
    void photos.loadScene(photo);
    void photos.refresh(photo.id);
    this.#follow();
  }

  #leave(): void {
    const conversation = this.#parts.chat.summary;
    if (this.photoId !== null && conversation?.photoIds.includes(this.photoId)) {
      this.#left.set(this.photoId, conversation);
    }
  }

  #follow(): void {
    const { preparation, engine, conversations } = this.#parts;
    const photo = this.photo;
    const canPrepare = engine.canAnswer && photo?.state === 'ready';
    preparation.follow(canPrepare ? this.picture : null, this.privacy, ({ photoId }) =>
      [...conversations.busy].some((id) =>
        conversations.list?.some((each) => each.id === id && each.photoIds.includes(photoId)),
      ),
    );
  }

  /** What is private is in no address: browsers keep a history of them. */
  #writeAddress(): void {
    if (this.#parts.chat.isPrivate) return;
    const conversationId = this.#parts.chat.summary?.id;
    if (conversationId !== undefined) this.#parts.address.write(`conversation/${conversationId}`);
    else this.#parts.address.write(this.photoId === null ? '' : `photo/${this.photoId}`);
  }
}

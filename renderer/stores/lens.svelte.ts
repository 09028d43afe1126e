import type {
  AppEvent,
  Bridge,
  CoverTest,
  Exported,
  Look,
  LookedAt,
  LookInViews,
  LookProgress,
  Message,
  MessageId,
  Photo,
  PhotoId,
  Picture,
  Rect,
} from '../../preload/contract/api.ts';
import { wordsOf, type TokenRange } from '../../preload/contract/looks.ts';
import { mapOf, markedOn, pictureOf, sentenceAround, underLens } from '../geometry/look.ts';
import type { I18n } from '../i18n/i18n.svelte.ts';
import type { NoticeStore } from './notices.svelte.ts';

/**
 * Owns the lens: the answer it is on, where the model looked, the words it is on, and what the answer is worth without a part of
 * the photo. Created by `createStores`.
 */
export class LensStore {
  #messageId = $state.raw<MessageId | null>(null);
  look = $state.raw<Look | null>(null);
  /** What the model made of its views; null before that is known, and where each place is of one view. */
  inViews = $state.raw<LookInViews | null>(null);
  progress = $state.raw<LookProgress | null>(null);
  isTesting = $state(false);
  test = $state.raw<CoverTest | null>(null);
  #chosen = $state.raw<TokenRange | null>(null);
  /** The word under the pointer. */
  pointed = $state.raw<TokenRange | null>(null);
  readonly words = $derived(this.look ? wordsOf(this.look.tokens) : []);
  /** The tokens that the lens is on. */
  readonly range = $derived(this.pointed ?? this.#chosen ?? { from: 0, to: this.look?.tokens.length ?? 0 });
  readonly map = $derived(this.look ? mapOf(this.look, this.range) : null);
  readonly mapInViews = $derived(this.inViews ? mapOf(this.inViews, this.range) : null);
  /** Counts what the lens is put on: an answer of the program to an earlier turn is not taken. */
  #turn = 0;
  readonly #bridge: Bridge;
  readonly #notices: NoticeStore;
  readonly #i18n: I18n;
  readonly #save: (file: Exported) => void;

  constructor(bridge: Bridge, notices: NoticeStore, i18n: I18n, save: (file: Exported) => void) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.#i18n = i18n;
    this.#save = save;
  }

  /** The words that the lens is on. */
  get text(): string {
    const { from, to } = this.range;
    return this.look?.tokens.slice(from, to).join('').trim() ?? '';
  }

  get messageId(): MessageId | null {
    return this.#messageId;
  }

  get isWhole(): boolean {
    return this.#chosen === null;
  }

  onEvent(event: AppEvent): void {
    // Progress of earlier work may arrive late.
    const isAwaited = event.type === 'look' && this.progress && event.progress.messageId === this.#messageId;
    if (isAwaited) this.progress = event.progress;
    const isOther =
      (event.type === 'message-removed' && event.id === this.#messageId) ||
      (event.type === 'message' && event.message.id === this.#messageId && event.message.state !== 'done');
    if (isOther) this.close();
  }

  /** Puts the lens on an answer, or takes it off the one it is on. */
  async toggle({ id }: Message): Promise<void> {
    if (this.#messageId === id) return this.close();
    this.close();
    const turn = ++this.#turn;
    this.#messageId = id;
    this.progress = { messageId: id, stage: 'look', fraction: null };
    const look = await this.#notices.attempt(this.#bridge.lookOf({ messageId: id }));
    if (turn !== this.#turn) return;
    this.progress = null;
    if (look) this.look = look;
    else this.#messageId = null;
    await this.#lookInViews();
  }

  /** One level deeper, where places are made of several views: nobody waits for it, and other work on the answer ends it. */
  async #lookInViews(): Promise<void> {
    const messageId = this.#messageId;
    const isMade = this.look?.pictures.some(({ grids }) => grids.some(({ kind }) => kind === null));
    if (messageId === null || !isMade || this.inViews) return;
    const turn = this.#turn;
    this.progress = { messageId, stage: 'views', fraction: null };
    const inViews = await this.#notices.attempt(this.#bridge.lookInViews({ messageId }));
    if (turn !== this.#turn) return;
    this.progress = null;
    this.inViews = inViews ?? null;
  }

  close(): void {
    if (this.progress) this.#stopLook();
    this.#turn++;
    this.#messageId = null;
    this.look = null;
    this.inViews = null;
    this.progress = null;
    this.test = null;
    this.isTesting = false;
    this.#chosen = null;
    this.pointed = null;
  }

  /** Null is the whole of the answer. */
  choose(range: TokenRange | null): void {
    this.#chosen = range;
  }

  chooseSentence(word: number): void {
    this.#chosen = sentenceAround(this.words, word);
  }

  /** The picture of the answer that is seen where `front` is; null where the answer was not about that photo. */
  seenIn(front: Picture | null): LookedAt | null {
    return this.look && this.map && front && pictureOf(this.look, front, this.map);
  }

  /** What is under the lens on a picture of a photo; null where nothing is. */
  under(picture: LookedAt, photo: Photo): Rect | null {
    return this.map && underLens(picture, this.map, photo);
  }

  /** Whether the lens is on an answer about a photo: what is marked there is to be tried. */
  isOn(photoId: PhotoId): boolean {
    return this.look?.pictures.some((picture) => picture.photoId === photoId) ?? false;
  }

  /** The part that a person marked on what the answer was about, to try that; null where they marked none. */
  markedIn(front: Picture | null): Rect | null {
    return this.look && front && markedOn(this.look, front);
  }

  /** Covers a part of a photo and has the same answer judged. */
  async cover(photoId: PhotoId, region: Rect): Promise<void> {
    const messageId = this.#messageId;
    if (messageId === null) return;
    const turn = ++this.#turn;
    this.test = null;
    this.isTesting = true;
    this.progress = { messageId, stage: 'encode', fraction: 0 };
    const test = await this.#notices.attempt(this.#bridge.coverAnswer({ messageId, photoId, region }));
    if (turn !== this.#turn) return;
    this.progress = null;
    this.isTesting = false;
    this.test = test ?? null;
    await this.#lookInViews();
  }

  /** Hands the person the maps of all words as a file. */
  async export(): Promise<void> {
    const messageId = this.#messageId;
    if (messageId === null) return;
    const file = await this.#notices.attempt(this.#bridge.exportLook({ messageId }));
    if (!file) return;
    if (file.url !== null) this.#save(file);
    this.#notices.say(this.#i18n.t.shell.library.exported(file.fileName));
  }

  stop(): void {
    if (this.look) this.#stopLook();
    else this.close();
  }

  #stopLook(): void {
    const messageId = this.#messageId;
    if (messageId !== null) void this.#notices.attempt(this.#bridge.stopLook({ messageId }));
  }

  /** How much less likely some words are without the covered part: natural logarithm; null before that is known. */
  dropOf({ from, to }: TokenRange): number | null {
    return this.test?.drops.slice(from, to).reduce((sum, drop) => sum + drop, 0) ?? null;
  }
}

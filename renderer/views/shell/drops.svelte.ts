import { filesOf, hasFiles, holdsText } from '../../api/files.ts';
import type { Stores } from '../../stores/stores.ts';
import { attach, mostAttached } from '../chat/attach.ts';
import { isTextField } from './text-field.ts';

/** Files dropped on the window or pasted into it. Over the conversation they go with the next question. */
export class Drops {
  /** What letting go would do; null while no file is dragged over the window. */
  target: 'open' | 'attach' | null = $state(null);
  readonly #stores: Stores;
  /** A picture of our own that is being dragged out. */
  #isOurs = false;

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  onDragStart = (event: DragEvent) => {
    // Electron's own drag of a file takes over from the page's, which then never ends.
    this.#isOurs = !event.defaultPrevented;
  };

  onDragEnd = () => {
    this.#isOurs = false;
  };

  onDragOver = (event: DragEvent) => {
    if (this.#isOurs || !hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    this.target = isAttachZone(event) ? 'attach' : 'open';
  };

  onDragLeave = (event: DragEvent) => {
    if (event.relatedTarget === null) this.target = null;
  };

  onDrop = async (event: DragEvent) => {
    const target = this.target;
    this.target = null;
    if (target === null || !event.dataTransfer) return;
    event.preventDefault();
    await this.#take(event.dataTransfer, target);
  };

  onPaste = async (event: ClipboardEvent) => {
    if (!hasFiles(event.clipboardData)) return;
    // Office programs put a picture of the text beside it.
    if (isTextField(event.target) && holdsText(event.clipboardData!)) return;
    event.preventDefault();
    await this.#take(event.clipboardData!, isAttachZone(event) ? 'attach' : 'open');
  };

  async #take(transfer: DataTransfer, target: 'open' | 'attach'): Promise<void> {
    const { photos, session, chat, settings } = this.#stores;
    const { draftPlace } = chat;
    // Electron hands over the paths of folders; a page has to read them.
    const files = await filesOf(transfer, settings.app?.host !== 'electron');
    const taken = target === 'attach' ? files.slice(0, mostAttached(this.#stores)) : files;
    if (target === 'open') {
      await session.openPhotos(await photos.openToShow(taken, session.privacy));
      return;
    }
    const opened = await photos.openFiles(taken, session.privacy);
    attach(this.#stores, draftPlace, opened, opened.length + files.length - taken.length);
  }
}

const isAttachZone = (event: Event) =>
  event.target instanceof Element && event.target.closest('[data-attach]') !== null;

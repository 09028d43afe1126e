/** What a person does with the program, over the same interface as the window. */
import { resolveObjectURL } from 'node:buffer';
import sharp from 'sharp';
import type { AppEvent, Bridge, Message, Photo, PhotoId } from '../../preload/contract/api.ts';
import { pictureRoot } from '../../preload/contract/web-session.ts';
import { createHttpBridge } from '../../renderer/api/http-bridge.ts';
import type { WebProgram } from '../support/web-program.ts';
import { signIn } from '../web/sign-in.ts';

/** Milliseconds after which what has not ended hangs. */
const patience = 300_000;
const comparisonEnds = ['done', 'failed', 'stopped'];
const isWritten = ({ state }: Message) => state !== 'waiting' && state !== 'writing';

export class Person {
  readonly bridge: Bridge;
  readonly #pictures: string;
  readonly #listeners = new Set<(event: AppEvent) => void>();
  readonly #losses: string[] = [];

  /** Hears no more events: otherwise the window's bridge would look for the program for ever. */
  readonly leave: () => void;

  private constructor(bridge: Bridge, pictures: string) {
    this.bridge = bridge;
    this.#pictures = pictures;
    this.leave = bridge.subscribe(
      (event) => this.#listeners.forEach((listener) => listener(event)),
      // Nothing is lost to a page that is there all the time.
      () => this.#losses.push('Events were lost.'),
    );
  }

  static async signIn(program: WebProgram): Promise<Person> {
    const { key, pictureKey } = await signIn(program);
    const bridge = createHttpBridge({
      // As a page of the program's own address does.
      fetch: (path, init) =>
        fetch(new URL(path as string, program.address), {
          ...init,
          headers: { ...(init?.headers as Record<string, string>), origin: new URL(program.address).origin },
        }),
      key,
      first: null,
      onConnection: () => undefined,
      onSignedOut: () => undefined,
      languages: ['en'],
    });
    return new Person(bridge, new URL(pictureRoot(pictureKey), program.address).href);
  }

  /** Opens a photo that nobody has opened before, of some 0.1 to 4 megapixels, and looks at it as the window does. */
  async openPhoto(number: number): Promise<Photo> {
    const [width, height] = [400 + ((number * 397) % 2000), 300 + ((number * 211) % 1700)];
    const noise = { type: 'gaussian', mean: 90 + (number % 80), sigma: 20 } as const;
    const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#888', noise } })
      .resize(width, height, { fit: 'fill' })
      .jpeg()
      .toBuffer();
    const [photo] = await this.bridge.openFiles([new File([Uint8Array.from(bytes)], `photo-${number}.jpg`)]);
    await this.look(photo!.id);
    return photo!;
  }

  async look(photoId: PhotoId): Promise<void> {
    await this.bridge.getCropPlan({ photoId });
    for (const picture of ['thumbnail', 'tiles/0/0_0']) {
      const response = await fetch(`${this.#pictures}/photos/${photoId}/${picture}`);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${picture} of ${photoId}: ${response.status}`);
    }
  }

  /** Asks, and waits until the answer is there or has failed. */
  async ask(conversationId: string, text: string): Promise<Message> {
    return this.#until(
      async () => (await this.bridge.sendMessage({ conversationId, text, pictures: [] }))[1],
    );
  }

  async askAgain(messageId: string): Promise<Message> {
    return this.#until(() => this.bridge.regenerateMessage({ messageId }));
  }

  async compare(messageId: string, packageIds: readonly [string, string]): Promise<void> {
    const way = { kind: 'all' } as const;
    const asked = packageIds.map((packageId) => ({ packageId, way }));
    const { id } = await this.bridge.askAgain({ messageId, asked });
    await this.#event(
      'a comparison',
      (event) =>
        event.type === 'comparison' &&
        event.comparison.id === id &&
        event.comparison.sides.every(({ state }) => comparisonEnds.includes(state)),
    );
  }

  /** Saves a conversation to a file, takes that in as another one and deletes it. */
  async exportAndImport(conversationId: string): Promise<void> {
    const exported = await this.bridge.exportConversation({ conversationId, format: 'json', language: 'en' });
    const json = await resolveObjectURL(exported!.url!)!.text();
    URL.revokeObjectURL(exported!.url!);
    const { id } = await this.bridge.importConversation({ json });
    await this.bridge.deleteConversation({ conversationId: id });
  }

  /** The message that `start` gives, once it is written: that may be before `start` has returned. */
  async #until(start: () => Promise<Message>): Promise<Message> {
    const written = new Map<string, Message>();
    const watch = (event: AppEvent) => {
      if (event.type === 'message' && isWritten(event.message)) written.set(event.message.id, event.message);
    };
    this.#listeners.add(watch);
    try {
      const { id } = await start();
      if (!written.has(id))
        await this.#event(
          'an answer',
          (event) => event.type === 'message' && event.message.id === id && isWritten(event.message),
        );
      return written.get(id)!;
    } finally {
      this.#listeners.delete(watch);
    }
  }

  #event(what: string, isIt: (event: AppEvent) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(deadline);
        this.#listeners.delete(listen);
      };
      const listen = (event: AppEvent) => {
        if (!isIt(event)) return;
        end();
        resolve();
      };
      const deadline = setTimeout(() => {
        end();
        reject(
          new Error([`No end of ${what} within ${patience / 60_000} minutes.`, ...this.#losses].join(' ')),
        );
      }, patience);
      this.#listeners.add(listen);
    });
  }
}

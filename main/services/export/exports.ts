import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImageFile } from '../../../native-models/engine/images-protocol.ts';
import { throwIfCancelled } from '../../../preload/contract/errors.ts';
import type {
  Api,
  AppEvent,
  Conversation,
  Exported,
  Language,
  Look,
  LookInViews,
  PhotoId,
  Picture,
} from '../../../preload/contract/api.ts';
import { replaceFile } from '../../../native-models/files/replace-file.ts';
import { inWords, type HttpRequest, type HttpResponse } from '../http-messages.ts';
import type { Conversations } from '../chat/conversations.ts';
import type { PhotoImages } from '../photos/photo-images.ts';
import type { PhotoRegistry } from '../photos/registry.ts';
import type { PhotoRecord } from '../store/photo-table.ts';
import { messagesOf, parseConversationFile, toConversationFile } from './json.ts';
import { toLookFile } from './look-file.ts';
import { toMarkdown } from './markdown.ts';

/** Longer side of a picture in a Markdown file: readable, and a few hundred kilobytes. */
const pictureSide = 1280;

/** Files that wait to be fetched; a window fetches its own at once. */
const mostWaiting = 8;

export interface ExportsOptions {
  readonly conversations: Conversations;
  readonly photos: PhotoRegistry;
  readonly images: PhotoImages;
  readonly publish: (event: AppEvent) => void;
  /** Asks where to save; null when the person closes the dialog. Left out where the host has none. */
  readonly chooseTarget: ((fileName: string) => Promise<string | null>) | undefined;
}

interface Waiting {
  readonly content: string;
  readonly mediaType: string;
  readonly fileName: string;
}

const kinds = {
  markdown: { extension: 'md', mediaType: 'text/markdown; charset=utf-8' },
  json: { extension: 'json', mediaType: 'application/json; charset=utf-8' },
} as const;

/** Conversations as files, out of the program and into it. */
export class Exports {
  readonly #options: ExportsOptions;
  /** Imports under way, each with the photos it has found or added so far. */
  readonly #importing = new Map<AbortController, readonly PhotoId[]>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: ExportsOptions) {
    this.#options = options;
  }

  /** Null when the person closed the dialog. */
  async export({
    conversationId,
    format,
    language,
  }: Parameters<Api['exportConversation']>[0]): Promise<Exported | null> {
    const { conversations, chooseTarget } = this.#options;
    const conversation = await conversations.get(conversationId);
    const { extension, mediaType } = kinds[format];
    const fileName = `${safeName(conversation.title)}.${extension}`;
    const target = chooseTarget ? await chooseTarget(fileName) : undefined;
    if (target === null) return null;
    const content =
      format === 'json' ? this.#json(conversation) : await this.#markdown(conversation, language);
    return this.#hand({ content, mediaType, fileName }, target);
  }

  /** Where the model looked when it wrote an answer. Null when the person closed the dialog. */
  async exportLook(look: Look, inViews: LookInViews | null): Promise<Exported | null> {
    const { conversations, photos, chooseTarget } = this.#options;
    const { question, answer } = conversations.asked(look.messageId);
    const fileName = `${safeName(question.text)}-lens.json`;
    const target = chooseTarget ? await chooseTarget(fileName) : undefined;
    if (target === null) return null;
    const file = toLookFile(look, inViews, { question: question.text, answer: answer.text }, (id) =>
      photos.record(id),
    );
    return this.#hand({ content: `${JSON.stringify(file)}\n`, ...kinds.json, fileName }, target);
  }

  /** Writes a file to where the person wants it, or has it wait for the window. */
  async #hand({ content, mediaType, fileName }: Waiting, target: string | undefined): Promise<Exported> {
    if (target === undefined)
      return { fileName, mediaType, url: this.#offer({ content, mediaType, fileName }) };
    await replaceFile(target, content);
    return { fileName: basename(target), mediaType, url: null };
  }

  /**
   * Takes in a conversation that was exported as JSON, and tells how far it is. Its photos are those known with the same
   * content, or to be located. Throws `wrong-usage` naming what is not as it should be, `cancelled`.
   */
  async import(json: string): Promise<Conversation> {
    const { conversations, photos, publish } = this.#options;
    const file = parseConversationFile(json);
    const stopping = new AbortController();
    const photoIds: PhotoId[] = [];
    this.#importing.set(stopping, photoIds);
    try {
      for (const photo of file.photos) {
        await nextTurn();
        throwIfCancelled(stopping.signal);
        photoIds.push(photos.addAbsent({ ...photo, notes: [] }));
      }
      return await conversations.add(file, photoIds, (id) => messagesOf(file, id, photoIds), {
        signal: stopping.signal,
        onProgress: (done, total) => publish({ type: 'import', progress: { done, total } }),
      });
    } catch (error) {
      this.#importing.delete(stopping);
      const wanted = new Set([...this.#importing.values()].flat());
      for (const id of photoIds) {
        if (!wanted.has(id) && !conversations.usesPhoto(id)) photos.forgetAbsent(id);
      }
      throw error;
    } finally {
      this.#importing.delete(stopping);
      publish({ type: 'import', progress: null });
    }
  }

  /** Stops every import; nothing of them stays. */
  stopImports(): void {
    for (const importing of this.#importing.keys()) importing.abort();
  }

  /** Answers the one request for a file that waits; null when the path is of another kind. */
  respond(request: HttpRequest): HttpResponse | null {
    const [, first, token = ''] = new URL(request.url).pathname.split('/');
    if (first !== 'exports') return null;
    const file = this.#waiting.get(token);
    if (!file) return inWords(404, 'No such file.');
    if (request.method === 'GET') this.#waiting.delete(token);
    return {
      status: 200,
      body: request.method === 'HEAD' ? null : file.content,
      headers: {
        'content-type': file.mediaType,
        'content-length': String(Buffer.byteLength(file.content)),
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.fileName)}`,
        'cache-control': 'no-store',
      },
    };
  }

  #offer(file: Waiting): string {
    const token = randomUUID();
    this.#waiting.set(token, file);
    if (this.#waiting.size > mostWaiting) this.#waiting.delete(this.#waiting.keys().next().value!);
    return `/exports/${token}`;
  }

  #json(conversation: Conversation): string {
    return `${JSON.stringify(toConversationFile(conversation, this.#records(conversation)), null, 2)}\n`;
  }

  async #markdown(conversation: Conversation, language: Language): Promise<string> {
    const shown = new Map<Picture, ImageFile | null>();
    for (const picture of conversation.messages.flatMap(({ pictures }) => pictures)) {
      shown.set(picture, await this.#shown(picture));
    }
    const records = this.#records(conversation);
    return toMarkdown({
      conversation,
      language,
      shown: (picture) => shown.get(picture) ?? null,
      nameOf: ({ photoId }) => records.find(({ id }) => id === photoId)?.name ?? '',
    });
  }

  /** A picture as it was brought in; null when its photo is not there any more. */
  async #shown({ photoId, region }: Picture): Promise<ImageFile | null> {
    try {
      return await this.#options.images.make(photoId, 'thumbnail', { region, side: pictureSide });
    } catch {
      return null;
    }
  }

  #records({ photos }: Conversation): PhotoRecord[] {
    return photos.map(({ id }) => this.#options.photos.record(id));
  }
}

/** A title as a file name on any system. */
function safeName(title: string): string {
  const name = title
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\0-\x1f<>:"/\\|?*]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^\.+/, '')
    .slice(0, 80)
    .replace(/[. ]+$/, '');
  return name || 'conversation';
}

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { callApi, toOutcome } from '../../main/host/call.ts';
import type { ServicesOptions } from '../../main/services/options.ts';
import type { Services } from '../../main/services/services.ts';
import { serveImages } from '../../native-models/engine/serve-images.ts';
import { serveInference } from '../../native-models/engine/serve-inference.ts';
import { forkPort, workerPath, type Port, type WorkerKind } from '../../native-models/engine/port.ts';
import type {
  ApiMethod,
  AppEvent,
  Bridge,
  Conversation,
  Exported,
  Message,
  Outcome,
  Photo,
  Privacy,
} from '../../preload/contract/api.ts';
import { apiMethods } from '../../preload/contract/schemas.ts';
import { ConnectionStore } from '../../renderer/stores/connection.svelte.ts';
import { createStores } from '../../renderer/stores/stores.ts';
import { drawPhoto, startProgram, Watcher } from '../services/support/program.ts';
import { inProcessPort } from '../support/in-process-port.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const size = { width: 2400, height: 1600 };
let drawn: Promise<readonly string[]> | undefined;

/** Three photos, `p1.png` to `p3.png`. */
const drawPhotos = () =>
  (drawn ??= Promise.all([1, 2, 3].map((number) => drawPhoto(join(folder, `p${number}.png`), number, size))));

/** A file as a page has it: one of the photos under another name. */
export async function photoFile(name: string): Promise<File> {
  const [path] = await drawPhotos();
  return new File([await readFile(path!)], name);
}

/** Photos and the model are worked on in this process; only what fetches models is one of its own. */
const startInProcess = (kind: WorkerKind): Port =>
  kind === 'models'
    ? forkPort(workerPath(kind))
    : inProcessPort(kind === 'images' ? serveImages : serveInference);

type Replies = { -readonly [K in keyof Bridge]?: Bridge[K] };

/**
 * The program as a window has it. As in every host, what is asked is checked and nothing but clones cross. Calls are recorded,
 * and what no program can be brought to do is answered in its place, by `instead`.
 */
class ProgramBridge {
  readonly services: Services;
  readonly instead: Replies = {};
  /** Asks the program itself. */
  readonly program: Bridge;
  /** Events that get lost on their way to the window. */
  loses: (event: AppEvent) => boolean = () => false;
  readonly #calls: { readonly method: string; readonly input: unknown }[] = [];
  readonly #gaps = new Set<() => void>();
  #pending = 0;

  constructor(services: Services) {
    this.services = services;
    const call = (method: ApiMethod) => (input?: unknown) =>
      this.#answer(callApi(services.api, method, structuredClone(input)));
    this.program = {
      ...(Object.fromEntries(apiMethods.map((method) => [method, call(method)])) as unknown as Bridge),
      openFiles: (files, privacy) => this.#answer(toOutcome(() => this.#upload(files, privacy))),
      setPrivacy: () => undefined,
      subscribe: (onEvent, onGap) => {
        this.#gaps.add(onGap);
        const stop = services.events.subscribe(({ event }) => {
          if (!this.loses(event)) onEvent(structuredClone(event));
        });
        return () => {
          this.#gaps.delete(onGap);
          stop();
        };
      },
    };
  }

  asBridge(): Bridge {
    return new Proxy(this.program, {
      get: (program, name: keyof Bridge) => {
        if (name === 'subscribe') return program.subscribe;
        return (input?: unknown, more?: unknown) => {
          const isFiles = name === 'openFiles';
          const names = isFiles && (input as readonly File[]).map((file) => file.name);
          this.#calls.push({ method: name, input: names ? { names, privacy: more } : input });
          const ask = (this.instead[name] ?? program[name]) as (...input: unknown[]) => unknown;
          return ask(input, more);
        };
      },
    });
  }

  callsOf(method: keyof Bridge): readonly unknown[] {
    return this.#calls.filter((call) => call.method === method).map(({ input }) => input);
  }

  /** Has the model that is there take so many pictures in a question. */
  takePictures(picturesInQuestion: number): void {
    this.instead.listPackages = async () =>
      (await this.program.listPackages()).map((each) => ({ ...each, picturesInQuestion }));
  }

  emit(event: AppEvent): void {
    this.services.events.publish(event);
  }

  loseEvents(): void {
    for (const onGap of this.#gaps) onGap();
  }

  /** Comes once nothing that the window has asked the program for is pending. */
  async settled(): Promise<void> {
    do await nextTurn();
    while (this.#pending > 0);
  }

  async #answer(asked: Promise<Outcome<unknown>>): Promise<never> {
    this.#pending++;
    try {
      const outcome = await asked;
      if (!outcome.ok) throw outcome.error;
      return structuredClone(outcome.value) as never;
    } finally {
      this.#pending--;
    }
  }

  async #upload(files: readonly File[], { isPrivate = false }: Privacy = {}): Promise<readonly Photo[]> {
    const photos: Photo[] = [];
    for (const file of files) {
      const { name } = file;
      photos.push(await this.services.openUpload({ name, body: file.stream(), isPrivate }));
    }
    return photos;
  }
}

/** A window on a program, with what outlives a reload of it. */
export function openWindow(services: Services, place = { current: '' }, kept = new Map<string, string>()) {
  const bridge = new ProgramBridge(services);
  const saved: Exported[] = [];
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const picked: { files: readonly File[] } = { files: [] };
  const stores = createStores(bridge.asBridge(), {
    connection: new ConnectionStore(),
    storage,
    visit: storage,
    windowSize: { width: 1440, height: 900 },
    address: { read: () => place.current, write: (next) => (place.current = next) },
    save: (file) => saved.push(file),
    pickFiles: async () => picked.files,
  });
  return { bridge, stores, saved, kept, place, picked };
}

/** The window's stores on the program with a tiny model, in one process; it knows three photos. */
export async function makeStores(options: Partial<ServicesOptions> = {}) {
  const services = await startProgram({ startWorker: startInProcess, ...options });
  const photos = await services.openPaths(await drawPhotos());
  return { services, photos, ...openWindow(services) };
}

export type Made = Awaited<ReturnType<typeof makeStores>>;

/** The same, started. `prepare` comes before. */
export async function startStores(
  prepare: (made: Made) => unknown = () => undefined,
  options: Partial<ServicesOptions> = {},
): Promise<Made> {
  const made = await makeStores(options);
  await prepare(made);
  await made.stores.start(() => undefined);
  return made;
}

/** The window after a reload: the same program, nothing else. */
export async function reload({ services, bridge, place, kept, photos }: Made): Promise<Made> {
  await bridge.settled();
  const again = { services, photos, ...openWindow(services, place, kept) };
  await again.stores.start(() => undefined);
  return again;
}

/** A conversation about a photo, with `question` and its whole answer where there is one. */
export async function converse(services: Services, photo: Photo, question?: string): Promise<Conversation> {
  const { api } = services;
  const { id } = await api.createConversation({ photoIds: [photo.id], isPrivate: false });
  if (question === undefined) return api.getConversation({ conversationId: id });
  const watcher = new Watcher(services);
  const [, answer] = await api.sendMessage({ conversationId: id, text: question, pictures: [] });
  const written: Message = await watcher.finished(answer.id);
  if (written.state !== 'done') throw new Error(`${basename(photo.name)}: ${JSON.stringify(written.error)}`);
  return api.getConversation({ conversationId: id });
}

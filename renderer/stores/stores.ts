import type { AppEvent, Bridge, Exported, MenuCommand } from '../../preload/contract/api.ts';
import { I18n } from '../i18n/i18n.svelte.ts';
import { AgainStore } from './again.svelte.ts';
import { ChatStore } from './chat.svelte.ts';
import type { ConnectionStore } from './connection.svelte.ts';
import { ConversationStore } from './conversations.svelte.ts';
import { DraftStore } from './drafts.svelte.ts';
import { EngineStore } from './engine.svelte.ts';
import { LensStore } from './lens.svelte.ts';
import { LayoutStore, type WindowSize } from './layout.svelte.ts';
import { MarkingStore } from './marking.svelte.ts';
import type { LocalStorage } from './memory.ts';
import { ModelFilesStore } from './model-files.svelte.ts';
import { ModelsStore } from './models.svelte.ts';
import { NoticeStore } from './notices.svelte.ts';
import { PhotoStore, type PickFiles } from './photos.svelte.ts';
import { PreparationStore } from './preparation.svelte.ts';
import { SceneStore } from './scenes.svelte.ts';
import { SessionStore, type Address } from './session.svelte.ts';
import { SettingsStore } from './settings.svelte.ts';
import { ViewerStore } from './viewer.svelte.ts';

export type Stores = ReturnType<typeof createStores>;

export interface Surroundings {
  readonly connection: ConnectionStore;
  /** Lasts from one start to the next. */
  readonly storage: LocalStorage;
  /** Lasts as long as the window, reloads included. */
  readonly visit: LocalStorage;
  readonly windowSize: WindowSize;
  readonly address: Address;
  /** Hands an exported file to the person. */
  readonly save: (file: Exported) => void;
  readonly pickFiles: PickFiles;
}

/** All state of the window, wired to one bridge. Called once by `main.ts`, and by tests. */
export function createStores(
  bridge: Bridge,
  { connection, storage, visit, windowSize, address, save, pickFiles }: Surroundings,
) {
  const i18n = new I18n();
  const notices = new NoticeStore(i18n);
  const settings = new SettingsStore(bridge, notices, i18n);
  const engine = new EngineStore(bridge, notices, settings);
  const models = new ModelsStore(bridge, notices, engine, i18n, storage);
  const modelFiles = new ModelFilesStore(bridge, models);
  const photos = new PhotoStore(bridge, notices, settings, visit, pickFiles);
  const scenes = new SceneStore(bridge, notices);
  const preparation = new PreparationStore(bridge);
  const conversations = new ConversationStore(bridge, notices, i18n, save);
  const drafts = new DraftStore(bridge);
  const chat = new ChatStore(bridge, notices, photos, models, drafts);
  const viewer = new ViewerStore(storage);
  const layout = new LayoutStore(storage, windowSize);
  const lens = new LensStore(bridge, notices, i18n, save);
  const again = new AgainStore(bridge, notices);
  const session = new SessionStore({
    address,
    notices,
    photos,
    chat,
    drafts,
    conversations,
    engine,
    preparation,
    viewer,
    layout,
  });
  const marking = new MarkingStore({ session, chat, viewer, engine, lens, notices, i18n });

  const load = () =>
    Promise.all([
      settings.load(),
      engine.load(),
      models.load(),
      photos.load(),
      conversations.load(),
      drafts.load(),
    ]);

  /** What photos are seen with: the package, and the detail that the program holds for it. */
  let seeing: string | undefined;
  let detail = '{}';

  /** Hands an event to every owner of state it may concern; each takes what is its own. */
  const onEvent = (event: AppEvent) => {
    for (const store of [
      settings,
      engine,
      models,
      photos,
      preparation,
      conversations,
      chat,
      session,
      lens,
      again,
    ]) {
      store.onEvent(event);
    }
    if (event.type === 'settings') detail = JSON.stringify(event.settings.detail);
    const now = `${engine.package?.id} ${detail}`;
    if (now === seeing) return;
    seeing = now;
    lens.close();
    session.onSeeingChanged();
  };

  /**
   * Reads everything, brings back the place of the address, and listens. Returns the way to stop.
   * @param onCommand carries out what the application's menu asks for
   */
  async function start(onCommand: (command: MenuCommand) => void): Promise<() => void> {
    const stop = bridge.subscribe(
      (event) => (event.type === 'command' ? onCommand(event.command) : onEvent(event)),
      () => void load().then(() => session.resume()),
    );
    await load();
    detail = JSON.stringify(settings.current.detail);
    seeing = `${engine.package?.id} ${detail}`;
    await photos.restoreRoll();
    // Somebody who was faster than the program is not taken away from what they opened, or have dropped.
    if (!session.hasMoved && photos.arriving === null) await session.restore();
    return stop;
  }

  return {
    bridge,
    connection,
    i18n,
    notices,
    settings,
    engine,
    models,
    modelFiles,
    photos,
    scenes,
    preparation,
    conversations,
    chat,
    viewer,
    layout,
    lens,
    again,
    session,
    marking,
    start,
  };
}

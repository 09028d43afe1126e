import type { MenuCommand } from '../../preload/contract/api.ts';
import type { Stores } from '../stores/stores.ts';
import { stepRegion } from './regions.ts';
import type { CommandName } from './shortcuts.ts';

export type Command = CommandName | MenuCommand;
export type Commands = Readonly<Record<Command, () => void>>;

/** What the window does for each command of a key, of the menu and of the system. */
export function createCommands(stores: Stores): Commands {
  const { photos, session, marking, chat, conversations, viewer, layout, lens } = stores;

  const open = async (folder: boolean) => session.openPhotos(await photos.choose(folder, session.privacy));
  const newConversation = (isPrivate: boolean) => {
    session.newConversation(isPrivate);
    if (session.photoId !== null) layout.ask();
  };

  return {
    open: () => void open(false),
    'open-folder': () => void open(true),
    'next-photo': () => session.step(1),
    'previous-photo': () => session.step(-1),
    'toggle-fit': () => viewer.controls?.toggleFit(),
    fit: () => viewer.controls?.fit(),
    'actual-size': () => viewer.controls?.actualSize(),
    'zoom-in': () => viewer.controls?.zoomBy(zoomStep),
    'zoom-out': () => viewer.controls?.zoomBy(1 / zoomStep),
    'overlay-square': () => viewer.toggleOverlay('square'),
    'overlay-tiles': () => viewer.toggleOverlay('tiles'),
    'overlay-lattice': () => viewer.toggleOverlay('lattice'),
    compare: () => viewer.toggleWipe(),
    mark: () => marking.toggle(),
    loupe: () => viewer.toggleLoupe(),
    perspectives: () => layout.togglePerspectives(),
    lens: () => {
      const answer = chat.messages.findLast(
        ({ provenance: made }) => made && made.tokens.image > 0 && made.tokens.generated > 0,
      );
      if (!answer) return;
      // What it does, and how far it has come, is told at the answer.
      if (lens.messageId !== answer.id && !layout.isChatOpen) layout.toggleChat();
      void lens.toggle(answer);
    },
    ask: () => layout.ask(),
    stop: () => {
      if (viewer.isWatching) viewer.endWatch();
      else if (viewer.isMarking) marking.cancel();
      else if (viewer.picked) viewer.pick(null);
      else if (lens.messageId !== null) lens.close();
      else if (chat.pending) void chat.stop(chat.pending.id);
    },
    'new-conversation': () => newConversation(false),
    'new-private-conversation': () => newConversation(true),
    export: () => {
      if (chat.summary) void conversations.export(chat.summary.id, 'markdown');
    },
    search: () => layout.search(),
    'next-region': () => stepRegion(1),
    'previous-region': () => stepRegion(-1),
    gallery: () => session.showGallery(),
    library: () => layout.toggleLibrary(),
    chat: () => layout.toggleChat(),
    settings: () => layout.openSettings(),
    shortcuts: () => (layout.dialog = 'shortcuts'),
    about: () => (layout.dialog = 'about'),
  };
}

/** A comfortable step: four of them double the size. */
const zoomStep = 2 ** (1 / 2);

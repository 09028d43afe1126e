import { createContext } from 'svelte';
import type { Commands } from '../commands/commands.ts';
import type { Stores } from '../stores/stores.ts';

/** The state of the window, handed down from `App` to every component. */
export const [useStores, provideStores] = createContext<Stores>();

/** What can be done from anywhere: by key, by button, by menu. */
export const [useCommands, provideCommands] = createContext<Commands>();

import type { Dictionary } from '../i18n/dictionary.ts';

/** Every shortcut of the window in one table: the key handler, the tooltips and the help sheet read it. */

type ShortcutName = keyof Dictionary['settings']['shortcuts']['names'];
export type ShortcutSection = keyof Dictionary['settings']['shortcuts']['sections'];

/**
 * A key as `KeyboardEvent.key` names it; letters lower case. `mod` is Command on a Mac and Control elsewhere.
 * Keys without `mod` are heard only outside of text fields, but for those that type nothing: F1 and so on.
 */
export interface KeyStroke {
  readonly key: string;
  readonly mod?: true;
  readonly shift?: true;
}

export interface Shortcut {
  readonly name: ShortcutName;
  readonly section: ShortcutSection;
  readonly keys: readonly KeyStroke[];
}

export const shortcuts = [
  { name: 'open', section: 'photo', keys: [{ key: 'o', mod: true }] },
  { name: 'open-folder', section: 'photo', keys: [{ key: 'o', mod: true, shift: true }] },
  { name: 'next-photo', section: 'photo', keys: [{ key: 'PageDown' }] },
  { name: 'previous-photo', section: 'photo', keys: [{ key: 'PageUp' }] },
  { name: 'toggle-fit', section: 'photo', keys: [{ key: ' ' }, { key: 'z' }] },
  { name: 'fit', section: 'photo', keys: [{ key: '0', mod: true }] },
  { name: 'actual-size', section: 'photo', keys: [{ key: '1', mod: true }] },
  { name: 'zoom-in', section: 'photo', keys: [{ key: '+' }, { key: '=' }] },
  { name: 'zoom-out', section: 'photo', keys: [{ key: '-' }] },
  {
    name: 'pan',
    section: 'photo',
    keys: [{ key: 'ArrowLeft' }, { key: 'ArrowRight' }, { key: 'ArrowUp' }, { key: 'ArrowDown' }],
  },
  { name: 'overlay-square', section: 'overlays', keys: [{ key: 's' }] },
  { name: 'overlay-tiles', section: 'overlays', keys: [{ key: 'l' }] },
  { name: 'overlay-lattice', section: 'overlays', keys: [{ key: 'g' }] },
  { name: 'compare', section: 'overlays', keys: [{ key: 'm' }] },
  { name: 'loupe', section: 'overlays', keys: [{ key: 'k' }] },
  { name: 'mark', section: 'overlays', keys: [{ key: 'r' }] },
  { name: 'perspectives', section: 'overlays', keys: [{ key: 'w' }] },
  { name: 'lens', section: 'overlays', keys: [{ key: 'e' }] },
  { name: 'ask', section: 'chat', keys: [{ key: '/' }] },
  { name: 'send', section: 'chat', keys: [{ key: 'Enter' }] },
  { name: 'new-line', section: 'chat', keys: [{ key: 'Enter', shift: true }] },
  { name: 'stop', section: 'chat', keys: [{ key: 'Escape' }] },
  { name: 'new-conversation', section: 'chat', keys: [{ key: 'n', mod: true }, { key: 'n' }] },
  {
    name: 'new-private-conversation',
    section: 'chat',
    keys: [
      { key: 'n', mod: true, shift: true },
      { key: 'n', shift: true },
    ],
  },
  { name: 'export', section: 'chat', keys: [{ key: 'e', mod: true }] },
  { name: 'search', section: 'window', keys: [{ key: 'f', mod: true }] },
  { name: 'next-region', section: 'window', keys: [{ key: 'F6' }] },
  { name: 'previous-region', section: 'window', keys: [{ key: 'F6', shift: true }] },
  { name: 'gallery', section: 'window', keys: [{ key: 'h' }] },
  { name: 'library', section: 'window', keys: [{ key: 'b' }] },
  { name: 'chat', section: 'window', keys: [{ key: 'c' }] },
  { name: 'settings', section: 'window', keys: [{ key: ',', mod: true }] },
  { name: 'shortcuts', section: 'window', keys: [{ key: '?' }] },
] as const satisfies readonly Shortcut[];

/** What the window carries out itself; the rest is done by text fields and the stage, and only listed in the sheet. */
export type CommandName = Exclude<(typeof shortcuts)[number]['name'], 'pan' | 'send' | 'new-line'>;

/** What a key event needs to be matched; a real KeyboardEvent is one. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'shiftKey' | 'altKey'>;

/** The shortcut a key press stands for, if any. `isTyping`: the focus is in a text field, where plain keys are text. */
export function matchShortcut(press: KeyPress, isMac: boolean, isTyping: boolean): ShortcutName | null {
  if (press.altKey) return null;
  const mod = isMac ? press.metaKey : press.ctrlKey;
  const otherMod = isMac ? press.ctrlKey : press.metaKey;
  if (otherMod || (isTyping && !mod && !/^F\d/.test(press.key))) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const matches = (stroke: KeyStroke) =>
    stroke.key === key &&
    (stroke.mod ?? false) === mod &&
    // Signs such as + and ? need Shift on some keyboards and not on others.
    ((stroke.shift ?? false) === press.shiftKey || !isLetterOrNamed(key));
  return shortcuts.find(({ keys }) => (keys as readonly KeyStroke[]).some(matches))?.name ?? null;
}

const isLetterOrNamed = (key: string) => key.length > 1 || key === ' ' || /^[a-z]$/.test(key);

const macNames: Readonly<Record<string, string>> = { mod: '⌘', shift: '⇧', Enter: '↩' };
const otherNames: Readonly<Record<string, string>> = { mod: 'Ctrl', shift: 'Shift', Enter: 'Enter' };
const sharedNames: Readonly<Record<string, string>> = {
  ' ': '␣',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  Escape: 'Esc',
  '-': '−',
};

/** The key caps of a stroke, in the order they are held. */
export function keyCaps(stroke: KeyStroke, isMac: boolean): readonly string[] {
  const names: Readonly<Record<string, string>> = { ...sharedNames, ...(isMac ? macNames : otherNames) };
  const held = [stroke.mod && 'mod', stroke.shift && 'shift', stroke.key].filter(
    (part) => part !== undefined,
  );
  return held.map((part) => names[part as string] ?? (part as string).toUpperCase());
}

/** The first key of a command as a tooltip shows it, for example "Ctrl O". */
export function shortcutHint(name: CommandName, isMac: boolean): string {
  const shortcut = shortcuts.find((each) => each.name === name)!;
  return keyCaps(shortcut.keys[0], isMac).join(' ');
}

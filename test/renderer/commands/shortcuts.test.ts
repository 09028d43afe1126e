import { expect, test } from 'vitest';
import {
  keyCaps,
  matchShortcut,
  shortcuts,
  type KeyPress,
  type KeyStroke,
} from '../../../renderer/commands/shortcuts.ts';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  metaKey: false,
  ctrlKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

test('Control on Linux and Windows is Command on a Mac', () => {
  expect(matchShortcut(press('o', { ctrlKey: true }), false, false)).toBe('open');
  expect(matchShortcut(press('o', { metaKey: true }), true, false)).toBe('open');
  expect(matchShortcut(press('o', { ctrlKey: true }), true, false)).toBeNull();
});

test('in a text field plain keys are text, and those with Control still are shortcuts', () => {
  expect(matchShortcut(press('g'), false, false)).toBe('overlay-lattice');
  expect(matchShortcut(press('g'), false, true)).toBeNull();
  expect(matchShortcut(press('F', { ctrlKey: true }), false, true)).toBe('search');
});

test('Shift tells a private conversation from another', () => {
  expect(matchShortcut(press('n', { ctrlKey: true }), false, false)).toBe('new-conversation');
  expect(matchShortcut(press('N', { ctrlKey: true, shiftKey: true }), false, false)).toBe(
    'new-private-conversation',
  );
});

test('signs are found whether or not the keyboard needs Shift for them', () => {
  expect(matchShortcut(press('?', { shiftKey: true }), false, false)).toBe('shortcuts');
  expect(matchShortcut(press('+', { shiftKey: true }), false, false)).toBe('zoom-in');
  expect(matchShortcut(press('+'), false, false)).toBe('zoom-in');
});

test('keys with Alt belong to the system', () => {
  expect(matchShortcut(press('g', { altKey: true }), false, false)).toBeNull();
});

test('no key stands for two things', () => {
  const strokes = shortcuts
    .filter(({ name }) => name !== 'send' && name !== 'new-line')
    .flatMap(({ keys }) => (keys as readonly KeyStroke[]).map((stroke) => keyCaps(stroke, false).join('+')));
  expect(strokes).toEqual([...new Set(strokes)]);
});

import type { Commands } from '../../commands/commands.ts';
import { matchShortcut } from '../../commands/shortcuts.ts';
import type { Stores } from '../../stores/stores.ts';
import { isTextField } from './text-field.ts';

/** Part of the view that an arrow key moves by. */
const panStep = 0.15;

const panDirections: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-panStep, 0],
  ArrowRight: [panStep, 0],
  ArrowUp: [0, -panStep],
  ArrowDown: [0, panStep],
};

/** Parts of the window that have keys of their own, and everything behind an open dialog or menu. */
const ownKeys = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
const pressable =
  'button, a, [role="link"], summary, select, input, [role="slider"], [role="separator"], [role="tab"]';

/** Carries out the shortcut that a key press anywhere in the window stands for. */
export function handleKey(event: KeyboardEvent, stores: Stores, commands: Commands): void {
  if (event.defaultPrevented || event.isComposing || document.querySelector(ownKeys)) return;
  const target = event.target instanceof Element ? event.target : document.body;
  const isMac = stores.settings.app?.platform === 'darwin';
  const name = matchShortcut(event, isMac, isTextField(target));
  if (name === null || name === 'send' || name === 'new-line') return;
  // A focused button is pressed by Space; a focused list or slider is moved by arrows.
  if (isPressKey(event.key) && target.closest(pressable)) return;
  event.preventDefault();
  if (name === 'pan') pan(event.key, stores);
  else commands[name]();
}

function pan(key: string, { viewer, session }: Stores): void {
  const isSideways = key === 'ArrowLeft' || key === 'ArrowRight';
  if (viewer.isFitted && isSideways) session.step(key === 'ArrowRight' ? 1 : -1);
  else viewer.controls?.pan(...(panDirections[key] as [number, number]));
}

const isPressKey = (key: string) => key === ' ' || key === 'Enter' || key.startsWith('Arrow');

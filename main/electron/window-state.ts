import { readFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import * as v from 'valibot';
import { replaceFile } from '../../native-models/files/replace-file.ts';

/** Where and how the window was when it was last closed. Bounds are those of the unmaximised window, in screen points. */
export interface WindowState {
  readonly bounds: Rectangle | null;
  readonly maximised: boolean;
  readonly fullScreen: boolean;
}

export const firstState: WindowState = { bounds: null, maximised: false, fullScreen: false };

const whole = v.pipe(v.number(), v.integer());
const stateSchema = v.object({
  bounds: v.nullable(v.object({ x: whole, y: whole, width: whole, height: whole })),
  maximised: v.boolean(),
  fullScreen: v.boolean(),
});

/** The least part of the window's top edge that must be on a screen for a person to get hold of it. */
const graspable = { width: 100, height: 40 };

/** The remembered state; the first one when there is none or it cannot be read. */
export function readWindowState(path: string): WindowState {
  try {
    return v.parse(stateSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return firstState;
  }
}

export function writeWindowState(path: string, state: WindowState): Promise<void> {
  return replaceFile(path, JSON.stringify(state));
}

/**
 * The bounds to open with: the remembered ones where a screen still shows their top edge, shrunk to that screen;
 * null, for the system's own choice, where none does (a screen was unplugged).
 */
export function fitBounds(bounds: Rectangle | null, workAreas: readonly Rectangle[]): Rectangle | null {
  if (!bounds) return null;
  const top = { ...bounds, height: graspable.height };
  const screen = workAreas.find((area) => {
    const width = Math.min(top.x + top.width, area.x + area.width) - Math.max(top.x, area.x);
    const height = Math.min(top.y + top.height, area.y + area.height) - Math.max(top.y, area.y);
    return width >= graspable.width && height >= graspable.height;
  });
  if (!screen) return null;
  return {
    ...bounds,
    width: Math.min(bounds.width, screen.width),
    height: Math.min(bounds.height, screen.height),
  };
}

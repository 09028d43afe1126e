import { spawn } from 'node:child_process';

/** What starting a browser depends on; given in tests. */
export interface DesktopSystem {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
}

/** The command that shows a page, a file, in the person's own browser; null where there is no screen to show it on. */
export function browserCommand(
  path: string,
  { platform, env }: DesktopSystem = process,
): readonly [string, ...string[]] | null {
  switch (platform) {
    case 'darwin':
      return ['open', path];
    case 'win32':
      // Not `cmd /c start`: it would read an & in the path as the end of the command.
      return ['rundll32', 'url.dll,FileProtocolHandler', path];
    default:
      return hasDisplay(env) ? ['xdg-open', path] : null;
  }
}

/** Whether Linux has a screen to draw on: a workstation reached over SSH commonly has none. */
export function hasDisplay(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** Shows a page, a file, in the person's browser. False when that cannot even be tried. */
export function openBrowser(path: string): boolean {
  const command = browserCommand(path);
  if (!command) return false;
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  // A machine without the program is no fault of ours, and the address is on the terminal.
  child.on('error', () => undefined);
  child.unref();
  return true;
}

import type { MenuItemConstructorOptions } from 'electron';
import type { Language, MenuCommand } from '../../preload/contract/api.ts';
import { commandTexts, menuTexts } from './texts.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  readonly language: Language;
  readonly appName: string;
  /** Adds what developers need: reload and the developer tools. */
  readonly developerTools: boolean;
  readonly run: (command: MenuCommand) => void;
}

/** Keys of the commands. Arrow keys belong to text fields and to the viewer, so photos go by the bracket keys. */
const accelerators: Readonly<Record<MenuCommand, string | null>> = {
  open: 'CmdOrCtrl+O',
  'open-folder': 'CmdOrCtrl+Shift+O',
  'new-conversation': 'CmdOrCtrl+N',
  'new-private-conversation': 'CmdOrCtrl+Shift+N',
  settings: 'CmdOrCtrl+,',
  shortcuts: 'CmdOrCtrl+/',
  about: null,
  'zoom-in': 'CmdOrCtrl+Plus',
  'zoom-out': 'CmdOrCtrl+-',
  fit: 'CmdOrCtrl+0',
  'actual-size': 'CmdOrCtrl+1',
  'next-photo': 'CmdOrCtrl+]',
  'previous-photo': 'CmdOrCtrl+[',
  search: 'CmdOrCtrl+F',
  export: 'CmdOrCtrl+S',
};

const separator: MenuItemConstructorOptions = { type: 'separator' };

/** The menu bar, laid out as each platform expects it. */
export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const { platform, language, developerTools, run } = options;
  const isMac = platform === 'darwin';
  const text = (key: keyof typeof menuTexts) => menuTexts[key][language];
  const command = (name: MenuCommand): MenuItemConstructorOptions => {
    const accelerator = accelerators[name];
    return {
      id: name,
      label: commandTexts[name][language],
      ...(accelerator === null ? {} : { accelerator }),
      click: () => run(name),
    };
  };
  return [
    ...(isMac ? [macAppMenu(options, command)] : []),
    {
      label: text('file'),
      submenu: [
        command('open'),
        command('open-folder'),
        ...(isMac ? [macRecentMenu(text('openRecent'))] : []),
        separator,
        command('new-conversation'),
        command('new-private-conversation'),
        separator,
        command('export'),
        separator,
        ...(isMac
          ? [{ role: 'close' } as const]
          : [command('settings'), separator, { role: 'quit' } as const]),
      ],
    },
    {
      label: text('edit'),
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        separator,
        command('search'),
      ],
    },
    {
      label: text('view'),
      submenu: [
        command('zoom-in'),
        // The same key without Shift, on keyboards where + is above =.
        {
          ...command('zoom-in'),
          id: 'zoom-in-unshifted',
          accelerator: 'CmdOrCtrl+=',
          visible: false,
          acceleratorWorksWhenHidden: true,
        },
        command('zoom-out'),
        command('fit'),
        command('actual-size'),
        separator,
        command('previous-photo'),
        command('next-photo'),
        separator,
        { role: 'togglefullscreen' },
        ...(developerTools
          ? [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]
          : []),
      ],
    },
    { label: text('window'), role: 'windowMenu' },
    {
      label: text('help'),
      role: 'help',
      submenu: [command('shortcuts'), ...(isMac ? [] : [separator, command('about')])],
    },
  ];
}

function macAppMenu(
  { appName }: MenuOptions,
  command: (name: MenuCommand) => MenuItemConstructorOptions,
): MenuItemConstructorOptions {
  return {
    label: appName,
    submenu: [
      command('about'),
      separator,
      command('settings'),
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
}

/** macOS fills this menu itself; Windows keeps recent documents in the task bar, Linux in its file manager. */
function macRecentMenu(label: string): MenuItemConstructorOptions {
  return { label, role: 'recentDocuments', submenu: [{ role: 'clearRecentDocuments' }] };
}

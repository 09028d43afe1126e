import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, test } from 'vitest';
import { menuTemplate } from '../../main/electron/menu.ts';
import { commandTexts, dialogTexts, menuTexts } from '../../main/electron/texts.ts';
import type { MenuCommand } from '../../preload/contract/api.ts';

const platforms = ['darwin', 'win32', 'linux'] as const;
const commands = Object.keys(commandTexts) as MenuCommand[];

function build(platform: NodeJS.Platform, language: 'en' | 'ko' = 'en', developerTools = false) {
  const ran: MenuCommand[] = [];
  const template = menuTemplate({
    platform,
    language,
    developerTools,
    appName: 'INF-LLaVA Desktop',
    run: (command) => ran.push(command),
  });
  return { template, items: flatten(template), ran };
}

function flatten(items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flatten(item.submenu) : [])]);
}

const click = (item: MenuItemConstructorOptions) => (item.click as () => void)();

describe.each(platforms)('the menu bar of %s', (platform) => {
  test('has every command of the contract once, and each does what it says', () => {
    const { items, ran } = build(platform);
    for (const command of commands) {
      const [item, ...more] = items.filter(({ id }) => id === command);
      expect(more).toEqual([]);
      click(item!);
    }
    expect(ran).toEqual(commands);
  });

  test('gives no key to two items', () => {
    const keys = build(platform).items.flatMap(({ accelerator }) => accelerator ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('leaves plain arrow keys and letters to the page', () => {
    for (const { accelerator } of build(platform).items)
      expect(accelerator ?? 'CmdOrCtrl+').toMatch(/^CmdOrCtrl\+/);
  });

  test('offers the developer tools in development only', () => {
    const roles = (developerTools: boolean) =>
      build(platform, 'en', developerTools).items.map(({ role }) => role);
    expect(roles(false)).not.toContain('toggleDevTools');
    expect(roles(false)).not.toContain('reload');
    expect(roles(true)).toContain('toggleDevTools');
  });

  test('can be used to edit text: undo, cut, copy, paste, select all', () => {
    const roles = build(platform).items.map(({ role }) => role);
    for (const role of ['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll']) expect(roles).toContain(role);
  });
});

test('macOS has the app menu first, with about and settings, and recent documents; the others have neither', () => {
  const [app] = build('darwin').template;
  expect(app!.label).toBe('INF-LLaVA Desktop');
  expect(flatten([app!]).map(({ id }) => id)).toEqual(expect.arrayContaining(['about', 'settings']));
  for (const platform of platforms) {
    const roles = build(platform).items.map(({ role }) => role);
    expect(roles.includes('recentDocuments')).toBe(platform === 'darwin');
    expect(roles.includes('hide')).toBe(platform === 'darwin');
  }
});

test('every label is there in both languages, and the Korean ones are Korean', () => {
  for (const { en, ko } of Object.values({ ...menuTexts, ...commandTexts, ...dialogTexts })) {
    expect(en).not.toBe('');
    expect(ko).toMatch(/[가-힣]/);
  }
  const labels = build('linux', 'ko').items.flatMap(({ label }) => label ?? []);
  expect(labels).toContain('사진 열기…');
});

import type { OpenDialogOptions } from 'electron';
import { expect, test } from 'vitest';
import { Desktop, type DesktopOptions } from '../../main/electron/desktop.ts';

/** The desktop with dialogs that give these paths, and what the dialogs were asked to show. */
function makeDesktop(filePaths: string[]) {
  const shown: OpenDialogOptions[] = [];
  const recent: string[] = [];
  const dialog = {
    showOpenDialog: async (options: OpenDialogOptions) => {
      shown.push(options);
      return { canceled: filePaths.length === 0, filePaths };
    },
  };
  const desktop = new Desktop({
    app: { addRecentDocument: (path) => void recent.push(path) },
    dialog: dialog as unknown as DesktopOptions['dialog'],
    shell: {} as DesktopOptions['shell'],
    window: () => null,
    language: () => 'ko',
  });
  return { desktop, shown, recent };
}

test('a GGUF file is chosen in a dialog of its own, and is no recent document', async () => {
  const { desktop, shown, recent } = makeDesktop(['/models/mmproj.gguf']);
  expect(await desktop.chooseGguf()).toBe('/models/mmproj.gguf');
  expect(shown).toEqual([
    {
      properties: ['openFile', 'dontAddToRecent'],
      filters: [
        { name: 'GGUF 파일', extensions: ['gguf'] },
        { name: '모든 파일', extensions: ['*'] },
      ],
    },
  ]);
  expect(recent).toEqual([]);
  expect(await makeDesktop([]).desktop.chooseGguf()).toBeNull();
});

test('a folder of a model is chosen as a folder', async () => {
  const { desktop, shown } = makeDesktop(['/models/checkpoint']);
  expect(await desktop.chooseFolder()).toBe('/models/checkpoint');
  expect(shown).toEqual([{ properties: ['openDirectory', 'dontAddToRecent'] }]);
});

test('photos may be several, and are recent documents', async () => {
  const { desktop, shown, recent } = makeDesktop(['/photos/a.jpg']);
  expect(await desktop.choosePaths({ folder: false, multiple: true, isPrivate: false })).toEqual([
    '/photos/a.jpg',
  ]);
  expect(shown[0]!.properties).toEqual(['openFile', 'multiSelections', 'dontAddToRecent']);
  expect(shown[0]!.filters![0]!.extensions).toContain('heic');
  expect(recent).toEqual(['/photos/a.jpg']);
});

test('private photos are listed nowhere, by this program or by the dialog itself', async () => {
  const { desktop, shown, recent } = makeDesktop(['/photos/a.jpg']);
  await desktop.choosePaths({ folder: false, multiple: true, isPrivate: true });
  await desktop.choosePaths({ folder: true, multiple: false, isPrivate: true });
  for (const { properties } of shown) expect(properties).toContain('dontAddToRecent');
  expect(recent).toEqual([]);
});

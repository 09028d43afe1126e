import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expandFolders } from '../../main/services/photos/paths.ts';
import { isPhotoName, photoExtensions, photoKinds } from '../../preload/contract/photos.ts';
import { photosOf } from '../../renderer/api/files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = join(temporaryFolder(), 'photos');

test('names of photos are known in any case, by their end alone', () => {
  for (const name of [
    'a.jpg',
    'IMG_1.JPE',
    '하늘.HIF',
    'x.dib',
    'burst.heics',
    'x.heifs',
    'x.avifs',
    'a.b.Tiff',
  ])
    expect(isPhotoName(name), name).toBe(true);
  for (const name of ['jpg', 'notes.txt', 'a.jpg.txt', 'drawing.svg', 'a.jpgx', '']) {
    expect(isPhotoName(name), name).toBe(false);
  }
});

test('a folder opened in the browser and one opened by the program hold the same photos', async () => {
  mkdirSync(folder);
  const names = [...photoExtensions.map((extension) => `a.${extension.toUpperCase()}`), 'b.svg', 'c.txt'];
  for (const name of names) writeFileSync(join(folder, name), '');
  const opened = await expandFolders([folder]);
  const picked = photosOf(names.map((name) => new File([], name, { type: 'image/any' })));
  expect(opened).toHaveLength(photoExtensions.length);
  expect(picked.map(({ name }) => join(folder, name)).sort()).toEqual([...opened].sort());
});

test('the installed program is registered for exactly these kinds', () => {
  const yaml = readFileSync(new URL('../../electron-builder.yml', import.meta.url), 'utf8');
  const line = /- \{\s+ext: \[(?<ext>[^\]]*)\],\s+name: (?<name>[^,]*),\s+mimeType: (?<mediaType>[^,]*),/g;
  const registered = [...yaml.matchAll(line)].map(({ groups }) => ({
    name: groups!['name'],
    mediaType: groups!['mediaType'],
    extensions: groups!['ext']!.split(', '),
  }));
  expect(registered).toEqual(photoKinds);
});

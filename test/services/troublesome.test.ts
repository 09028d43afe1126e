/** Photos that stall or end the process that reads them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { forkPort, workerPath } from '../../native-models/engine/port.ts';
import type { ServicesOptions } from '../../main/services/options.ts';
import { photoUrls } from '../../preload/contract/api.ts';
import { drawPhoto, get, newDataFolder, startProgram, testFolder } from './support/program.ts';

const worker = fileURLToPath(new URL('./support/troublesome-images.ts', import.meta.url));

/** The images process with photos that give it trouble; how often it was started. */
function troublesome(dataFolder: string) {
  const starts = { count: 0 };
  const options: Partial<ServicesOptions> = {
    dataFolder,
    photoDeadline: 10_000,
    startWorker: (kind) => {
      if (kind === 'images') starts.count++;
      return forkPort(kind === 'images' ? worker : workerPath(kind));
    },
  };
  return { options, starts };
}

test.each([
  ['stalls', 'endless'],
  ['dies', 'crash'],
] as const)(
  'a photo over which the images process %s is named; the others open; the gallery of the next run does not ask for it',
  async (what, reason) => {
    const dataFolder = await newDataFolder();
    const folder = await testFolder();
    for (let index = 0; index < 6; index++) await drawPhoto(join(folder, `good-${index}.png`), index);
    await writeFile(join(folder, `x-${what}-on-thumbnail.png`), `${what} on thumbnail`);
    await writeFile(join(folder, `x-${what}-on-inspect.png`), `${what} on inspect`);
    const first = troublesome(dataFolder);
    const services = await startProgram(first.options);
    const photos = await services.openPaths([folder]);
    const error = (file: string) => ({ code: 'photo-undecodable', details: { file, reason } });
    expect(photos.map(({ name, state, error: fault }) => [name, state, fault])).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((index) => [`good-${index}.png`, 'ready', null]),
      [`x-${what}-on-inspect.png`, 'unreadable', error(`x-${what}-on-inspect.png`)],
      [`x-${what}-on-thumbnail.png`, 'ready', null],
    ]);
    const thumbnail = async (id: string) => (await get(services, photoUrls.thumbnail(id)))!.status;
    const known = photos.filter(({ state }) => state === 'ready');
    const statuses = await Promise.all(known.map(({ id }) => thumbnail(id)));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 422]);
    const bad = known.at(-1)!;
    expect(await services.api.getPhoto({ photoId: bad.id })).toMatchObject({
      state: 'unreadable',
      error: error(bad.name),
    });
    const started = first.starts.count;
    expect(await thumbnail(bad.id)).toBe(422);
    await services.dispose();
    expect(first.starts.count).toBe(started);

    const second = troublesome(dataFolder);
    const again = await startProgram(second.options);
    const recent = await again.api.listRecentPhotos();
    expect(recent).toHaveLength(7);
    const shown = await Promise.all(
      recent.map(async ({ id, name }) => [name, (await get(again, photoUrls.thumbnail(id)))!.status]),
    );
    expect(shown.filter(([, status]) => status !== 200)).toEqual([[bad.name, 422]]);
    expect(second.starts.count).toBeLessThanOrEqual(1);
    expect((await again.api.getPhoto({ photoId: bad.id })).error).toEqual(error(bad.name));
    // A person may try it once more.
    const [opened] = await again.openPaths([join(folder, bad.name)]);
    expect(opened).toMatchObject({ id: bad.id, state: 'ready' });
  },
  240_000,
);

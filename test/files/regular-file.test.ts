import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../native-models/convert/checkpoint/open-checkpoint.ts';
import { ByteFile } from '../../native-models/files/byte-file.ts';
import { piecesOfFile, readRegularFile, readTextIfThere } from '../../native-models/files/regular-file.ts';
import { readPhotoFile } from '../../native-models/image/photo-file.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { openPackage, sha256OfFile } from '../../native-models/package/open-package.ts';
import { SettingsFile } from '../../main/services/settings.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const onUnix = process.platform !== 'win32';

function pipe(...names: string[]): string {
  const path = join(folder, ...names);
  execFileSync('mkfifo', [path]);
  return path;
}

test.runIf(onUnix)(
  'a pipe is refused at once, by every reader of files that others may have named',
  async () => {
    const fifo = pipe('fifo');
    await expect(readRegularFile(fifo, 10)).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(ByteFile.open(fifo)).rejects.toMatchObject({ code: 'checkpoint-invalid' });
    await expect(readPhotoFile(fifo)).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(sha256OfFile(fifo)).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(readGguf(fifo)).rejects.toMatchObject({
      code: expect.stringContaining('invalid') as string,
    });
    expect(await readTextIfThere(fifo)).toBe('');
    for (const [name, read] of [
      ['config.json', (directory: string) => openCheckpoint(directory)],
      ['manifest.json', (directory: string) => openPackage(directory)],
    ] as const) {
      const directory = join(folder, `with-${name}`);
      await mkdir(directory);
      pipe(`with-${name}`, name);
      await expect(read(directory), name).rejects.toMatchObject({
        code: expect.stringContaining('invalid') as string,
      });
    }
    const data = join(folder, 'data');
    await mkdir(data);
    pipe('data', 'settings.json');
    expect((await SettingsFile.open(data, () => undefined)).current.theme).toBe('system');
  },
);

test.runIf(onUnix)(
  'a path that leads to a pipe every other moment is read or refused, and never waited for',
  async () => {
    const fifo = pipe('swapped-fifo');
    const file = join(folder, 'swapped-file');
    const path = join(folder, 'swapped');
    await writeFile(file, 'content');
    await symlink(file, path);
    let isDone = false;
    const swapping = (async () => {
      for (let turn = 0; !isDone; turn++) {
        await symlink(turn % 2 === 0 ? fifo : file, `${path}.new`);
        await rename(`${path}.new`, path);
      }
    })();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 400 }, () =>
        readPhotoFile(path).then(({ bytes }) => Buffer.from(bytes).toString()),
      ),
    );
    isDone = true;
    await swapping;
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toBe('content');
      else expect(outcome.reason).toMatchObject({ code: 'file-unreadable' });
    }
  },
);

test.runIf(onUnix)('what never ends is read to the size it says, or refused', async () => {
  await expect(readPhotoFile('/dev/zero')).rejects.toMatchObject({ code: 'file-unreadable' });
  for (const endless of ['/proc/kmsg', '/proc/self/mem'].filter((path) => existsSync(path))) {
    const read = readPhotoFile(endless).then(
      ({ bytes }) => bytes.length,
      () => 0,
    );
    expect(await read, endless).toBe(0);
  }
});

test('a file is read whole, in pieces, and not beyond its limit', async () => {
  const path = join(folder, 'large');
  const bytes = Buffer.alloc(3 * 2 ** 20 + 5, 'abc');
  await writeFile(path, bytes);
  expect((await readRegularFile(path, bytes.length)).equals(bytes)).toBe(true);
  const pieces: Buffer[] = [];
  for await (const piece of piecesOfFile(path)) pieces.push(Buffer.from(piece));
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  await expect(readRegularFile(path, bytes.length - 1)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(readRegularFile(path, bytes.length, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  await expect(readRegularFile(join(folder, 'none'), 1)).rejects.toMatchObject({ code: 'ENOENT' });
});

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { childEnvironment } from '../../native-models/engine/port.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

/** Just above the 100 MiB of pixels from which libvips uses a file. */
const side = 5950;

/** Opens a photo in a process of its own, as one that was started without anything of ours. */
const script = `
  const { decodePhoto } = await import(process.argv[1]);
  const { image } = await decodePhoto(process.argv[2], { size: { width: 100, height: 100 } });
  process.stdout.write(String(image.data.length));
`;

test('pixels of a large photo are kept in memory: a temp folder that is not there is not missed', async () => {
  const photo = join(folder, 'large.webp');
  const raw = { width: side, height: side, channels: 3 } as const;
  const webp = sharp(Buffer.alloc(side * side * 3, 90), { raw }).webp({ lossless: true, effort: 0 });
  await writeFile(photo, await webp.toBuffer());
  const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: join(folder, 'nowhere') };
  delete env['VIPS_DISC_THRESHOLD'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      script,
      join(import.meta.dirname, '../../native-models/image/decode.ts'),
      photo,
    ],
    { env },
  );
  expect(stdout).toBe('30000');
});

test('child processes are started with the same', () => {
  expect(childEnvironment()['VIPS_DISC_THRESHOLD']).toMatch(/^\d{3,}g$/);
});

import { createHash } from 'node:crypto';
import type { ImagesMethods } from '../../../native-models/engine/images-protocol.ts';
import { readPhotoFile } from '../../../native-models/image/photo-file.ts';
import type { PhotoSource } from '../../../native-models/image/photo-file.ts';
import { parentPort } from '../../../native-models/engine/port.ts';
import { Peer } from '../../../native-models/engine/peer.ts';

// An images process as photos meet it whose decoders hang or crash: what a photo says in plain text, it does.

async function contentOf(source: PhotoSource): Promise<Buffer> {
  return Buffer.from((await readPhotoFile(source)).bytes);
}

function decode(content: Buffer, method: string): void {
  const text = content.toString('latin1');
  if (text === `stalls on ${method}`) for (;;);
  if (text === `dies on ${method}`) process.kill(process.pid, 'SIGKILL');
}

const notHere = () => Promise.reject(new Error('not in this test'));

new Peer<ImagesMethods, Record<never, never>>(parentPort(), {
  inspect: async ({ source }) => {
    const content = await contentOf(source);
    decode(content, 'inspect');
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { width: 1, height: 1, bytes: content.length, format: 'png', notes: [], sha256 };
  },
  thumbnail: async ({ photo }) => {
    decode(await contentOf(photo.source), 'thumbnail');
    return { mediaType: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xd9]), partial: false };
  },
  drawScene: notHere,
  tile: notHere,
  crop: notHere,
  whole: notHere,
  modelPicture: notHere,
});

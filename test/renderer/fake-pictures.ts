import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { viewerLevels, viewerTileSize, type PhotoId } from '../../preload/contract/api.ts';

/** Answers the addresses of `photoUrls` from picture files, well enough to look at the window. */
export async function answerPicture(
  request: Request,
  files: ReadonlyMap<PhotoId, string>,
): Promise<Response | null> {
  const { pathname } = new URL(request.url);
  const [, id, what] = /^\/photos\/([\w-]+)\/(.+)$/.exec(pathname) ?? [];
  const file = files.get(id ?? '');
  if (file === undefined || what === undefined) return pathname.startsWith('/photos/') ? notFound() : null;
  const source = await readFile(file);
  // Plans of the tests are those of the published model.
  const [n, side] = [3, 1008];
  if (what === 'thumbnail')
    return png(await sharp(source).resize(320, 320, { fit: 'inside' }).png().toBuffer());
  const [, level, column, row] = /^tiles\/(\d+)\/(\d+)_(\d+)$/.exec(what) ?? [];
  if (level !== undefined) return png(await cutTile(source, Number(level), Number(column), Number(row)));
  const square = sharp(source)
    .resize(side, side, { fit: 'contain', background: { r: 122, g: 116, b: 104 }, kernel: 'cubic' })
    .removeAlpha();
  if (what === 'whole') return png(await square.png().toBuffer());
  const [, kind, index] = /^crops\/(local|global)-(\d+)$/.exec(what) ?? [];
  if (kind === undefined) return notFound();
  const pixels = await square.raw().toBuffer();
  return png(await cutCrop(pixels, side, n, kind, Number(index)));
}

async function cutTile(source: Buffer, level: number, column: number, row: number): Promise<Buffer> {
  const { width = 1, height = 1 } = await sharp(source).metadata();
  const reduction = 2 ** (viewerLevels(width, height) - 1 - level);
  const [wide, high] = [Math.ceil(width / reduction), Math.ceil(height / reduction)];
  const left = column * viewerTileSize;
  const top = row * viewerTileSize;
  const level0 = await sharp(source).resize(wide, high, { fit: 'fill' }).png().toBuffer();
  return sharp(level0)
    .extract({
      left,
      top,
      width: Math.min(viewerTileSize, wide - left),
      height: Math.min(viewerTileSize, high - top),
    })
    .png()
    .toBuffer();
}

function cutCrop(pixels: Buffer, side: number, n: number, kind: string, index: number): Promise<Buffer> {
  const tile = side / n;
  const [row, column] = [Math.floor(index / n), index % n];
  const crop = Buffer.alloc(tile * tile * 3);
  for (let y = 0; y < tile; y++) {
    for (let x = 0; x < tile; x++) {
      const fromX = kind === 'local' ? column * tile + x : x * n + column;
      const fromY = kind === 'local' ? row * tile + y : y * n + row;
      pixels.copy(crop, (y * tile + x) * 3, (fromY * side + fromX) * 3, (fromY * side + fromX) * 3 + 3);
    }
  }
  return sharp(crop, { raw: { width: tile, height: tile, channels: 3 } })
    .png()
    .toBuffer();
}

const png = (bytes: Buffer) =>
  new Response(new Uint8Array(bytes), { headers: { 'content-type': 'image/png' } });
const notFound = () => new Response('No such picture.', { status: 404 });

/** Renders the PNGs of this folder from its two SVGs: `node main/electron/icons/draw.ts`. The results are committed. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawSvg } from '../../../native-models/image/sharp.ts';

const folder = import.meta.dirname;

/** electron-builder makes the icons of macOS and Windows from icon.png and takes the rest for Linux. */
const RENDERS = [
  { file: 'icon.png', master: 'icon.svg', side: 1024 },
  { file: '512x512.png', master: 'icon.svg', side: 512 },
  { file: '256x256.png', master: 'icon.svg', side: 256 },
  { file: '128x128.png', master: 'icon.svg', side: 128 },
  { file: '64x64.png', master: 'icon.svg', side: 64 },
  { file: '32x32.png', master: 'icon-small.svg', side: 32 },
  { file: '16x16.png', master: 'icon-small.svg', side: 16 },
] as const;

for (const { file, master, side } of RENDERS) {
  const svg = await readFile(path.join(folder, master), 'utf8');
  const sized = svg.replace(/width="\d+" height="\d+"/, `width="${side}" height="${side}"`);
  await writeFile(path.join(folder, file), await drawSvg(sized));
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SamplePicture {
  readonly path: string;
  readonly bytes: number;
}

/** The bundled sample pictures, on which a conversion proves its precision, in a fixed order. */
export async function samplePictures(): Promise<SamplePicture[]> {
  const folder = fileURLToPath(new URL('../samples/', import.meta.url));
  const names = (await readdir(folder)).filter((name) => /\.(png|jpg|webp)$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ path: join(folder, name), bytes: (await stat(join(folder, name))).size })),
  );
}

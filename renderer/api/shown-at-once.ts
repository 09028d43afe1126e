import { photoKinds } from '../../preload/contract/photos.ts';

/** Kinds that every browser shows by itself. */
const known = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/bmp'];
const extensions = photoKinds
  .filter(({ mediaType }) => known.includes(mediaType))
  .flatMap((kind) => kind.extensions);

/** Whether the browser can show a file before the program has seen it; files of other kinds wait for the program. */
export const isShownAtOnce = ({ name }: Pick<File, 'name'>) =>
  extensions.some((extension) => name.toLowerCase().endsWith(`.${extension}`));

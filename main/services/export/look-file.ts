import {
  wordsOf,
  type Look,
  type LookGrid,
  type LookHead,
  type LookInViews,
  type LookMaps,
  type Rect,
} from '../../../preload/contract/api.ts';

/** Where a model looked when it wrote an answer, as a file for other programs: docs/lens-file.md. */
export interface LookFile {
  readonly format: 'inf-llava-look';
  readonly version: 1;
  readonly package: { readonly name: string; readonly sha256: string };
  readonly question: string;
  readonly answer: string;
  /** The attention heads that the maps are made of. */
  readonly heads: readonly LookHead[];
  readonly trust: Look['trust'];
  readonly tokens: readonly string[];
  /** Tokens `from` to `to` - 1 are a word. */
  readonly words: readonly { readonly text: string; readonly from: number; readonly to: number }[];
  readonly pictures: readonly {
    readonly photo: FilePhoto;
    /** Of the photo, in its pixels; null for the whole of it. */
    readonly region: Rect | null;
    readonly grids: readonly LookGrid[];
  }[];
  /** A number for every place of every grid, by token. */
  readonly maps: readonly (readonly number[])[];
  /** The same one level deeper; null where each place is of one view. */
  readonly inViews: { readonly grids: readonly LookGrid[]; readonly maps: LookFile['maps'] } | null;
}

export interface FilePhoto {
  readonly name: string;
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
}

/** Numbers that are stored as a byte of their peak have no more. */
const digits = 3;

export function toLookFile(
  look: Look,
  inViews: LookInViews | null,
  { question, answer }: { readonly question: string; readonly answer: string },
  photoOf: (photoId: string) => FilePhoto,
): LookFile {
  const { packageName, packageSha256, tokens, heads, trust } = look;
  return {
    ...{ format: 'inf-llava-look', version: 1 },
    package: { name: packageName, sha256: packageSha256 },
    ...{ question, answer, heads, trust, tokens, words: wordsOf(tokens) },
    pictures: look.pictures.map(({ photoId, region, grids }) => {
      const { name, sha256, width, height } = photoOf(photoId);
      return { photo: { name, sha256, width, height }, region, grids };
    }),
    maps: numbersOf(look),
    inViews: inViews && { grids: inViews.pictures[0]!.grids, maps: numbersOf(inViews) },
  };
}

function numbersOf({ maps, size, peaks }: LookMaps): LookFile['maps'] {
  const bytes = Buffer.from(maps, 'base64');
  return peaks.map((peak, token) =>
    Array.from(bytes.subarray(token * size, (token + 1) * size), (value) =>
      Number(((peak * value) / 255).toPrecision(digits)),
    ),
  );
}

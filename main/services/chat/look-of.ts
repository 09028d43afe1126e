import type { LensHeads } from '../../../native-models/engine/calibrate-lens.ts';
import type { LookFacts } from '../../../native-models/engine/lens.ts';
import type { ViewPlan } from '../../../native-models/families/index.ts';
import type { Head } from '../../../native-models/language/reread.ts';
import type { Manifest } from '../../../native-models/package/manifest.ts';
import type { Look, LookedAt, LookInViews, LookMaps, Picture } from '../../../preload/contract/api.ts';

export interface LookedAnswer {
  readonly messageId: Look['messageId'];
  readonly package: Pick<Manifest, 'name' | 'language'> & { readonly sha256: string };
  /** What was in front of the model, in order, as it sees it. */
  readonly pictures: readonly (Picture & { readonly plan: ViewPlan })[];
  readonly heads: readonly Head[];
  /** Null where all heads are taken. */
  readonly lens: LensHeads | null;
}

/** Where the model looked, out of what it computed. */
export function lookOf(answer: LookedAnswer, { tokens, maps, rows }: LookFacts): Look {
  const size = rows.reduce((sum, count) => sum + count, 0);
  let first = 0;
  const pictures = answer.pictures.map(({ photoId, region, plan }, at) => {
    const grids = gridsOf(plan, first);
    first += rows[at]!;
    return { photoId, region, grids };
  });
  const { name, sha256, language } = answer.package;
  return {
    ...{ messageId: answer.messageId, packageName: name, packageSha256: sha256 },
    ...{ tokens, pictures, size, ...packMaps(maps, size) },
    ...{ heads: answer.heads, allHeads: language.layers * language.heads },
    trust: answer.lens && { near: answer.lens.near, uniform: answer.lens.uniform },
  };
}

/**
 * The same one level deeper.
 * @param plan how the only picture of the look was seen
 * @param maps [tokens, tokens of the local views, then of the global ones], as `mapsInViews` gives them
 */
export function lookInViewsOf(
  { messageId, tokens, pictures: [picture] }: Look,
  { views, tokenGrids }: ViewPlan,
  maps: Float32Array,
): LookInViews {
  const { columns, rows } = tokenGrids[0]!;
  const grids = views
    .filter(({ kind }) => kind !== 'base')
    .map(({ kind, index, region }, at) => ({
      ...{ kind, index, region, columns, rows, stride: columns },
      first: at * columns * rows,
    }));
  const size = maps.length / tokens.length;
  return { messageId, pictures: [{ ...picture!, grids }], size, ...packMaps(maps, size) };
}

/** Maps [tokens, size] as bytes of their peaks. What rounding takes from a number the next one gets, so that sums are kept: most are small. */
function packMaps(maps: Float32Array, size: number): Pick<LookMaps, 'maps' | 'peaks'> {
  const peaks: number[] = [];
  for (let start = 0; start < maps.length; start += size)
    peaks.push(maps.subarray(start, start + size).reduce((most, value) => Math.max(most, value), 0));
  let rest = 0;
  const bytes = Uint8Array.from(maps, (value, at) => {
    const peak = peaks[Math.floor(at / size)]!;
    if (at % size === 0) rest = 0;
    if (value === 0) return 0;
    const exact = rest + (255 * value) / peak;
    const byte = Math.min(255, Math.round(exact));
    rest = exact - byte;
    return byte;
  });
  return { peaks, maps: Buffer.from(bytes).toString('base64') };
}

/** The inverse, to a 255th of a map's peak. */
export function unpackMaps({ maps, size, peaks }: LookMaps): Float32Array {
  const bytes = Buffer.from(maps, 'base64');
  return Float32Array.from(bytes, (value, at) => (peaks[Math.floor(at / size)]! * value) / 255);
}

export const everyHead = ({
  layers,
  heads,
}: Pick<Manifest['language'], 'layers' | 'heads'>): readonly Head[] =>
  Array.from({ length: layers * heads }, (_, at) => ({ layer: Math.floor(at / heads), head: at % heads }));

function gridsOf({ tokenGrids, views }: ViewPlan, first: number): LookedAt['grids'] {
  return tokenGrids.map(({ view, first: own, columns, rows, stride, region }) => ({
    kind: view === null ? null : views[view]!.kind,
    index: view === null ? 0 : views[view]!.index,
    ...{ region, columns, rows, stride },
    first: first + own,
  }));
}

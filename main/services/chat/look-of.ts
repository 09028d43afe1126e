import type { LensHeads } from '../../../native-models/engine/calibrate-lens.ts';
import type { LookFacts } from '../../../native-models/engine/lens.ts';
import type { ViewPlan } from '../../../native-models/families/index.ts';
import type { Head } from '../../../native-models/language/reread.ts';
import type { Manifest } from '../../../native-models/package/manifest.ts';
import type { Look, LookedAt, Picture } from '../../../preload/contract/api.ts';

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
  const peaks = tokens.map((_, at) => Math.max(0, ...maps.subarray(at * size, (at + 1) * size)));
  const bytes = Uint8Array.from(maps, (value, at) => {
    const peak = peaks[Math.floor(at / size)]!;
    return peak > 0 ? Math.round((255 * value) / peak) : 0;
  });
  let first = 0;
  const pictures = answer.pictures.map(({ photoId, region, plan }, at) => {
    const grids = gridsOf(plan, first);
    first += rows[at]!;
    return { photoId, region, grids };
  });
  const { name, sha256, language } = answer.package;
  return {
    ...{ messageId: answer.messageId, packageName: name, packageSha256: sha256 },
    ...{ tokens, pictures, size, peaks },
    maps: Buffer.from(bytes).toString('base64'),
    ...{ heads: answer.heads, allHeads: language.layers * language.heads },
    trust: answer.lens && { near: answer.lens.near, uniform: answer.lens.uniform },
  };
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

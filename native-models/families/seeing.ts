import type { Manifest, Views } from '../package/manifest.ts';

/** What of a manifest says how a photo is seen. */
export interface Seeing<V extends Views = Views> {
  readonly views: V;
  readonly normalisation: Manifest['normalisation'];
  readonly vision: Pick<Manifest['vision'], 'patch'>;
}

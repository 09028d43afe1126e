import { throwIfCancelled } from '../../preload/contract/errors.ts';
import type { Manifest } from '../package/manifest.ts';
import { OnnxSession, type SessionOptions } from './onnx-runtime.ts';

export interface EncodeCropsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when the crop of that number is done. */
  readonly onCrop?: (crop: number) => void;
}

/**
 * The vision tower of a package. One crop is encoded at a time: measured with ViT-L/336 on CPUs, batches of 2 to 5 take the
 * same time or up to a fifth more per crop (activations leave the cache), and 8-bit activations share one scale per run, so
 * that alone the features of a crop do not depend on its neighbours.
 */
export class VisionEncoder {
  readonly #session: OnnxSession;
  readonly #cropShape: readonly number[];
  readonly #featureLength: number;

  private constructor(session: OnnxSession, { views: { tile }, vision }: VisionDimensions) {
    this.#session = session;
    this.#cropShape = [1, 3, tile, tile];
    this.#featureLength = vision.tokens * vision.width;
  }

  /** Loads `vision.onnx` at `path`. Throws as `OnnxSession.open`. */
  static async open(
    path: string,
    dimensions: VisionDimensions,
    options: SessionOptions,
  ): Promise<VisionEncoder> {
    return new VisionEncoder(await OnnxSession.open(path, options), dimensions);
  }

  /**
   * Features [count, T, D] of `count` crops; `cut(i)` gives crop i, normalised, [3, S, S]. Throws `cancelled` between two
   * crops, `out-of-memory`.
   */
  async encode(
    count: number,
    cut: (crop: number) => Float32Array,
    { signal, onCrop }: EncodeCropsOptions = {},
  ): Promise<Float32Array> {
    const all = new Float32Array(count * this.#featureLength);
    for (let crop = 0; crop < count; crop++) {
      throwIfCancelled(signal);
      const { features } = await this.#session.run({ pixels: { data: cut(crop), shape: this.#cropShape } });
      all.set(features!.data, crop * this.#featureLength);
      onCrop?.(crop);
    }
    return all;
  }

  /** Frees the native memory. Safe twice. */
  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

/** What of a manifest the tower needs. */
export type VisionDimensions = {
  readonly views: Pick<Manifest['views'], 'tile'>;
  readonly vision: Pick<Manifest['vision'], 'tokens' | 'width'>;
};

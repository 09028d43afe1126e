import type { CropKind } from '../image/dual-crops.ts';
import type { Manifest } from './manifest.ts';

/** One pass through the tower. The base image is one of its own only where no global crop equals it. */
export interface EncoderPass {
  readonly kind: CropKind | 'base';
  readonly index: number;
}

/**
 * The passes that one picture costs, in order: local crops, the global crops that are wanted, the base image. With a
 * single perspective there is the base image alone.
 */
export function encoderPasses(crops: Manifest['crops'], allCrops = false): EncoderPass[] {
  const { perspectives, n, globalsEncoded, baseIsGlobal } = crops;
  const all = Array.from({ length: perspectives === 'dual' ? n * n : 0 }, (_, index) => index);
  return [
    ...all.map((index) => ({ kind: 'local' as const, index })),
    ...(allCrops ? all : globalsEncoded).map((index) => ({ kind: 'global' as const, index })),
    ...(baseIsGlobal === null ? [{ kind: 'base' as const, index: 0 }] : []),
  ];
}

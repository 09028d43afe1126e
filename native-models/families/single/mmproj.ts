import { readClipMmproj } from '../clip-mmproj.ts';
import type { MmprojFile, Mmproj } from '../mmproj-file.ts';
import { onLineOfItsOwn } from '../recognised.ts';
import { paddedSquare } from '../square.ts';

/** LLaVA is trained with 2048 tokens in its first scripts, with 4096 in later ones. */
const longestContext = 4096;

/**
 * An mmproj of the type `mlp` (`legacy-models/convert_image_encoder_to_gguf.py` of llama.cpp): a CLIP tower that sees a photo
 * as one square, and linear maps with a GELU between each two.
 */
export function readSingleMmproj(file: MmprojFile): Mmproj {
  const { vision, projector, languageWidth } = readClipMmproj(file);
  const { square } = paddedSquare(vision);
  return {
    seeing: file.seeing({ family: 'single', ...square, tile: vision.imageSize }, vision),
    vision,
    connector: { shuffle: 1, normEps: null },
    pictures: onLineOfItsOwn,
    longestContext,
    tensors: new Map([...projector, ...file.towerTensors(vision)]),
    languageWidth,
  };
}

import type { OpenedPackage } from '../package/open-package.ts';
import { packageFiles } from '../package/package-files.ts';
import { createDecoder, type Decoder, type DecoderOptions } from '../language/decoder.ts';
import { createImageEncoder, type ImageEncoder, type ImageEncoderOptions } from '../vision/encode-image.ts';

export interface BothModels {
  readonly encoder: ImageEncoder;
  readonly decoder: Decoder;
}

/**
 * Both models of a package, loaded beside each other: llama.cpp reads its file on a thread of its own while ONNX Runtime
 * lays out the tower. A tower on a GPU comes first: how many layers fit there beside it is measured. When one cannot be loaded the other is freed. Throws as `createImageEncoder` and `createDecoder`.
 */
export async function loadBoth(
  opened: OpenedPackage,
  vision: ImageEncoderOptions,
  language: Omit<DecoderOptions, 'gguf' | 'contextTokens'> & { readonly contextTokens: number | null },
): Promise<BothModels> {
  const contextTokens = language.contextTokens ?? opened.manifest.language.contextTrained;
  const decode = () =>
    createDecoder({ ...language, gguf: opened.path(packageFiles.language), contextTokens });
  const { provider = 'cpu' } = vision;
  // First what works on another thread.
  const decoding = provider === 'cpu' ? decode() : null;
  const encoding = createImageEncoder(opened, vision);
  const [decoder, encoder] = await Promise.allSettled([decoding ?? encoding.then(decode), encoding]);
  if (decoder.status === 'fulfilled' && encoder.status === 'fulfilled')
    return { decoder: decoder.value, encoder: encoder.value };
  if (decoder.status === 'fulfilled') await decoder.value.dispose();
  if (encoder.status === 'fulfilled') await encoder.value.dispose();
  throw decoder.status === 'rejected' ? decoder.reason : (encoder as PromiseRejectedResult).reason;
}

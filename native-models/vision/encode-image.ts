import { throwIfCancelled } from '../../preload/contract/errors.ts';
import type { PhotoInfo } from '../image/decode.ts';
import { baseImage, cutCrop } from '../image/dual-crops.ts';
import type { ModelSquare, Region } from '../image/geometry.ts';
import type { PhotoSource } from '../image/photo-file.ts';
import type { RgbImage } from '../image/pixels.ts';
import { modelPixels, preprocessPhoto } from '../image/preprocess.ts';
import { encoderPasses, type EncoderPass } from '../package/encoder-passes.ts';
import type { Manifest } from '../package/manifest.ts';
import { packageFiles, type PackageFile } from '../package/package-files.ts';
import { OnnxSession, type FloatTensor, type Provider } from './onnx-runtime.ts';
import { VisionEncoder } from './vision-encoder.ts';

/** The whole path of a photo, top to bottom: decode, preprocess, crops, features, enhance, project. */

/** What of an opened package the vision side needs. */
export interface VisionPackage {
  readonly manifest: Pick<Manifest, 'crops' | 'preprocess'> & {
    readonly vision: Pick<Manifest['vision'], 'tokens' | 'width'>;
    readonly language: Pick<Manifest['language'], 'width'>;
  };
  path(name: PackageFile): string;
}

export interface ImageEncoderOptions {
  /** Threads of ONNX Runtime; the number of physical cores when left out. */
  readonly threads?: number;
  /** Where the tower runs: 'cpu' when left out, or what `chooseProvider` found. DEM and the projector run on the CPU. */
  readonly provider?: Provider;
}

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (event: EncodeProgress) => void;
  /** Encodes every global crop and computes DEM in the paper's full form, where there is one; the answer is the same. */
  readonly allCrops?: boolean;
}

export interface EncodePhotoOptions extends EncodeOptions {
  /** This part of the upright photo, at its own resolution, is the picture. */
  readonly region?: Region;
  /** Takes what can be read of a damaged file. */
  readonly allowPartial?: boolean;
}

export interface EncodeProgress {
  readonly stage: 'preprocess' | 'encode' | 'enhance';
  /** Of this stage, 0..1. */
  readonly fraction: number;
  /** The crop that has just been encoded. */
  readonly crop?: EncoderPass;
}

/** Milliseconds. */
export interface EncodeTimings {
  /** Of every pass through the tower, in order: local crops, global crops, base image. */
  readonly passes: readonly number[];
  /** DEM, mean and projector, or the projector alone. */
  readonly enhance: number;
}

export interface EncodedPicture {
  /** [rows, width]: T embeddings of the language model's width H. */
  readonly embeddings: Float32Array;
  readonly rows: number;
  readonly width: number;
  readonly timings: EncodeTimings;
  readonly stages: EncodeStages;
}

export interface EncodedImage extends EncodedPicture {
  readonly photo: PhotoInfo;
  /** Where the picture lies in the photo. */
  readonly square: ModelSquare;
  readonly timings: EncodeTimings & { readonly decode: number; readonly preprocess: number };
}

/** What was computed on the way, for `trace`. */
export interface EncodeStages {
  /** [3, S, S], normalised. */
  readonly basePixels: Float32Array;
  /** [n * n, T, D]; empty with a single perspective. */
  readonly localFeatures: Float32Array;
  /** [p, T, D]: the encoded global crops, ascending; all n * n with `allCrops`; empty with a single perspective. */
  readonly globalFeatures: Float32Array;
  /** [T, D]. */
  readonly baseFeatures: Float32Array;
  /** [T, D]; null with a single perspective, which has no DEM. */
  readonly demOutput: Float32Array | null;
}

/** Loads the vision side of a package. Throws `package-invalid`, `out-of-memory`. */
export async function createImageEncoder(
  modelPackage: VisionPackage,
  options: ImageEncoderOptions = {},
): Promise<ImageEncoder> {
  const { manifest } = modelPackage;
  const path = (name: PackageFile) => modelPackage.path(name);
  const tower = await VisionEncoder.open(path(packageFiles.vision), manifest, options);
  try {
    const { threads } = options;
    const short = await OnnxSession.open(path(packageFiles.enhance), { threads });
    const openFull = () => OnnxSession.open(path(packageFiles.enhanceFull), { threads });
    return new ImageEncoder(manifest, tower, short, openFull);
  } catch (error) {
    await tower.dispose();
    throw error;
  }
}

export class ImageEncoder {
  readonly #manifest: VisionPackage['manifest'];
  readonly #tower: VisionEncoder;
  readonly #short: OnnxSession;
  readonly #openFull: () => Promise<OnnxSession>;
  /** Opened when it is first needed. */
  #full: Promise<OnnxSession> | undefined;

  /** Use `createImageEncoder`. */
  constructor(
    manifest: VisionPackage['manifest'],
    tower: VisionEncoder,
    short: OnnxSession,
    openFull: () => Promise<OnnxSession>,
  ) {
    this.#manifest = manifest;
    this.#tower = tower;
    this.#short = short;
    this.#openFull = openFull;
  }

  /** Embeddings of a photo. Throws what `preprocessPhoto` throws, `cancelled` (between crops), `out-of-memory`. */
  async encode(source: PhotoSource, options: EncodePhotoOptions = {}): Promise<EncodedImage> {
    const { crops, preprocess } = this.#manifest;
    const { region, allowPartial = false, signal, onProgress } = options;
    onProgress?.({ stage: 'preprocess', fraction: 0 });
    const { info, square, picture, timings } = await preprocessPhoto(source, {
      ...crops,
      ...preprocess,
      region,
      allowPartial,
      ...(signal && { signal }),
    });
    onProgress?.({ stage: 'preprocess', fraction: 1 });
    const encoded = await this.encodePicture(picture, options);
    return { ...encoded, photo: info, square, timings: { ...timings, ...encoded.timings } };
  }

  /** Embeddings of a preprocessed picture (`PreprocessedPhoto.picture`). Throws `cancelled`, `out-of-memory`. */
  async encodePicture(picture: RgbImage, options: EncodeOptions = {}): Promise<EncodedPicture> {
    const { crops, preprocess, vision, language } = this.#manifest;
    const pixels = modelPixels(picture, crops, preprocess);
    const basePixels = baseImage(pixels, crops);
    const isDual = crops.perspectives === 'dual';
    const passes = encoderPasses(crops, options.allCrops);
    // Crops are encoded one after the other: they take turns in the same memory.
    const crop = new Float32Array(basePixels.length);
    const cut = ({ kind, index }: EncoderPass) =>
      kind === 'base' ? basePixels : cutCrop(pixels, kind, index, crops, crop);

    const { features, times } = await this.#encodeCrops(passes, cut, options);
    const { local, globals, base } = this.#group(features, passes);

    options.onProgress?.({ stage: 'enhance', fraction: 0 });
    const clock = stopwatch();
    const enhance = options.allCrops && isDual ? await this.#fullForm() : this.#short;
    const { dem, embeddings } = await enhance.run(isDual ? { local, globals, base } : { base });
    const timings = { passes: times, enhance: clock() };
    options.onProgress?.({ stage: 'enhance', fraction: 1 });
    return {
      embeddings: embeddings!.data,
      rows: vision.tokens,
      width: language.width,
      timings,
      stages: {
        basePixels,
        localFeatures: local.data,
        globalFeatures: globals.data,
        baseFeatures: base.data,
        demOutput: dem?.data ?? null,
      },
    };
  }

  /** Features [passes, T, D], and the milliseconds of every pass. */
  async #encodeCrops(
    passes: readonly EncoderPass[],
    cut: (pass: EncoderPass) => Float32Array,
    { signal, onProgress }: EncodeOptions,
  ): Promise<{ features: Float32Array; times: number[] }> {
    const times: number[] = [];
    const clock = stopwatch();
    const features = await this.#tower.encode(passes.length, (at) => cut(passes[at]!), {
      signal,
      onCrop: (at) => {
        times.push(clock());
        onProgress?.({ stage: 'encode', fraction: (at + 1) / passes.length, crop: passes[at]! });
      },
    });
    throwIfCancelled(signal);
    return { features, times };
  }

  /** The inputs of the enhance graph, out of the features of all passes. */
  #group(
    features: Float32Array,
    passes: readonly EncoderPass[],
  ): Record<'local' | 'globals' | 'base', FloatTensor> {
    const { crops, vision } = this.#manifest;
    const size = vision.tokens * vision.width;
    const rows = (first: number, count: number): FloatTensor => ({
      data: features.subarray(first * size, (first + count) * size),
      shape: [count, vision.tokens, vision.width],
    });
    const count = (kind: EncoderPass['kind']) => passes.filter((pass) => pass.kind === kind).length;
    const base = passes.findIndex(
      ({ kind, index }) => kind === 'base' || (kind === 'global' && index === crops.baseIsGlobal),
    );
    return {
      local: rows(0, count('local')),
      globals: rows(count('local'), count('global')),
      base: rows(base, 1),
    };
  }

  #fullForm(): Promise<OnnxSession> {
    this.#full ??= this.#openFull().catch((error: unknown) => {
      this.#full = undefined;
      throw error;
    });
    return this.#full;
  }

  /** Frees the native memory. Safe twice. */
  async dispose(): Promise<void> {
    await this.#tower.dispose();
    await this.#short.dispose();
    await this.#full?.then(
      (session) => session.dispose(),
      () => undefined,
    );
  }
}

/** Milliseconds since it was last asked. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = now - last;
    last = now;
    return elapsed;
  };
}

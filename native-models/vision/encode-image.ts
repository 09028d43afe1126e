import { throwIfCancelled } from '../../preload/contract/errors.ts';
import {
  familyOf,
  type Connector,
  type Family,
  type PlanOptions,
  type PrepareOptions,
  type PreparedPicture,
  type RowRun,
  type Seeing,
  type View,
  type ViewPlan,
  type ViewRange,
} from '../families/index.ts';
import { openPhoto, type OpenedPhoto, type PhotoInfo } from '../image/decode.ts';
import type { Region } from '../image/geometry.ts';
import type { PhotoSource } from '../image/photo-file.ts';
import type { Manifest } from '../package/manifest.ts';
import { packageFiles, type PackageFile } from '../package/package-files.ts';
import { DemAttention, type PhaseAttention } from './dem-attention.ts';
import { OnnxSession, type FloatTensor, type Provider } from './onnx-runtime.ts';
import { VisionEncoder } from './vision-encoder.ts';

/**
 * The whole path of a photo, top to bottom: decode, preprocess, views, features, enhance, project. The command line takes it
 * in one process (`encode`). The app takes it in two: the images process does the first half (`modelPicture` of
 * `engine/serve-images.ts`: decode, preprocess), the inference process the rest (`encodePicture`).
 */

/** What of an opened package the vision side needs. */
export interface VisionPackage {
  readonly manifest: Seeing & {
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
}

export interface EncodePhotoOptions extends EncodeOptions, PrepareOptions {}

export interface EncodeProgress {
  readonly stage: 'preprocess' | 'encode' | 'enhance';
  /** Of this stage, 0..1. */
  readonly fraction: number;
  /** The view that has just been encoded. */
  readonly view?: View;
}

/** Milliseconds. */
export interface EncodeTimings {
  /** Of every pass through the tower, in the order of the plan. */
  readonly passes: readonly number[];
  /** DEM, mean and projector, or the projector alone. */
  readonly enhance: number;
}

export interface EncodedPicture {
  /** [rows, width]: the plan's rows of the language model's width H. */
  readonly embeddings: Float32Array;
  readonly rows: number;
  readonly width: number;
  readonly plan: ViewPlan;
  /** [views, T, D], of the tower. */
  readonly features: Float32Array;
  readonly timings: EncodeTimings;
  /** What was computed on the way, by name, for `trace`: what the plan says is traced, and `dem_output` where there is one. */
  readonly stages: () => ReadonlyMap<string, FloatTensor>;
}

export interface EncodedImage extends EncodedPicture {
  readonly photo: PhotoInfo;
  readonly timings: EncodeTimings & { readonly decode: number; readonly preprocess: number };
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
    const full = new Late(() => OnnxSession.open(path(packageFiles.enhanceFull), { threads }));
    const { width } = manifest.vision;
    const attention = new Late(() => DemAttention.open(path(packageFiles.enhance), width, { threads }));
    return new ImageEncoder(manifest, tower, short, { full, attention });
  } catch (error) {
    await tower.dispose();
    throw error;
  }
}

export class ImageEncoder {
  readonly #manifest: VisionPackage['manifest'];
  readonly #family: Family;
  readonly #tower: VisionEncoder;
  readonly #short: OnnxSession;
  readonly #late: LateGraphs;

  /** Use `createImageEncoder`. */
  constructor(
    manifest: VisionPackage['manifest'],
    tower: VisionEncoder,
    short: OnnxSession,
    late: LateGraphs,
  ) {
    this.#manifest = manifest;
    this.#family = familyOf(manifest);
    this.#tower = tower;
    this.#short = short;
    this.#late = late;
  }

  /** Embeddings of a photo. Throws what `openPhoto` and `Family.prepare` throw, `cancelled` (between views), `out-of-memory`. */
  async encode(source: PhotoSource, options: EncodePhotoOptions = {}): Promise<EncodedImage> {
    const start = performance.now();
    const photo = await openPhoto(source, options);
    const opened = performance.now() - start;
    const encoded = await this.encodePhoto(photo, options);
    const { timings } = encoded;
    return { ...encoded, timings: { ...timings, decode: opened + timings.decode } };
  }

  /** The same of a photo that is open already. */
  async encodePhoto(photo: OpenedPhoto, options: EncodePhotoOptions = {}): Promise<EncodedImage> {
    options.onProgress?.({ stage: 'preprocess', fraction: 0 });
    const { info, timings, ...prepared } = await this.#family.prepare(photo, options);
    options.onProgress?.({ stage: 'preprocess', fraction: 1 });
    const encoded = await this.encodePicture(prepared, options);
    return { ...encoded, photo: info, timings: { ...timings, ...encoded.timings } };
  }

  /** How a photo, or a part of it, would be seen. */
  plan(region: Region, options?: PlanOptions): ViewPlan {
    return this.#family.plan(region, options);
  }

  /** Embeddings of a prepared picture. Throws `cancelled`, `out-of-memory`. */
  async encodePicture(
    { picture, plan }: Pick<PreparedPicture, 'picture' | 'plan'>,
    options: EncodeOptions = {},
  ): Promise<EncodedPicture> {
    const pixels = this.#family.views(picture, plan);
    const { features, times } = await this.#encodeViews(plan, pixels, options);
    options.onProgress?.({ stage: 'enhance', fraction: 0 });
    const clock = stopwatch();
    const { embeddings, dem } = await this.#connect(plan, features, options.signal);
    const timings = { passes: times, enhance: clock() };
    options.onProgress?.({ stage: 'enhance', fraction: 1 });
    const { width } = this.#manifest.language;
    const stages = () => this.#stages(plan, pixels, features, dem);
    return { embeddings, rows: plan.rows, width, plan, features, timings, stages };
  }

  /**
   * Where DEM found what it made the rows of a picture of; null where there is no DEM. Throws `cancelled`, `package-invalid`,
   * `out-of-memory`.
   */
  async demAttention(
    { plan, features }: Pick<EncodedPicture, 'plan' | 'features'>,
    signal?: AbortSignal,
  ): Promise<readonly PhaseAttention[] | null> {
    const short = plan.connections.find(({ form, hasDem }) => hasDem && form === 'short');
    if (!short) return null;
    const { local, globals } = short.inputs as Record<'local' | 'globals', ViewRange>;
    const crops = {
      ...{ n: plan.grid.columns, grid: plan.tokenGrids[0]!.columns, width: this.#manifest.vision.width },
      globals: plan.views.slice(globals.first, globals.first + globals.count).map(({ index }) => index),
    };
    const of = (range: ViewRange) => this.#featuresOf(range, features).data;
    const attention = await this.#late.attention.get();
    return attention.of(crops, of(local), of(globals), signal);
  }

  /** Features [views, T, D], and the milliseconds of every pass. */
  async #encodeViews(
    { views }: ViewPlan,
    pixels: (index: number) => Float32Array,
    { signal, onProgress }: EncodeOptions,
  ): Promise<{ features: Float32Array; times: number[] }> {
    const times: number[] = [];
    const clock = stopwatch();
    const features = await this.#tower.encode(views.length, pixels, {
      signal,
      onCrop: (at) => {
        times.push(clock());
        onProgress?.({ stage: 'encode', fraction: (at + 1) / views.length, view: views[at]! });
      },
    });
    throwIfCancelled(signal);
    return { features, times };
  }

  /** Embeddings [rows, H] out of the features of all views, and the output of DEM where there is one. */
  async #connect(
    { connections, order }: ViewPlan,
    features: Float32Array,
    signal: AbortSignal | undefined,
  ): Promise<{ embeddings: Float32Array; dem: FloatTensor | undefined }> {
    const { width } = this.#manifest.language;
    const parts: Float32Array[] = [];
    let lineEnd: Float32Array | undefined;
    let dem: FloatTensor | undefined;
    for (const { form, inputs } of connections) {
      throwIfCancelled(signal);
      const graph = form === 'full' ? await this.#late.full.get() : this.#short;
      const results = await graph.run(this.#inputs(inputs, features));
      parts.push(results['embeddings']!.data);
      lineEnd = results['line_end']?.data;
      dem = results['dem'];
    }
    const runs = order?.map((run) => (run === 'line-end' ? lineEnd! : rowsOf(parts, run, width)));
    return { embeddings: concatenate(runs ?? parts), dem };
  }

  #inputs(ranges: Connector['inputs'], features: Float32Array): Record<string, FloatTensor> {
    return Object.fromEntries(
      Object.entries(ranges).map(([name, range]) => [name, this.#featuresOf(range, features)]),
    );
  }

  /** [count, T, D]. */
  #featuresOf({ first, count }: ViewRange, features: Float32Array): FloatTensor {
    const { tokens, width } = this.#manifest.vision;
    const size = tokens * width;
    return { data: features.subarray(first * size, (first + count) * size), shape: [count, tokens, width] };
  }

  #stages(
    { traced, views }: ViewPlan,
    pixels: (index: number) => Float32Array,
    features: Float32Array,
    dem: FloatTensor | undefined,
  ): Map<string, FloatTensor> {
    const stages = new Map<string, FloatTensor>();
    for (const range of traced) {
      const { first, count } = range;
      if (range.pixels !== null) {
        const { side } = views[first]!;
        const shape = [...(range.isList ? [count] : []), 3, side, side];
        const data = new Float32Array(count * 3 * side * side);
        for (let at = 0; at < count; at++) data.set(pixels(first + at), at * 3 * side * side);
        stages.set(range.pixels, { data, shape });
      }
      stages.set(range.features, this.#featuresOf(range, features));
    }
    if (dem) stages.set('dem_output', dem);
    return stages;
  }

  /** Frees the native memory. Safe twice. */
  async dispose(): Promise<void> {
    await this.#tower.dispose();
    await this.#short.dispose();
    await this.#late.full.dispose();
    await this.#late.attention.dispose();
  }
}

/** Graphs that few need. */
interface LateGraphs {
  readonly full: Late<OnnxSession>;
  readonly attention: Late<DemAttention>;
}

/** Opened when it is first needed, and again where that failed. */
class Late<T extends { dispose(): Promise<void> }> {
  readonly #open: () => Promise<T>;
  #opened: Promise<T> | undefined;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  get(): Promise<T> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async dispose(): Promise<void> {
    await this.#opened?.then(
      (opened) => opened.dispose(),
      () => undefined,
    );
  }
}

/** Rows of the embeddings of several views, all of one view. */
function rowsOf(parts: readonly Float32Array[], { first, count }: RowRun, width: number): Float32Array {
  const ofView = parts[0]!.length / width;
  const from = (first % ofView) * width;
  return parts[Math.floor(first / ofView)]!.subarray(from, from + count * width);
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
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

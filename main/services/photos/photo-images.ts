import type { ImagesClient } from '../../../native-models/engine/images-client.ts';
import type { ImagesMethods, PhotoRef } from '../../../native-models/engine/images-protocol.ts';
import type { PhotoId } from '../../../preload/contract/api.ts';
import type { PhotoRegistry } from './registry.ts';

type PictureMethods = Omit<ImagesMethods, 'inspect'>;

/** Everything made of a photo's pixels, by its id. What decoding shows of a file is noticed in the registry. */
export class PhotoImages {
  readonly #images: ImagesClient;
  readonly #photos: PhotoRegistry;

  constructor(images: ImagesClient, photos: PhotoRegistry) {
    this.#images = images;
    this.#photos = photos;
  }

  /**
   * Calls a method of the images process with the photo of that id.
   * @throws AppError as `PhotoRegistry.use`, and what decoding finds: `photo-damaged`, `photo-too-large`, ...
   */
  async make<K extends keyof PictureMethods>(
    id: PhotoId,
    method: K,
    input: Omit<PictureMethods[K]['input'], 'photo'>,
    signal?: AbortSignal,
  ): Promise<PictureMethods[K]['result']> {
    const photo: PhotoRef = await this.#photos.use(id);
    const { width, height, bytes } = this.#photos.record(id);
    try {
      const made = await this.#images.call(method, { ...input, photo } as PictureMethods[K]['input'], {
        signal,
        size: { pixels: width * height, bytes },
      });
      if (made.partial) this.#photos.noticePartial(id);
      return made;
    } catch (error) {
      this.#photos.noticeFailure(id, error);
      throw error;
    }
  }
}

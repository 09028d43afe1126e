import { AppError } from '../../preload/contract/errors.ts';
import { familyOf } from '../families/index.ts';
import type { PreparedPicture, Seeing } from '../families/index.ts';
import { meanColour } from '../families/square.ts';
import { openPhoto } from '../image/decode.ts';
import type { OpenedPhoto } from '../image/decode.ts';
import type { RgbImage } from '../image/pixels.ts';
import type { Region } from '../image/geometry.ts';
import { coveredPhoto } from '../image/covered-photo.ts';
import type { PhotoRef } from './images-protocol.ts';
import { halve, levelSize } from './pyramid.ts';
import { RecentValues } from './recent-values.ts';

/**
 * Decoded pixels kept for the photos in front of a person: a 100-megapixel photo with its pyramid takes 400 MB. The
 * latest is always kept.
 */
const pixelBytes = 640 * 2 ** 20;

/** Prepared pictures kept: one is 3 MB with the published dimensions, and shows 2 n n crops one by one. */
const preparedBytes = 64 * 2 ** 20;

/** A photo nobody looks at gives its memory back. */
const idleMilliseconds = 120_000;

/** From this many halvings on, libvips reduces while it decodes, which is faster than decoding all and halving. */
const reducedWhileDecoding = 2;

/** Pixels with what is to be known of how they were read. */
export interface Pixels {
  readonly image: RgbImage;
  /** The file is damaged and pixels are missing. */
  readonly partial: boolean;
}

/** Photos as pixels: decoded once, kept while they are looked at, and never of other content than was asked for. */
export class DecodedPhotos {
  /** By content and halvings. */
  readonly #levels = new RecentValues<Pixels>(pixelBytes, ({ image }) => image.data.length);
  readonly #prepared = new RecentValues<PreparedPicture>(preparedBytes, ({ picture }) => picture.data.length);
  #idle: NodeJS.Timeout | undefined;

  /** One level of the pyramid; level `levels - 1` is the photo itself. Throws `wrong-usage` for one that it has not. */
  async level(ref: PhotoRef, levels: number, level: number): Promise<Pixels> {
    if (level < 0 || level >= levels) throw new AppError('wrong-usage', `There is no level ${level}.`);
    this.#postponeIdle();
    return this.#halved(ref, levels - 1 - level);
  }

  /** The photo, or a part of it, so that its longer side has at most `side` pixels. */
  async reduced(ref: PhotoRef, region: Region | null, side: number): Promise<Pixels> {
    const photo = await this.#open(ref);
    const { width, height } = region ?? photo.info;
    const scale = Math.min(1, side / Math.max(width, height));
    const size = {
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
    };
    return photo.pixels({ region: region ?? undefined, size, allowPartial: true });
  }

  /** The picture a model gets; with `allViews` the plan holds those that cannot change the answer too. */
  async prepared(
    ref: PhotoRef,
    region: Region | null,
    seeing: Seeing,
    allViews = false,
  ): Promise<PreparedPicture> {
    this.#postponeIdle();
    return this.#prepared.get(JSON.stringify([ref.sha256, region, seeing, allViews]), async () => {
      const photo = await this.#open(ref);
      const options = { region: region ?? undefined, allowPartial: true, allViews };
      return familyOf(seeing).prepare(photo, options);
    });
  }

  /** The same without some parts of the photo: the mean colour, which the tower sees as nothing, is over them. */
  async covered(
    ref: PhotoRef,
    region: Region | null,
    seeing: Seeing,
    parts: readonly Region[],
  ): Promise<PreparedPicture> {
    const colour = meanColour(seeing.normalisation.mean);
    const whole = await this.#open(ref);
    const photo = parts.reduce((rest, part) => coveredPhoto(rest, part, colour), whole);
    return familyOf(seeing).prepare(photo, { region: region ?? undefined, allowPartial: true });
  }

  #halved(ref: PhotoRef, halvings: number): Promise<Pixels> {
    return this.#levels.get(`${ref.sha256} ${halvings}`, async () => {
      if (halvings >= reducedWhileDecoding && !this.#levels.has(`${ref.sha256} 0`)) {
        const photo = await this.#open(ref);
        return photo.pixels({ size: levelSize(photo.info, halvings + 1, 0), allowPartial: true });
      }
      if (halvings === 0) return (await this.#open(ref)).pixels({ allowPartial: true });
      const { image, partial } = await this.#halved(ref, halvings - 1);
      return { image: halve(image), partial };
    });
  }

  async #open(ref: PhotoRef): Promise<OpenedPhoto> {
    const photo = await openPhoto(ref.source);
    checkContent(photo.info, ref);
    return photo;
  }

  #postponeIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#levels.clear();
      this.#prepared.clear();
    }, idleMilliseconds);
    this.#idle.unref();
  }
}

function checkContent({ name, sha256 }: { name: string; sha256: string }, ref: PhotoRef): void {
  if (sha256 === ref.sha256) return;
  throw new AppError('photo-changed', `${name}: the file has changed since it was opened.`, { file: name });
}

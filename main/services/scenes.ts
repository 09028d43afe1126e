import { randomInt } from 'node:crypto';
import type { ImagesClient } from '../../native-models/engine/images-client.ts';
import { chooseScene } from '../../native-models/demo/scenes/choose-scene.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import { sceneTruth } from '../../native-models/demo/scenes/scene-truth.ts';
import { isWorthShowing } from '../../native-models/demo/scenes/worth-showing.ts';
import { cropsASide } from './preparation/view.ts';
import { AppError } from '../../preload/contract/errors.ts';
import type { Photo, PhotoId, Rect, Sample, SceneTruth } from '../../preload/contract/api.ts';
import type { UsablePackage } from './models/available-packages.ts';
import type { PhotoRegistry } from './photos/registry.ts';
import type { Uploads } from './photos/uploads.ts';

/** Chosen among many for their variety: grounds, numbers of things, sizes, signs. */
const gallerySeeds = [10, 41, 12, 6, 44, 25, 15, 30, 33, 11, 46, 19];
/** Of these the first question is about a sign whose letters only the detail of the photo tells apart. */
const detailSeeds = [44, 19];
/** Pixels a side: more than the model sees, as photos have, and good to look at. */
const drawnPixels = 1344;
/** New scenes are never those of the gallery. */
const [firstNew, lastNew] = [100_000, 2 ** 31];
/** `scene-SEED-SIDE`: a scene follows from its id. */
const sceneId = /^scene-(\d{1,10})-(\d{1,4})$/;

export interface ScenesOptions {
  readonly images: ImagesClient;
  readonly photos: PhotoRegistry;
  readonly uploads: Uploads;
  readonly currentPackage: () => Promise<UsablePackage | null>;
}

/** Drawn scenes to ask the demo model about. What is in one follows from its seed, so that nothing of it is stored. */
export class Scenes {
  readonly #options: ScenesOptions;
  #listing: Promise<readonly Sample[]> | null = null;

  constructor(options: ScenesOptions) {
    this.#options = options;
  }

  /** The scenes of the gallery. What was drawn before is not drawn again. */
  list(): Promise<readonly Sample[]> {
    this.#listing ??= this.#list().finally(() => (this.#listing = null));
    return this.#listing;
  }

  /** @param isPrivate nothing of it is written to disk */
  async drawNew(isPrivate: boolean): Promise<Sample> {
    const side = await this.#side();
    let seed = randomInt(firstNew, lastNew);
    // About one in four is.
    while (!isWorthShowing(chooseScene(seed, side))) seed = randomInt(firstNew, lastNew);
    return toSample(await this.#draw(seed, side, isPrivate));
  }

  /** Throws `file-missing` when the photo is unknown, `wrong-usage` when it is no scene. */
  async get(photoId: PhotoId): Promise<Sample> {
    return toSample(await this.#options.photos.get(photoId));
  }

  truth(photoId: PhotoId): SceneTruth {
    const photo = this.#options.photos.record(photoId);
    const { description, things, questions } = truthOf(photo);
    const scale = drawnPixels / parseId(photo).side;
    return {
      description,
      things: things.map(({ name, place }) => ({ name, place: scaled(place, scale) })),
      questions: questions.map(({ question, answer }) => ({ question, answer })),
    };
  }

  /** Whether each answer is right; null where the question is none of the scene's own. */
  grade(photoId: PhotoId, turns: readonly SceneTruth['questions'][number][]): (boolean | null)[] {
    const { questions } = truthOf(this.#options.photos.record(photoId));
    return turns.map(({ question, answer }) => {
      const known = questions.find((each) => each.question === question.trim());
      return known ? isRight(answer, known) : null;
    });
  }

  async #list(): Promise<readonly Sample[]> {
    const current = await this.#options.currentPackage();
    if (current?.card.kind !== 'demo') return [];
    const side = await this.#side();
    const samples: Sample[] = [];
    for (const seed of gallerySeeds) {
      const before = await this.#options.photos.find(`scene-${seed}-${side}`);
      samples.push(toSample(before?.state === 'ready' ? before : await this.#draw(seed, side, false)));
    }
    return samples;
  }

  async #draw(seed: number, side: number, isPrivate: boolean): Promise<Photo> {
    const { images, uploads } = this.#options;
    const { bytes } = await images.call('drawScene', { seed, side, pixels: drawnPixels });
    return uploads.keepDrawn(bytes, `scene-${seed}-${side}`, `scene-${seed}.png`, isPrivate);
  }

  /** Of the sharpest picture the model sees: its letters have to be large enough for it. */
  async #side(): Promise<number> {
    const current = await this.#options.currentPackage();
    if (current === null)
      throw new AppError('package-invalid', 'There is no model package.', { reason: 'none' });
    return cropsASide(current.manifest) * current.manifest.views.tile;
  }
}

function toSample(photo: Photo): Sample {
  const { seed } = parseId(photo);
  const needsDetail = (question: string) => detailSeeds.includes(seed) && isOfSign(question);
  const questions = truthOf(photo).questions.map(({ question }) => ({
    // The demo model knows English alone.
    ...{ en: question, ko: question, place: null },
    ...(needsDetail(question) && { needsDetail: true }),
  }));
  return {
    photo,
    title: { en: `Scene ${seed}`, ko: `장면 ${seed}` },
    questions: questions.sort((one, other) => Number(other.needsDetail ?? 0) - Number(one.needsDetail ?? 0)),
  };
}

const isOfSign = (question: string) => /^What does the .*sign say\?$/.test(question);

function truthOf(photo: Pick<Photo, 'id' | 'origin' | 'name'>) {
  const { seed, side } = parseId(photo);
  return sceneTruth(chooseScene(seed, side));
}

const scaled = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x * by,
  y: y * by,
  width: width * by,
  height: height * by,
});

function parseId({ id, origin, name }: Pick<Photo, 'id' | 'origin' | 'name'>) {
  const found = origin === 'scene' ? sceneId.exec(id) : null;
  if (!found) throw new AppError('wrong-usage', `${name} is no drawn scene.`, { file: name });
  return { seed: Number(found[1]), side: Number(found[2]) };
}

import { totalmem } from 'node:os';
import { AppError } from '../../preload/contract/errors.ts';
import { familyOf, inOneQuestion } from '../families/index.ts';
import type { PicturePiece } from '../families/picture-piece.ts';
import { ChatSession } from '../language/chat.ts';
import type { Decoder } from '../language/decoder.ts';
import { deviceName } from '../language/device-name.ts';
import { imageEmbeddings, lastPictures, pictureOfSize } from '../language/prompt.ts';
import type { ImageEmbeddings, Question } from '../language/prompt.ts';
import { Sequence } from '../language/sequence.ts';
import { openPackage } from '../package/open-package.ts';
import type { OpenedPackage } from '../package/open-package.ts';
import type { EncodedPicture, ImageEncoder } from '../vision/encode-image.ts';
import { EmbeddingCache } from './embedding-cache.ts';
import type {
  AnswerFacts,
  AnswerProgress,
  EncodedStep,
  InferenceMethods,
  LoadedPackage,
  LoadRequest,
  PictureKey,
  PrefillProgress,
} from './inference-protocol.ts';
import { ChatSessions } from './chat-sessions.ts';
import { loadBoth } from './load-both.ts';
import { lookAt, mapsInViews, type LookFacts } from './lens.ts';
import type { CallContext } from './peer.ts';
import { RecentValues } from './recent-values.ts';

/** Share of the machine's memory, and the most bytes, that KV caches of other photos and conversations may take. */
const savedShare = 1 / 16;
const mostSavedBytes = 2 ** 30;
/** Of features of pictures, for a look at what DEM made of them: two pictures of the published model. */
const mostFeatureBytes = 2 ** 26;

type Input<K extends keyof InferenceMethods> = InferenceMethods[K]['input'];

/** A package in memory: its vision side, its language side, and what they have computed so far. */
export class LoadedModel {
  readonly request: LoadRequest;
  readonly #package: OpenedPackage;
  readonly #encoder: ImageEncoder;
  readonly #sequence: Sequence;
  readonly #embeddings: EmbeddingCache;
  /** Of the tower, by picture. */
  readonly #features = new RecentValues<Float32Array>(mostFeatureBytes, ({ byteLength }) => byteLength);
  readonly #sessions: ChatSessions;
  /** Embeddings with their digests, which take milliseconds to compute. */
  readonly #images = new WeakMap<Float32Array, ImageEmbeddings>();

  private constructor(request: LoadRequest, opened: OpenedPackage, encoder: ImageEncoder, decoder: Decoder) {
    this.request = request;
    this.#package = opened;
    this.#encoder = encoder;
    this.#sequence = new Sequence(decoder, Math.min(mostSavedBytes, totalmem() * savedShare));
    this.#sessions = new ChatSessions(this.#sequence, opened.manifest);
    this.#embeddings = new EmbeddingCache({
      folder: request.cacheFolder,
      packageHash: opened.contentSha256,
      width: opened.manifest.language.width,
    });
  }

  /** @throws AppError as `openPackage`, `createImageEncoder` and `createDecoder` */
  static async load(request: LoadRequest, { signal, progress }: CallContext<number>): Promise<LoadedModel> {
    const opened = await openPackage(request.folder, { signal });
    const threads = request.threads === null ? {} : { threads: request.threads };
    const { encoder, decoder } = await loadBoth(
      opened,
      { ...threads, provider: request.provider },
      {
        contextTokens: request.contextTokens,
        gpu: request.gpu,
        ...threads,
        signal,
        onLoadProgress: progress,
      },
    );
    return new LoadedModel(request, opened, encoder, decoder);
  }

  describe(): LoadedPackage {
    const { decoder } = this.#sequence;
    const device = deviceName(decoder, this.request.threads);
    const residentBytes = process.memoryUsage.rss();
    const isOnGpu = decoder.gpuLayers > 0;
    return { contextTokens: decoder.contextTokens, device, isOnGpu, note: decoder.note, residentBytes };
  }

  async hasPicture({ key }: Input<'hasPicture'>): Promise<boolean> {
    return (await this.#embeddings.get(key)) !== null;
  }

  async keepPicture({ key }: Input<'keepPicture'>): Promise<null> {
    await this.#embeddings.keep(key);
    return null;
  }

  async encode({ key, picture, plan, keep }: Input<'encode'>, context: CallContext<EncodedStep>) {
    const begun = performance.now();
    if (await this.#embeddings.get(key)) {
      if (keep) await this.#embeddings.keep(key);
      return { fromCache: true, milliseconds: performance.now() - begun };
    }
    const { embeddings } = await this.#encodeViews(key, { picture, plan }, context);
    await this.#embeddings.put(key, { rows: embeddings, pieces: plan.pieces }, keep);
    return { fromCache: false, milliseconds: performance.now() - begun };
  }

  /** The embeddings, and the features, which are kept for a while where DEM made something of them. */
  async #encodeViews(
    key: PictureKey,
    made: Pick<Input<'encode'>, 'picture' | 'plan'>,
    { signal, progress }: CallContext<EncodedStep>,
  ): Promise<EncodedPicture> {
    const encoded = await this.#encoder.encodePicture(made, {
      signal,
      onProgress: ({ stage, view, fraction }) => {
        if (view) progress({ stage: 'crop', kind: view.kind, index: view.index });
        else if (stage === 'enhance' && fraction === 0) progress({ stage });
      },
    });
    const hasDem = made.plan.connections.some((connection) => connection.hasDem);
    if (hasDem) await this.#features.put(key, Promise.resolve(encoded.features));
    return encoded;
  }

  async prefill({ system, picture }: Input<'prefill'>, context: CallContext<PrefillProgress>) {
    const begun = performance.now();
    const conversation = new ChatSession(this.#sequence, this.#package.manifest, {
      system: this.#system(system),
    });
    const { text, image } = await conversation.prepare({
      images: [await this.#image(picture)],
      signal: context.signal,
      onProgress: (done, total) => context.progress({ done, total }),
    });
    return { computed: text + image, milliseconds: performance.now() - begun };
  }

  async answer(
    { prompt, sampling: { maxTokens, seed, ...others } }: Input<'answer'>,
    { signal, progress }: CallContext<AnswerProgress>,
  ): Promise<AnswerFacts> {
    const system = this.#system(prompt.system);
    const embed = (question: Question<PictureKey>) => this.#question(question, (key) => this.#image(key));
    const history = await Promise.all(
      prompt.turns.map(async ({ question, answer }) => ({ question: await embed(question), answer })),
    );
    const question = await embed(prompt.question);
    const session = await this.#sessions.take(system, history);
    const begun = performance.now();
    const answer = await session.ask(question.text, {
      images: question.pictures,
      maxTokens,
      sampling: seed === null ? others : { ...others, seed },
      signal,
      onProgress: (done, total) => progress({ stage: 'prefill', prefill: { done, total } }),
      // A token that is no text, or part of a character only, says nothing yet.
      onToken: ({ text }) => {
        if (text !== '') progress({ stage: 'text', text });
      },
    });
    const milliseconds = performance.now() - begun;
    const now = [...history, { question, answer: answer.text }];
    this.#sessions.remember(session, system, now);
    const image = now.flatMap((turn) => turn.question.pictures).reduce((sum, { count }) => sum + count, 0);
    const { counts, timings } = answer;
    return {
      finish: answer.finishReason,
      tokens: {
        image,
        text: counts.text + counts.image + counts.reused - image,
        generated: counts.generated,
      },
      milliseconds: { prefill: timings.prefillMs, generate: milliseconds - timings.prefillMs },
      othersShare: this.#sequence.decoder.gpuLayers === 0 ? answer.othersShare : null,
      seed: answer.sampling.seed,
      ids: answer.ids,
    };
  }

  async calibrateLens({ milliseconds }: Input<'calibrateLens'>, { signal }: CallContext<never>) {
    // Drawing scenes needs libvips, which this process loads for nothing else.
    const { calibrateLens } = await import('./calibrate-lens.ts');
    const { manifest, contentSha256 } = this.#package;
    const model = {
      encoder: this.#encoder,
      conversation: () => new ChatSession(this.#sequence, manifest),
      ...{ layers: manifest.language.layers, heads: manifest.language.heads },
    };
    return { package: contentSha256, found: await calibrateLens(model, { milliseconds, signal }) };
  }

  async look({ heads, ...given }: Input<'look'>, context: CallContext<PrefillProgress>): Promise<LookFacts> {
    const { session, question, seen } = await this.#past(given.prompt);
    return lookAt(session, { question, seen, answer: given.answer, heads }, rereadOptions(context));
  }

  async lookInViews(
    { key, maps, plan, picture }: Input<'lookInViews'>,
    context: CallContext<EncodedStep>,
  ): Promise<Float32Array | null> {
    const features =
      (await this.#features.find(key)) ??
      (picture && (await this.#encodeViews(key, { picture, plan }, context)).features);
    const attention = features && (await this.#encoder.demAttention({ plan, features }, context.signal));
    return attention && mapsInViews(maps, attention, plan.grid.columns * plan.grid.rows);
  }

  async score({ prompt, answer, anew }: Input<'score'>, context: CallContext<PrefillProgress>) {
    const { session, question } = await this.#past(prompt);
    const found = await session.reread(question, answer, {
      ...rereadOptions(context),
      likelihood: true,
      anew,
    });
    return { tokens: found.tokens.map(({ text }) => text), logLikelihood: found.logLikelihood! };
  }

  /** The conversation as it was when a question was asked, and the pictures that were in front of it. */
  async #past({ system, turns, question: asked }: Input<'look'>['prompt']) {
    const embed = (question: Question<PictureKey>) => this.#question(question, (key) => this.#image(key));
    const history = await Promise.all(
      turns.map(async ({ question, answer }) => ({ question: await embed(question), answer })),
    );
    const question = await embed(asked);
    const seen = lastPictures({ turns: history, question });
    return { session: this.#sessions.past(this.#system(system), history), question, seen };
  }

  async countTokens({
    system,
    turns,
    question,
  }: Input<'countTokens'>): Promise<{ used: number; draft: number }> {
    const planned = (asked: Question<readonly PicturePiece[]>) =>
      this.#question(asked, async (pieces) => pictureOfSize(pieces));
    const history = await Promise.all(
      turns.map(async (turn) => ({ question: await planned(turn.question), answer: turn.answer })),
    );
    const { text, pictures } = await planned(question);
    const conversation = new ChatSession(this.#sequence, this.#package.manifest, {
      system: this.#system(system),
      history,
    });
    const used = conversation.measure('', pictures).needed;
    return { used, draft: conversation.measure(text, pictures).needed - used };
  }

  #system(system: string | null): string {
    return system ?? this.#package.manifest.chat.defaultSystem;
  }

  /** A question with its pictures as the family has them in one. */
  async #question<Picture>(
    { text, pictures }: Question<Picture>,
    embed: (picture: Picture) => Promise<ImageEmbeddings>,
  ): Promise<Question<ImageEmbeddings>> {
    const family = familyOf(this.#package.manifest);
    return { text, pictures: inOneQuestion(family, await Promise.all(pictures.map(embed))) };
  }

  /** @throws AppError `internal` when it has not been encoded, or was dropped since */
  async #image(key: PictureKey): Promise<ImageEmbeddings> {
    const picture = await this.#embeddings.get(key);
    if (!picture) throw new AppError('internal', `The picture ${key} has not been encoded.`);
    const { rows, pieces } = picture;
    const { width } = this.#package.manifest.language;
    const image = this.#images.get(rows) ?? imageEmbeddings(rows, width, pieces);
    this.#images.set(rows, image);
    return image;
  }
}

const rereadOptions = ({ signal, progress }: CallContext<PrefillProgress>) => ({
  signal,
  onProgress: (done: number, total: number) => progress({ done, total }),
});

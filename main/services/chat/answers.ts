import { isDeepStrictEqual } from 'node:util';
import type { AnswerProgress } from '../../../native-models/engine/inference-protocol.ts';
import type { ViewPlan } from '../../../native-models/families/index.ts';
import { lastPictures, type Dialogue } from '../../../native-models/language/prompt.ts';
import type {
  AppEvent,
  ContextGauge,
  ConversationId,
  InstallId,
  Message,
  MessageId,
  Picture,
  Provenance,
  Settings,
} from '../../../preload/contract/api.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import { abortable, isCancelled } from '../abort.ts';
import type { Engine, Model } from '../engine.ts';
import { toFailure } from '../failure.ts';
import type { UsablePackage } from '../models/available-packages.ts';
import type { PhotoRegistry } from '../photos/registry.ts';
import type { Prepared, Preparations } from '../preparation/preparations.ts';
import { planOf, requireTaken } from '../preparation/view.ts';
import type { ConversationTable } from '../store/conversation-table.ts';
import { provenanceOf } from './provenance.ts';
import { dialogueOf, mapPictures, picturesIn } from './turns.ts';
import { AnswerWriter } from './writer.ts';

/** An answer that is to be written. */
interface Job {
  readonly store: ConversationTable;
  readonly question: Message;
  readonly writer: AnswerWriter;
  readonly stopped: AbortController;
  readonly ended: PromiseWithResolvers<null>;
}

/** Where the text of an answer goes. */
export interface AnswerSink {
  /** Its pictures are ready, and the model begins. */
  begin(): void;
  append(text: string): void;
  /** The token ids of all of it, once it has ended. */
  wrote?(ids: readonly number[]): void;
}

export interface AnswersOptions {
  readonly engine: Engine;
  readonly photos: PhotoRegistry;
  readonly preparations: Preparations;
  readonly settings: () => Settings;
  readonly publish: (event: AppEvent) => void;
}

/** How often a question is prepared when model or detail are changed between that and the answer. */
const mostTries = 3;

/** Writes answers one after another, in the order in which they were asked for; those that wait for a model step aside. */
export class Answers {
  readonly #options: AnswersOptions;
  /** In the order of their questions. */
  readonly #jobs: Job[] = [];
  /** The one that is being written. */
  #current: Job | null = null;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Queues `answer`, an empty message that waits, to be written. */
  add(store: ConversationTable, question: Message, answer: Message): void {
    const writer = new AnswerWriter(store, this.#options.publish, answer);
    const ended = Promise.withResolvers<null>();
    this.#jobs.push({ store, question, writer, stopped: new AbortController(), ended });
    void this.#work();
  }

  /** The current model answers what has waited for the model of `install`. */
  release(install: InstallId): void {
    for (const { writer } of this.#waitingFor(install)) writer.update({ waitsFor: null });
    void this.#work();
  }

  /** The model of `install` will never come: what waits for it is marked interrupted. */
  async abandon(install: InstallId): Promise<void> {
    await Promise.all(this.#waitingFor(install).map(({ writer }) => this.stop(writer.message.id)));
  }

  /** An answer waits for a model no longer; nothing for one that does not. */
  answerNow(id: MessageId): void {
    const job = this.#jobs.find(({ writer }) => writer.message.id === id);
    if (!job || job.writer.message.waitsFor === null) return;
    job.writer.update({ waitsFor: null });
    void this.#work();
  }

  /** Installs that answers wait for. */
  get awaited(): readonly InstallId[] {
    return this.#jobs.flatMap(({ writer }) => writer.message.waitsFor ?? []);
  }

  /** Stops an answer that waits or is being written; resolves when it is marked interrupted. */
  async stop(id: MessageId): Promise<void> {
    const job = this.#jobs.find(({ writer }) => writer.message.id === id);
    if (!job) return;
    job.stopped.abort();
    if (job === this.#current) await job.ended.promise;
    else {
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
      job.writer.update({ state: 'interrupted', waitsFor: null });
    }
  }

  /** The message as it is now, where it is being written: newer than what is stored. */
  live(message: Message): Message {
    const job = this.#jobs.find(({ writer }) => writer.message.id === message.id);
    return job?.writer.message ?? message;
  }

  /** Stops everything; what was written stays, and what waits for a model does so when the program is next started. */
  async dispose(): Promise<void> {
    const stopped = this.#jobs.filter(({ writer }) => writer.message.waitsFor === null);
    const ids = stopped.map(({ writer }) => writer.message.id).reverse();
    await Promise.all(ids.map((id) => this.stop(id)));
  }

  /** What a dialogue takes of the context: all of it up to the words of its question, and those. */
  measure(dialogue: Dialogue<Picture>): Promise<ContextGauge> {
    const { engine, settings } = this.#options;
    return engine.beside(async ({ call, loaded, package: current }) => {
      const { sampling, systemPrompt } = settings();
      const planned = mapPictures(dialogue, (picture) => this.#planOf(current, picture).pieces);
      const counted = await call('countTokens', { system: systemPrompt, ...planned });
      return { ...counted, answer: sampling.maxTokens, capacity: loaded.contextTokens };
    });
  }

  #planOf(model: UsablePackage, { photoId, region }: Picture): ViewPlan {
    const { photos, preparations } = this.#options;
    return planOf(preparations.seeingOf(model), region ?? photos.record(photoId));
  }

  async #work(): Promise<void> {
    if (this.#current) return;
    const next = () => this.#jobs.find(({ writer }) => writer.message.waitsFor === null);
    for (let job = next(); job; job = next()) {
      this.#current = job;
      await this.#write(job);
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
      this.#current = null;
      job.ended.resolve(null);
    }
  }

  #waitingFor(install: InstallId): Job[] {
    return this.#jobs.filter(({ writer }) => writer.message.waitsFor === install);
  }

  async #write({ store, question, writer, stopped: { signal } }: Job): Promise<void> {
    try {
      const messages = store.messages(question.conversationId);
      const before = messages.slice(
        0,
        messages.findIndex(({ id }) => id === question.id),
      );
      const sink = {
        begin: () => writer.update({ state: 'writing' }),
        append: (text: string) => writer.append(text),
        wrote: (ids: readonly number[]) => writer.wrote(ids),
      };
      const provenance = await this.generate(dialogueOf(before, question), !store.isPrivate, sink, signal);
      writer.update({ state: provenance.finish === 'cancelled' ? 'interrupted' : 'done', provenance });
    } catch (error) {
      if (isCancelled(error)) writer.update({ state: 'interrupted' });
      else {
        const state = writer.message.text === '' ? 'failed' : 'interrupted';
        writer.update({ state, error: toFailure(error) });
      }
    }
    this.#announce(store, question.conversationId);
  }

  /** A conversation with a new answer is the latest one; where that cannot be stored, it is so for nobody. */
  #announce(store: ConversationTable, id: ConversationId): void {
    try {
      store.touch(id, Date.now());
      const conversation = store.get(id);
      if (conversation) this.#options.publish({ type: 'conversation', conversation });
    } catch {
      // The answer itself has said why nothing can be stored.
    }
  }

  /**
   * The answer to the question of a dialogue, piece by piece; `keep`: whether anything computed for it may be written to
   * disk. Throws `too-many-pictures` before any picture is prepared.
   */
  async generate(
    dialogue: Dialogue<Picture>,
    keep: boolean,
    sink: AnswerSink,
    signal: AbortSignal,
  ): Promise<Provenance> {
    const { engine, preparations } = this.#options;
    const pictures = picturesIn(dialogue);
    // What is computed ahead is the beginning of a first question with one picture.
    const wish = { keep, prefill: dialogue.turns.length === 0 && pictures.length === 1 };
    const ask = async () => {
      if (pictures.length > 1) {
        const check = async (model: Model) => requireTaken(model.package.manifest, dialogue);
        await abortable(engine.beside(check), signal);
      }
      const prepared = new Map<Picture, Prepared>();
      for (const picture of pictures) prepared.set(picture, await preparations.ensure(picture, wish, signal));
      const work = (model: Model, ending: AbortSignal) =>
        this.#answer(model, dialogue, (picture) => prepared.get(picture)!, sink, ending);
      return engine.schedule('answer', work, signal).result;
    };
    for (let tries = 0; tries < mostTries; tries++) {
      const provenance = await ask();
      if (provenance) return provenance;
    }
    throw new AppError('internal', 'The model has lost the pictures of the conversation.');
  }

  /** Null where another model or detail has come meanwhile, in which the pictures were not seen. */
  async #answer(
    model: Model,
    dialogue: Dialogue<Picture>,
    prepared: (picture: Picture) => Prepared,
    sink: AnswerSink,
    signal: AbortSignal,
  ): Promise<Provenance | null> {
    const { photos, preparations } = this.#options;
    for (const { key, seeing } of picturesIn(dialogue).map(prepared)) {
      if (!(await model.call('hasPicture', { key }))) return null;
      if (!isDeepStrictEqual(seeing, preparations.seeingOf(model.package))) return null;
    }
    const seen = lastPictures(dialogue);
    const hashes = seen.map(({ photoId }) => photos.record(photoId).sha256);
    const settings = this.#options.settings();
    const prompt = {
      system: settings.systemPrompt,
      ...mapPictures(dialogue, (picture) => prepared(picture).key),
    };
    const onProgress = (progress: AnswerProgress) => {
      if (progress.stage === 'text') sink.append(progress.text);
    };
    sink.begin();
    const answer = await model.call(
      'answer',
      { prompt, sampling: settings.sampling },
      { signal, onProgress },
    );
    sink.wrote?.(answer.ids);
    return provenanceOf(answer, model, settings, {
      photos: hashes,
      regions: seen.map(({ region }) => region),
      views: seen.reduce((sum, picture) => sum + prepared(picture).views, 0),
    });
  }
}

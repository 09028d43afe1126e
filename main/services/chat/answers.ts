import type { AnswerProgress, Prompt } from '../../../native-models/engine/inference-protocol.ts';
import type {
  AppEvent,
  ContextGauge,
  ConversationId,
  Message,
  MessageId,
  Provenance,
  Settings,
} from '../../../preload/contract.ts';
import { isCancelled } from '../abort.ts';
import type { Engine } from '../engine.ts';
import { toFailure } from '../failure.ts';
import type { PhotoRegistry } from '../photos/registry.ts';
import type { Picture, Preparations } from '../preparation/preparations.ts';
import type { ConversationStore } from '../store/conversations.ts';
import { provenanceOf } from './provenance.ts';
import { answeredTurns, turnsUntil } from './turns.ts';
import type { ChatTurn } from './turns.ts';
import { AnswerWriter } from './writer.ts';

/** An answer that is to be written. */
interface Job {
  readonly store: ConversationStore;
  readonly question: Message;
  readonly writer: AnswerWriter;
  readonly stopped: AbortController;
  readonly ended: PromiseWithResolvers<null>;
}

export interface AnswersOptions {
  readonly engine: Engine;
  readonly photos: PhotoRegistry;
  readonly preparations: Preparations;
  readonly settings: () => Settings;
  readonly publish: (event: AppEvent) => void;
}

/** Writes answers one after another, in the order in which they were asked for. */
export class Answers {
  readonly #options: AnswersOptions;
  /** The first is being written, the others wait. */
  readonly #jobs: Job[] = [];

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Queues `answer`, an empty message that waits, to be written. */
  add(store: ConversationStore, question: Message, answer: Message): void {
    const writer = new AnswerWriter(store, this.#options.publish, answer);
    const ended = Promise.withResolvers<null>();
    this.#jobs.push({ store, question, writer, stopped: new AbortController(), ended });
    if (this.#jobs.length === 1) void this.#work();
  }

  /** Stops an answer that waits or is being written; resolves when it is marked interrupted. */
  async stop(id: MessageId): Promise<void> {
    const job = this.#jobs.find(({ writer }) => writer.message.id === id);
    if (!job) return;
    job.stopped.abort();
    if (job === this.#jobs[0]) await job.ended.promise;
    else {
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
      job.writer.update({ state: 'interrupted' });
    }
  }

  /** The message as it is now, where it is being written: newer than what is stored. */
  live(message: Message): Message {
    const job = this.#jobs.find(({ writer }) => writer.message.id === message.id);
    return job?.writer.message ?? message;
  }

  /** Stops everything; what was written stays. */
  async dispose(): Promise<void> {
    const ids = this.#jobs.map(({ writer }) => writer.message.id).reverse();
    await Promise.all(ids.map((id) => this.stop(id)));
  }

  /** What the conversation takes of the context, and what `draft` would. */
  measure(messages: readonly Message[], draft: string, bringsPicture: boolean): Promise<ContextGauge> {
    const { engine, settings } = this.#options;
    return engine.use(async ({ call, loaded }) => {
      const { sampling, systemPrompt } = settings();
      const turns = answeredTurns(messages).map(({ picture, question, answer }) => ({
        hasPicture: picture !== null,
        question,
        answer: answer ?? '',
      }));
      const counted = await call('countTokens', {
        system: systemPrompt,
        turns,
        draft: { hasPicture: bringsPicture, question: draft },
      });
      return { ...counted, answer: sampling.maxTokens, capacity: loaded.contextTokens };
    });
  }

  async #work(): Promise<void> {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      await this.#write(job);
      this.#jobs.shift();
      job.ended.resolve(null);
    }
  }

  async #write({ store, question, writer, stopped: { signal } }: Job): Promise<void> {
    try {
      const turns = turnsUntil(store.messages(question.conversationId), question);
      const provenance = await this.#generate(turns, !store.isPrivate, writer, signal);
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
  #announce(store: ConversationStore, id: ConversationId): void {
    try {
      store.touch(id, Date.now());
      const conversation = store.get(id);
      if (conversation) this.#options.publish({ type: 'conversation', conversation });
    } catch {
      // The answer itself has said why nothing can be stored.
    }
  }

  async #generate(
    turns: readonly ChatTurn[],
    keep: boolean,
    writer: AnswerWriter,
    signal: AbortSignal,
  ): Promise<Provenance> {
    const { engine, photos, preparations, settings } = this.#options;
    const wish = { keep, prefill: turns.length === 1 };
    // One piece of work: the model that gets the pictures is the one that answers.
    return engine.use(async (model) => {
      const prompt: Prompt = {
        system: settings().systemPrompt,
        turns: await withKeys(turns, (picture) => preparations.ensure(picture, wish, signal)),
      };
      const resume = await preparations.hold();
      try {
        writer.update({ state: 'writing' });
        const { maxTokens, ...sampling } = settings().sampling;
        const onProgress = (progress: AnswerProgress) => {
          if (progress.stage === 'text') writer.append(progress.text);
        };
        const answer = await model.call('answer', { prompt, sampling, maxTokens }, { signal, onProgress });
        const picture = turns.findLast((turn) => turn.picture !== null)?.picture;
        const photoSha256 = picture ? photos.record(picture.photoId).sha256 : '';
        return provenanceOf(answer, model, settings(), photoSha256);
      } finally {
        resume();
      }
    }, signal);
  }
}

/** The turns as the model takes them, once the embeddings of all their pictures are at hand. */
async function withKeys(
  turns: readonly ChatTurn[],
  keyOf: (picture: Picture) => Promise<string>,
): Promise<Prompt['turns']> {
  const ready: Prompt['turns'][number][] = [];
  for (const turn of turns) {
    ready.push({ ...turn, picture: turn.picture && (await keyOf(turn.picture)) });
  }
  return ready;
}

import { AppError, receiveError } from '../../preload/contract/errors.ts';
import { familyOf } from '../families/index.ts';
import { openPhoto } from '../image/decode.ts';
import type { PlannedRequest } from '../install/hub/access.ts';
import { readManifest } from '../package/open-package.ts';
import { loadSamples } from '../samples/samples.ts';
import type { AskReply, ModelsAsk, ModelsEvent } from './models-protocol.ts';
import { pictureKey } from './picture-key.ts';

/** What the models process wants of its parent, and the answers to it. */
export class Asks {
  readonly #emit: (event: ModelsEvent) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<AskReply>>();
  #nextId = 1;

  constructor(emit: (event: ModelsEvent) => void) {
    this.#emit = emit;
  }

  reply(askId: number, reply: AskReply): void {
    this.#waiting.get(askId)?.resolve(reply);
    this.#waiting.delete(askId);
  }

  /** See `RequestGate`. */
  async request(planned: PlannedRequest): Promise<(outcome: string) => void> {
    const { askId } = await this.#ask({ kind: 'request', request: planned });
    return (outcome) => this.#emit({ kind: 'requested', askId, outcome });
  }

  /** Has the package answer the first question of the first sample picture. */
  async prove(folder: string, signal: AbortSignal): Promise<{ question: string; answer: string }> {
    const manifest = await readManifest(folder);
    const [sample] = await loadSamples();
    const photo = await openPhoto(sample!.path, { signal });
    const { picture, plan } = await familyOf(manifest).prepare(photo, { signal });
    const question = sample!.questions[0]!.en;
    const shown = { key: pictureKey(picture, plan), picture, plan };
    const { reply } = await this.#ask({ kind: 'prove', folder, picture: shown, question }, signal);
    return { question, answer: reply.kind === 'prove' ? reply.answer : '' };
  }

  async #ask(ask: ModelsAsk, signal?: AbortSignal): Promise<{ askId: number; reply: AskReply }> {
    const askId = this.#nextId++;
    const answer = Promise.withResolvers<AskReply>();
    const cancel = () => answer.reject(new AppError('cancelled', 'Cancelled.'));
    this.#waiting.set(askId, answer);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      this.#emit({ kind: 'ask', askId, ask });
      const reply = await answer.promise;
      if (reply.kind === 'refused') throw receiveError(reply.error);
      return { askId, reply };
    } finally {
      this.#waiting.delete(askId);
      signal?.removeEventListener('abort', cancel);
    }
  }
}

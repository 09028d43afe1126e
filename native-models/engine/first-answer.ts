import type { Sampling } from '../../preload/contract/chat.ts';
import { AppError, toAppError } from '../../preload/contract/errors.ts';
import type { InferenceMethods, LoadRequest } from './inference-protocol.ts';
import type { FirstQuestion } from './models-protocol.ts';
import type { Port } from './port.ts';
import { Supervisor } from './supervisor.ts';

/** Enough to see that it answers; a person is waiting. */
const sampling: Sampling = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: 0 },
  maxTokens: 24,
};

/** What a GPU may be the reason of. */
const maybeTheGpu: readonly string[] = ['process-died', 'out-of-memory', 'runtime-unavailable'];

/**
 * What a package answers to a first question about a picture, in an inference process of its own: on the GPU where there is
 * one, otherwise, or where that fails, on the processor. Throws `package-invalid` when it answers nothing, and what
 * loading throws.
 */
export async function firstAnswer(
  startInference: () => Port,
  question: FirstQuestion,
  signal?: AbortSignal,
): Promise<string> {
  try {
    return await answerOn('auto', startInference, question, signal);
  } catch (error) {
    if (!maybeTheGpu.includes(toAppError(error).code)) throw error;
    return answerOn('off', startInference, question, signal);
  }
}

async function answerOn(
  gpu: LoadRequest['gpu'],
  startInference: () => Port,
  { folder, picture, question }: FirstQuestion,
  signal: AbortSignal | undefined,
): Promise<string> {
  const inference = new Supervisor<InferenceMethods>('inference', startInference);
  const options = { signal };
  try {
    const place = { folder, gpu, provider: 'cpu', cacheFolder: null };
    await inference.call('load', { ...place, threads: null, contextTokens: null }, options);
    await inference.call('encode', { ...picture, keep: false }, options);
    const asked = { text: question, pictures: [picture.key] };
    let text = '';
    const { tokens } = await inference.call(
      'answer',
      { prompt: { system: null, turns: [], question: asked }, sampling },
      {
        ...options,
        onProgress: (progress) => {
          if (progress.stage === 'text') text += progress.text;
        },
      },
    );
    if (tokens.generated === 0) {
      const fault = 'the model answers nothing';
      throw new AppError('package-invalid', `${folder}: ${fault}.`, { file: folder, fault });
    }
    return text.trim();
  } finally {
    inference.dispose();
  }
}

import type { Sampling } from '../../preload/contract/chat.ts';
import { AppError, throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import type { LensHeads } from './calibrate-lens.ts';
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

/** Finding out, after the answer, which heads tell where the package looks. */
export interface LensCalibration {
  readonly milliseconds: number;
  /** Null where that could not be said in time. */
  readonly onFound: (packageSha256: string, found: LensHeads | null) => void;
}

interface FirstAnswerOptions {
  readonly signal?: AbortSignal | undefined;
  readonly calibration?: LensCalibration | undefined;
}

/**
 * What a package answers to a first question about a picture, in an inference process of its own: on the GPU where there is
 * one, otherwise, or where that fails, on the processor. Throws `package-invalid` when it answers nothing, and what
 * loading throws.
 */
export async function firstAnswer(
  startInference: () => Port,
  question: FirstQuestion,
  options: FirstAnswerOptions = {},
): Promise<string> {
  try {
    return await answerOn('auto', startInference, question, options);
  } catch (error) {
    if (!maybeTheGpu.includes(toAppError(error).code)) throw error;
    return answerOn('off', startInference, question, options);
  }
}

async function answerOn(
  gpu: LoadRequest['gpu'],
  startInference: () => Port,
  { folder, picture, question }: FirstQuestion,
  { signal, calibration }: FirstAnswerOptions,
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
    if (calibration) await calibrate(inference, calibration, signal);
    return text.trim();
  } finally {
    inference.dispose();
  }
}

/** A package whose heads cannot be found answers all the same; they are looked for again when they are wanted. */
async function calibrate(
  inference: Supervisor<InferenceMethods>,
  { milliseconds, onFound }: LensCalibration,
  signal: AbortSignal | undefined,
): Promise<void> {
  const calibrated = await inference.call('calibrateLens', { milliseconds }, { signal }).catch(() => null);
  throwIfCancelled(signal);
  if (calibrated) onFound(calibrated.package, calibrated.found);
}

import { drawScene } from '../../native-models/demo/scenes/draw-scene.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import { createDecoder, type Decoder } from '../../native-models/language/decoder.ts';
import { imageEmbeddings, type ImageEmbeddings } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { openPackage, type OpenedPackage } from '../../native-models/package/open-package.ts';
import { createImageEncoder, type ImageEncoder } from '../../native-models/vision/encode-image.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import { drawnSide } from '../../native-models/engine/calibrate-lens.ts';
import type { HeldOut } from './held-out.ts';

/** Right answers out of those asked, by kind of question; "all" of every kind. */
export type Tally = Record<string, { right: number; asked: number }>;

export interface EvaluateOptions {
  /** Of every runtime. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onScene?: ((done: number, total: number, tally: Tally) => void) | undefined;
  /** Called with every answer that is wrong. */
  readonly onWrong?: ((wrong: WrongAnswer) => void) | undefined;
}

export interface WrongAnswer {
  readonly scene: number;
  readonly kind: string;
  readonly question: string;
  readonly answer: string;
  readonly expected: string;
}

const longestAnswer = 256;

type Scene = HeldOut['scenes'][number];

interface Model {
  readonly package: OpenedPackage;
  readonly encoder: ImageEncoder;
  readonly decoder: Decoder;
}

/**
 * Asks the packaged model every question about these scenes, through the same code as the app: one encode a scene, whose
 * tokens are kept for all of its questions, and the likeliest token each time. A conversation is right when all of its
 * answers are; in a follow-up the model sees its own first answer.
 */
export async function evaluate(
  folder: string,
  scenes: readonly Scene[],
  options: EvaluateOptions = {},
): Promise<{ readonly tally: Tally; readonly package: OpenedPackage }> {
  const { signal, onScene } = options;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const opened = await openPackage(folder, { ...(signal && { signal }) });
  const encoder = await createImageEncoder(opened, threads);
  try {
    const contextTokens = opened.manifest.language.contextTrained;
    const gguf = opened.path('language.gguf');
    const decoder = await createDecoder({
      gguf,
      contextTokens,
      gpu: 'off',
      ...threads,
      ...(signal && { signal }),
    });
    try {
      const tally: Tally = { all: { right: 0, asked: 0 } };
      for (const [done, scene] of scenes.entries()) {
        await askAll({ package: opened, encoder, decoder }, scene, tally, options);
        onScene?.(done + 1, scenes.length, tally);
      }
      return { tally, package: opened };
    } finally {
      await decoder.dispose();
    }
  } finally {
    await encoder.dispose();
  }
}

async function askAll(model: Model, scene: Scene, tally: Tally, options: EvaluateOptions): Promise<void> {
  const { width, height, data } = drawScene(scene.scene, drawnSide);
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const image = await model.encoder.encode(png, { signal: options.signal });
  const picture = imageEmbeddings(image.embeddings, image.width);
  // The sequence keeps what conversations have in common: the system prompt and the picture.
  const sequence = new Sequence(model.decoder);
  for (const { kind, turns } of scene.conversations) {
    const isAllRight = await converse(model, sequence, picture, scene.number, { kind, turns }, options);
    count(tally, kind, isAllRight);
  }
}

function count(tally: Tally, kind: string, isAllRight: boolean): void {
  for (const name of [kind, 'all']) {
    const found = (tally[name] ??= { right: 0, asked: 0 });
    found.asked++;
    if (isAllRight) found.right++;
  }
}

/**
 * How often answers that something else has written are right.
 * @param answers of every turn, by scene and conversation
 */
export function tallyOf(
  scenes: readonly Pick<Scene, 'conversations'>[],
  answers: readonly string[][][],
): Tally {
  const tally: Tally = { all: { right: 0, asked: 0 } };
  for (const [scene, { conversations }] of scenes.entries()) {
    for (const [at, { kind, turns }] of conversations.entries()) {
      const written = answers[scene]?.[at] ?? [];
      count(
        tally,
        kind,
        turns.every((turn, index) => isRight(written[index] ?? '', turn)),
      );
    }
  }
  return tally;
}

async function converse(
  model: Model,
  sequence: Sequence,
  picture: ImageEmbeddings,
  scene: number,
  { kind, turns }: Scene['conversations'][number],
  { signal, onWrong }: EvaluateOptions,
): Promise<boolean> {
  const conversation = new ChatSession(sequence, model.package.manifest);
  let isAllRight = true;
  for (const [index, turn] of turns.entries()) {
    const { text } = await conversation.ask(turn.question, {
      images: index === 0 ? [picture] : [],
      maxTokens: longestAnswer,
      sampling: { temperature: 0 },
      signal,
    });
    if (isRight(text, turn)) continue;
    isAllRight = false;
    onWrong?.({ scene, kind, question: turn.question, answer: text, expected: turn.answer });
  }
  return isAllRight;
}

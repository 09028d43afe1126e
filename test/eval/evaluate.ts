import { readFile } from 'node:fs/promises';
import { drawScene } from '../../native-models/demo/scenes/draw-scene.ts';
import type { Region } from '../../native-models/image/geometry.ts';
import { sharp } from '../../native-models/image/sharp.ts';
import { ChatSession, type WrittenAnswer } from '../../native-models/language/chat.ts';
import { createDecoder, type Decoder } from '../../native-models/language/decoder.ts';
import { imageEmbeddings, type ImageEmbeddings } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { openPackage, type OpenedPackage } from '../../native-models/package/open-package.ts';
import { createImageEncoder, type ImageEncoder } from '../../native-models/vision/encode-image.ts';
import { isRight } from '../../native-models/demo/scenes/grade.ts';
import { drawnSide } from '../../native-models/engine/calibrate-lens.ts';
import type { HeldOut, UnknownPicture } from './held-out.ts';

export interface Count {
  right: number;
  asked: number;
}

/** Right answers out of those asked, by kind of question; "all" of every kind. */
export type Tally = Record<string, Count>;

export interface EvaluateOptions {
  /** Of every runtime. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onScene?: ((done: number, total: number, tally: Tally) => void) | undefined;
  /** Called with every answer that is wrong. */
  readonly onWrong?: ((wrong: WrongAnswer) => void) | undefined;
}

export interface WrongAnswer {
  /** Its number, or the path of a picture. */
  readonly scene: number | string;
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
 * answers are; in a follow-up the model sees its own first answer. "known" counts the conversations in which it says of
 * no scene that it does not know such pictures.
 */
export async function evaluate(
  folder: string,
  scenes: readonly Scene[],
  options: EvaluateOptions = {},
): Promise<{ readonly tally: Tally; readonly package: OpenedPackage }> {
  return withModel(folder, options, async (model) => {
    const tally: Tally = { all: { right: 0, asked: 0 } };
    for (const [done, scene] of scenes.entries()) {
      await askAll(model, scene, tally, options);
      options.onScene?.(done + 1, scenes.length, tally);
    }
    return { tally, package: model.package };
  });
}

/** How often the model says of pictures that it does not know their kind, whatever is asked first. */
export async function declined(
  folder: string,
  pictures: readonly UnknownPicture[],
  options: EvaluateOptions = {},
): Promise<Count> {
  return withModel(folder, options, async (model) => {
    const found = { right: 0, asked: 0 };
    for (const { path, questions } of pictures) {
      const picture = await encoded(model, await readFile(path), options);
      const sequence = new Sequence(model.decoder);
      for (const question of questions) {
        const { text, finishReason } = await ask(
          new ChatSession(sequence, model.package.manifest),
          question,
          [picture],
          options,
        );
        found.asked++;
        if (finishReason === 'unknown-picture') found.right++;
        else
          options.onWrong?.({
            scene: path,
            kind: 'unknown',
            question,
            answer: text,
            expected: 'unknown-picture',
          });
      }
    }
    return found;
  });
}

async function withModel<Result>(
  folder: string,
  { signal, threads }: EvaluateOptions,
  use: (model: Model) => Promise<Result>,
): Promise<Result> {
  const most = threads === undefined ? {} : { threads };
  const opened = await openPackage(folder, { ...(signal && { signal }) });
  const encoder = await createImageEncoder(opened, most);
  try {
    const decoder = await createDecoder({
      gguf: opened.path('language.gguf'),
      contextTokens: opened.manifest.language.contextTrained,
      gpu: 'off',
      ...most,
      ...(signal && { signal }),
    });
    try {
      return await use({ package: opened, encoder, decoder });
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
  const picture = await encoded(model, png, options, partOf(scene));
  // The sequence keeps what conversations have in common: the system prompt and the picture.
  const sequence = new Sequence(model.decoder);
  for (const { kind, turns } of scene.conversations) {
    const { isAllRight, isKnown } = await converse(
      model,
      sequence,
      picture,
      scene.number,
      { kind, turns },
      options,
    );
    count(tally, kind, isAllRight);
    countOne(tally, 'known', isKnown);
    if (isFull(scene)) countOne(tally, 'full', isAllRight);
  }
}

/** Whether there is more in it than in the scenes of the first stages. */
function isFull({ scene: { shapes, signs } }: Scene): boolean {
  return shapes.length > 5 || signs.length > 2;
}

/** In pixels of what is drawn. */
function partOf({ scene, part }: Scene): Region | undefined {
  if (part === undefined) return undefined;
  const [x, y, side] = part.map((length) => Math.round((length * drawnSide) / scene.side)) as [
    number,
    number,
    number,
  ];
  return { x, y, width: side, height: side };
}

async function encoded(
  model: Model,
  photo: Uint8Array,
  { signal }: EvaluateOptions,
  region?: Region,
): Promise<ImageEmbeddings> {
  const image = await model.encoder.encode(photo, { signal, region });
  return imageEmbeddings(image.embeddings, image.width);
}

function ask(
  conversation: ChatSession,
  question: string,
  images: readonly ImageEmbeddings[],
  { signal }: EvaluateOptions,
): Promise<WrittenAnswer> {
  return conversation.ask(question, {
    images,
    maxTokens: longestAnswer,
    sampling: { temperature: 0 },
    signal,
  });
}

function count(tally: Tally, kind: string, isAllRight: boolean): void {
  for (const name of [kind, 'all']) countOne(tally, name, isAllRight);
}

function countOne(tally: Tally, name: string, isRight: boolean): void {
  const found = (tally[name] ??= { right: 0, asked: 0 });
  found.asked++;
  if (isRight) found.right++;
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
  options: EvaluateOptions,
): Promise<{ isAllRight: boolean; isKnown: boolean }> {
  const conversation = new ChatSession(sequence, model.package.manifest);
  const found = { isAllRight: true, isKnown: true };
  for (const [index, turn] of turns.entries()) {
    const { text, finishReason } = await ask(
      conversation,
      turn.question,
      index === 0 ? [picture] : [],
      options,
    );
    if (finishReason === 'unknown-picture') found.isKnown = false;
    if (isRight(text, turn)) continue;
    found.isAllRight = false;
    options.onWrong?.({ scene, kind, question: turn.question, answer: text, expected: turn.answer });
  }
  return found;
}

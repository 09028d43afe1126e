import { Command } from 'commander';
import { defaultSettings } from '../../preload/contract/api.ts';
import { AppError } from '../../preload/contract/errors.ts';
import { openPhoto } from '../../native-models/image/decode.ts';
import { checkRegion, wholePhoto, type Region } from '../../native-models/image/geometry.ts';
import { type WrittenAnswer, ChatSession } from '../../native-models/language/chat.ts';
import type { PicturePiece } from '../../native-models/families/picture-piece.ts';
import { deviceName } from '../../native-models/language/device-name.ts';
import { imageEmbeddings, pictureOfSize } from '../../native-models/language/prompt.ts';
import type { SamplingOptions } from '../../native-models/language/sampler.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import type { OpenedPackage } from '../../native-models/package/open-package.ts';
import type { EncodedImage } from '../../native-models/vision/encode-image.ts';
import {
  noteTexts,
  photoArgument,
  regionOption,
  withModel,
  withModelOptions,
  type ModelOptions,
} from './model-options.ts';
import { requireWritable } from './output-file.ts';
import { numberOption, openTerminal, type Terminal } from './terminal.ts';

interface Options extends ModelOptions, SamplingOptions {
  maxTokens: number;
  system?: string;
  region?: Region;
  lens?: string;
  json: boolean;
}

/** As the window asks, so that both write the same answer. */
const defaults = defaultSettings.sampling;

export function askCommand(): Command {
  const command = new Command('ask')
    .argument('<photo>', 'a picture file, or - for standard input')
    .argument('<question...>');
  return withModelOptions(command)
    .option('--region <x,y,w,h>', 'only this part of the upright photo, at its own resolution', regionOption)
    .option('--system <text>', "instead of the package's own system prompt")
    .option(
      '--max-tokens <n>',
      'of an answer',
      numberOption('--max-tokens', 1, 1_000_000, true),
      defaults.maxTokens,
    )
    .option(
      '--temperature <t>',
      '0 always takes the likeliest token',
      numberOption('--temperature', 0, 5),
      defaults.temperature,
    )
    .option(
      '--top-p <p>',
      'share of the probability to choose from',
      numberOption('--top-p', 0.01, 1),
      defaults.topP,
    )
    .option(
      '--top-k <k>',
      'number of likeliest tokens to choose from',
      numberOption('--top-k', 0, 1e6, true),
      defaults.topK,
    )
    .option(
      '--min-p <p>',
      'probability relative to the likeliest',
      numberOption('--min-p', 0, 1),
      defaults.minP,
    )
    .option(
      '--repeat-penalty <r>',
      '1 is none',
      numberOption('--repeat-penalty', 1, 2),
      defaults.repeatPenalty,
    )
    .option(
      '--seed <n>',
      'makes an answer repeatable, with the same number of --threads',
      numberOption('--seed', 0, 2 ** 32 - 2, true),
    )
    .option('--lens <file>', 'write where the model looked when it wrote the first answer, as JSON')
    .option('--json', 'print one JSON object instead of streaming', false)
    .action(ask);
}

async function ask(photo: string, questions: string[], options: Options): Promise<void> {
  const terminal = openTerminal(options);
  const { signal } = terminal;
  // A minute of loading is for a photo that can be read, and for a file that can be written.
  if (options.lens !== undefined) await requireWritable(options.lens);
  const opened = await openPhoto(await photoArgument(photo, signal), { signal });
  const region = options.region ?? wholePhoto(opened.info);
  checkRegion(region, opened.info);
  await withModel(options, terminal, {}, async (model) => {
    const { manifest } = model.package;
    const conversation = new ChatSession(
      new Sequence(model.decoder),
      manifest,
      options.system === undefined ? {} : { system: options.system },
    );
    const { pieces } = model.encoder.plan(region);
    requireRoom(conversation, questions[0]!, pieces);
    const image = await model.encoder.encodePhoto(opened, {
      ...(options.region && { region: options.region }),
      signal,
      onProgress: ({ stage, fraction }) => terminal.progress(stage, fraction),
    });
    terminal.endProgress();
    for (const note of image.photo.notes) terminal.note(noteTexts[note]);

    const embeddings = imageEmbeddings(image.embeddings, image.width, image.plan.pieces);
    const answers: WrittenAnswer[] = [];
    for (const question of questions) {
      const answer = await conversation.ask(question, {
        images: answers.length === 0 ? [embeddings] : [],
        maxTokens: options.maxTokens,
        sampling: samplingOf(options),
        signal,
        onProgress: (done, total) => terminal.progress('read the picture and the question', done / total),
        onToken: ({ text }) => {
          terminal.endProgress();
          terminal.write(text);
        },
      });
      terminal.write('\n');
      answers.push(answer);
      if (answer.finishReason === 'cancelled') break;
    }
    const device = deviceName(model.decoder, options.threads ?? null);
    // First, as what follows may be cancelled or fail.
    report(terminal, model.package, device, image, questions, answers);
    const [question, answer] = [questions[0]!, answers[0]];
    if (options.lens !== undefined && answer !== undefined && answer.ids.length > 0) {
      const { writeLens } = await import('./write-lens.ts');
      const { region: part } = options;
      const about = { question, answer, image, embeddings, region: part };
      await writeLens(options.lens, model, conversation, about, terminal);
      terminal.endProgress();
    }
  });
}

/** Refuses a first question that cannot fit before a minute goes into the picture; later ones are refused by `ask`. */
function requireRoom(conversation: ChatSession, question: string, pieces: readonly PicturePiece[]): void {
  const { needed, available } = conversation.measure(question, [pictureOfSize(pieces)]);
  if (needed <= available) return;
  const message = `The conversation needs ${needed} tokens; the context holds ${available}.`;
  throw new AppError('context-overflow', message, { needed, available });
}

/** With --json the whole story; otherwise the answers were streamed and only an interruption is left to say. */
function report(
  terminal: Terminal,
  opened: OpenedPackage,
  device: string,
  image: EncodedImage,
  questions: readonly string[],
  answers: readonly WrittenAnswer[],
): void {
  const [first] = answers;
  if (terminal.json) {
    const turns = answers.map((answer, index) => turnOf(questions[index]!, answer));
    const { manifest, contentSha256 } = opened;
    terminal.result(
      {
        ...turns[0],
        ...(turns.length > 1 && { turns }),
        timings: { ...image.timings, ...turns[0]?.timings },
        device,
        package: { name: manifest.name, sha256: contentSha256 },
        photo: image.photo,
      },
      '',
    );
  }
  if (answers.at(-1)?.finishReason === 'cancelled') throw new AppError('cancelled', 'Interrupted.');
  if (first === undefined) throw new AppError('internal', 'No question was asked.');
}

function turnOf(
  question: string,
  { text, finishReason, counts, timings, sampling, othersShare }: WrittenAnswer,
) {
  return { question, answer: text, finishReason, tokens: counts, timings, othersShare, sampling };
}

function samplingOf(options: Options): SamplingOptions {
  const { temperature, topP, topK, minP, repeatPenalty, seed } = options;
  const given = Object.entries({ temperature, topP, topK, minP, repeatPenalty, seed });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

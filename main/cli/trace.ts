import { Command } from 'commander';
import { openPhoto } from '../../native-models/image/decode.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import {
  conversationParts,
  imageEmbeddings,
  partLength,
  type PromptPart,
} from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import type { EncodedImage } from '../../native-models/vision/encode-image.ts';
import {
  photoArgument,
  withModel,
  withModelOptions,
  type ModelOptions,
  type OpenModel,
} from './model-options.ts';
import { writeSafetensors } from '../../native-models/formats/weights/write-safetensors.ts';
import { requireWritable } from './output-file.ts';
import { numberOption, openTerminal } from './terminal.ts';

interface Options extends ModelOptions {
  out: string;
  maxTokens: number;
  allCrops: boolean;
  json: boolean;
}

export function traceCommand(): Command {
  const command = new Command('trace')
    .argument('<photo>', 'a picture file, or - for standard input')
    .argument('<question>');
  return withModelOptions(command)
    .requiredOption('--out <file>', 'safetensors file to write')
    .option('--max-tokens <n>', 'of the answer', numberOption('--max-tokens', 1, 4096, true), 16)
    .option('--all-crops', 'encode all global crops and compute DEM in its full form', false)
    .option('--json', 'print shapes and token ids as JSON', false)
    .action(trace);
}

/** All arithmetic of the language model is in float32 here, so that stages can be compared to 1e-3. */
const exact = { kvType: 'f32', flashAttention: false } as const;

async function trace(photo: string, question: string, options: Options): Promise<void> {
  const terminal = openTerminal(options);
  const { signal } = terminal;
  await requireWritable(options.out);
  const opened = await openPhoto(await photoArgument(photo, signal), { signal });
  await withModel(options, terminal, exact, async (model) => {
    const { language } = model.package.manifest;
    const image = await model.encoder.encodePhoto(opened, {
      allViews: options.allCrops,
      signal,
      onProgress: ({ stage, fraction }) => terminal.progress(stage, fraction),
    });
    const answer = await answerGreedily(model, image, question, options.maxTokens, signal);
    terminal.endProgress();

    const arrays: NamedArray[] = [
      ...[...image.stages()].map(([name, { data, shape }]) => ({ name, shape, data })),
      { name: 'embeddings', shape: [image.rows, image.width], data: image.embeddings },
      { name: 'step_logits', shape: [answer.steps, language.vocabulary], data: answer.logits },
      ...ids('greedy_ids', answer.ids),
      ...ids('prompt_ids', answer.prompt),
      ...textAround(answer.prompt),
    ];
    await writeSafetensors(options.out, arrays.map(outgoing));
    const shapes = Object.fromEntries(arrays.map(({ name, shape }) => [name, shape]));
    const lines = arrays.map(({ name, shape }) => `${name.padEnd(18)}[${shape.join(', ')}]`);
    terminal.result(
      { file: options.out, shapes, greedyIds: answer.ids, text: answer.text },
      [...lines, `greedy ids: ${answer.ids.join(' ')}`].join('\n'),
    );
  });
}

interface NamedArray {
  readonly name: string;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const outgoing = ({ name, shape, data }: NamedArray) => ({
  name,
  shape,
  type: data instanceof Float32Array ? ('f32' as const) : ('i32' as const),
  pieces: () => [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
});

async function answerGreedily(
  { package: { manifest }, decoder }: OpenModel,
  { embeddings, width, plan }: EncodedImage,
  question: string,
  maxTokens: number,
  signal: AbortSignal,
) {
  const image = imageEmbeddings(embeddings, width, plan.pieces);
  const parts = conversationParts(decoder.vocabulary, manifest, manifest.chat.defaultSystem, [], {
    text: question,
    pictures: [image],
  });
  const logits: Float32Array[] = [];
  const answer = await new ChatSession(new Sequence(decoder), manifest).ask(question, {
    images: [image],
    maxTokens,
    sampling: { temperature: 0 },
    signal,
    onToken: (step) => logits.push(step.logits().slice()),
  });
  return {
    text: answer.text,
    ids: answer.ids,
    steps: logits.length,
    logits: concatenate(logits),
    prompt: parts.flatMap(idsOf),
  };
}

/** -1 where an embedding stands. */
const idsOf = (part: PromptPart): readonly number[] =>
  'ids' in part ? part.ids : Array.from({ length: partLength(part) }, () => -1);

/** The text before and after a picture that is one run of embeddings. */
function textAround(prompt: readonly number[]): NamedArray[] {
  const [first, last] = [prompt.indexOf(-1), prompt.lastIndexOf(-1)];
  if (prompt.slice(first, last).some((id) => id !== -1)) return [];
  return [
    ...ids('ids_before_image', prompt.slice(0, first)),
    ...ids('ids_after_image', prompt.slice(last + 1)),
  ];
}

/** An empty list has no place in a safetensors file: dimensions are at least 1. */
function ids(name: string, values: readonly number[]): NamedArray[] {
  return values.length === 0 ? [] : [{ name, shape: [values.length], data: Int32Array.from(values) }];
}

function concatenate(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

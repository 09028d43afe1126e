import { Command } from 'commander';
import { Conversation } from '../../native-models/language/chat.ts';
import { conversationParts, imageEmbeddings, type PromptPart } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import {
  photoArgument,
  withModel,
  withModelOptions,
  type ModelOptions,
  type OpenModel,
} from './model-options.ts';
import { type NamedArray, writeSafetensors } from './safetensors-file.ts';
import { numberOption, openTerminal } from './terminal.ts';

interface Options extends ModelOptions {
  out: string;
  maxTokens: number;
  allCrops: boolean;
  json: boolean;
}

export function traceCommand(): Command {
  const command = new Command('trace')
    .description(
      'Write what every stage of one greedy answer computes, to compare with another implementation.',
    )
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
  const source = await photoArgument(photo);
  await withModel(options, terminal, exact, async (model) => {
    const { crops, vision, language } = model.package.manifest;
    const image = await model.encoder.encode(source, {
      allCrops: options.allCrops,
      signal,
      onProgress: ({ stage, fraction }) => terminal.progress(stage, fraction),
    });
    const { stages } = image;
    const answer = await answerGreedily(model, image.embeddings, question, options.maxTokens, signal);
    terminal.endProgress();

    const { tokens, width } = vision;
    const features = (name: string, data: Float32Array): NamedArray[] =>
      data.length === 0 ? [] : [{ name, shape: [data.length / (tokens * width), tokens, width], data }];
    const arrays: NamedArray[] = [
      { name: 'base_pixels', shape: [3, crops.tile, crops.tile], data: stages.basePixels },
      ...features('local_features', stages.localFeatures),
      ...features('global_features', stages.globalFeatures),
      ...features('base_features', stages.baseFeatures),
      ...(stages.demOutput ? [{ name: 'dem_output', shape: [tokens, width], data: stages.demOutput }] : []),
      { name: 'embeddings', shape: [tokens, language.width], data: image.embeddings },
      { name: 'step_logits', shape: [answer.steps, language.vocabulary], data: answer.logits },
      ...ids('greedy_ids', answer.ids),
      ...ids('ids_before_image', answer.before),
      ...ids('ids_after_image', answer.after),
    ];
    await writeSafetensors(options.out, arrays);
    const shapes = Object.fromEntries(arrays.map(({ name, shape }) => [name, shape]));
    const lines = arrays.map(({ name, shape }) => `${name.padEnd(18)}[${shape.join(', ')}]`);
    terminal.result(
      { file: options.out, shapes, greedyIds: answer.ids, text: answer.text },
      [...lines, `greedy ids: ${answer.ids.join(' ')}`].join('\n'),
    );
  });
}

async function answerGreedily(
  { package: { manifest }, decoder }: OpenModel,
  rows: Float32Array,
  question: string,
  maxTokens: number,
  signal: AbortSignal,
) {
  const image = imageEmbeddings(rows, manifest.language.width);
  const parts = conversationParts(decoder.vocabulary, manifest, manifest.chat.defaultSystem, [], {
    text: question,
    images: [image],
  });
  const place = parts.findIndex((part) => 'image' in part);
  const logits: Float32Array[] = [];
  const answer = await new Conversation(new Sequence(decoder), manifest).ask(question, {
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
    before: idsOf(parts.slice(0, place)),
    after: idsOf(parts.slice(place + 1)),
  };
}

const idsOf = (parts: readonly PromptPart[]): number[] =>
  parts.flatMap((part) => ('ids' in part ? part.ids : []));

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

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';

import { maxTokensOf, openBench, type Bench, type BenchItem } from '../../native-models/eval/bench.ts';
import { metricNames, scoreOf, type MetricName } from '../../native-models/eval/metrics.ts';
import { compare, reportOf, type BenchReport, type Figures } from '../../native-models/eval/report.ts';
import { openResults, type Result, type ResultsFile } from '../../native-models/eval/results-file.ts';
import type { PairedDifference } from '../../native-models/eval/statistics.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import { imageEmbeddings, type ImageEmbeddings } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { AppError, throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import { dataFolder } from '../host/data-folder.ts';
import { withModel, withModelOptions, type ModelOptions, type OpenModel } from './model-options.ts';
import { numberOption, openTerminal, type Terminal } from './terminal.ts';

interface Options extends ModelOptions {
  compare?: string;
  metric?: MetricName;
  limit?: number;
  maxTokens?: number;
  results?: string;
  answers?: string;
  json: boolean;
}

export function evalCommand(): Command {
  const command = new Command('eval').argument('<bench>', 'the file of questions');
  return withModelOptions(command)
    .option('--compare <package>', 'another package, asked the same questions')
    .addOption(
      new Option('--metric <name>', 'how answers are judged; by default as the file’s name says').choices(
        metricNames,
      ),
    )
    .option('--limit <n>', 'only the first questions', numberOption('--limit', 1, 10_000_000, true))
    .option('--max-tokens <n>', 'of an answer', numberOption('--max-tokens', 1, 100_000, true))
    .option(
      '--results <folder>',
      'where answers are kept as they come, to go on with; by default in the data folder',
    )
    .option('--answers <file>', "write the answers as MM-Vet's own evaluator takes them")
    .option('--json', 'print one JSON object', false)
    .action(evaluate);
}

interface Measured {
  readonly package: { readonly name: string; readonly sha256: string };
  readonly results: ReadonlyMap<string, Result>;
  readonly report: BenchReport;
  readonly file: string;
}

async function evaluate(path: string, options: Options): Promise<void> {
  const terminal = openTerminal(options);
  const bench = await openBench(path, options.metric, terminal.signal);
  try {
    const first = await measure(bench, options, terminal);
    const second =
      options.compare === undefined
        ? null
        : await measure(bench, { ...options, model: options.compare }, terminal);
    if (options.answers !== undefined)
      await writeFile(options.answers, `${JSON.stringify(answersOf(first.results), null, 2)}\n`);
    const difference = second && compare(first.results, second.results);
    const { name, metric } = bench;
    const shown = [first, ...(second ? [second] : [])];
    terminal.result(
      {
        ...{ bench: name, metric, questions: first.results.size, of: bench.indices.length },
        packages: shown.map(({ package: about, report, file }) => ({ ...about, ...report, file })),
        ...(difference && { difference }),
      },
      [
        ...shown.map((one) => tableOf(bench, one)),
        ...(difference ? [differenceText(difference, metric)] : []),
      ].join('\n\n'),
    );
  } finally {
    await bench.close();
  }
}

/** Asks what has not been asked yet, and gives the figures of all that has. */
async function measure(bench: Bench, options: Options, terminal: Terminal): Promise<Measured> {
  return withModel(options, terminal, {}, async (model) => {
    const { manifest, contentSha256 } = model.package;
    const maxTokens = options.maxTokens ?? maxTokensOf[bench.metric];
    const identity = {
      preprocess: options.preprocess ?? 'as the package has it',
      ...{ bench: bench.name, ...bench.identity, metric: bench.metric },
      ...{ package: contentSha256, maxTokens },
    };
    const folder = options.results ? resolve(options.results) : join(dataFolder(), 'eval');
    const key = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
    const file = join(folder, `${bench.name.replace(/\.[^.]*$/, '')}-${key}.jsonl`);
    const kept = await openResults(file, identity);
    const wanted = bench.indices.slice(0, options.limit);
    try {
      await askAll(bench, wanted, { model, maxTokens, kept, terminal });
    } finally {
      await kept.close();
    }
    const results = new Map(
      wanted.flatMap((index) => {
        const result = kept.results.get(index);
        return result ? [[index, result] as const] : [];
      }),
    );
    return {
      package: { name: manifest.name, sha256: contentSha256 },
      ...{ results, report: reportOf(bench.metric, [...results.values()]), file },
    };
  });
}

interface Asking {
  readonly model: OpenModel;
  readonly maxTokens: number;
  readonly kept: ResultsFile;
  readonly terminal: Terminal;
}

async function askAll(bench: Bench, wanted: readonly string[], asking: Asking): Promise<void> {
  const { model, kept, terminal } = asking;
  const label = `ask ${model.package.manifest.name}`;
  const pictures = new LastPicture(model, terminal.signal);
  const sequence = new Sequence(model.decoder);
  const left = wanted.filter((index) => !kept.results.has(index)).length;
  const begun = performance.now();
  let done = 0;
  for (const [at, index] of wanted.entries()) {
    if (kept.results.has(index)) continue;
    throwIfCancelled(terminal.signal);
    await kept.add(await askOne(bench, await bench.read(at), sequence, pictures, asking));
    done++;
    const secondsLeft = (((performance.now() - begun) / 1000) * (left - done)) / done;
    terminal.progress(label, (wanted.length - left + done) / wanted.length, secondsLeft);
  }
  terminal.endProgress();
}

async function askOne(
  { metric }: Bench,
  item: BenchItem,
  sequence: Sequence,
  pictures: LastPicture,
  { model, maxTokens, terminal }: Asking,
): Promise<Result> {
  const { index, category } = item;
  const isYes = metric === 'yes-no' ? { isYes: item.answers[0]?.trim().toLowerCase() === 'yes' } : {};
  let image: ImageEmbeddings;
  try {
    image = await pictures.of(item.photo);
  } catch (error) {
    const { code, message } = toAppError(error);
    if (!code.startsWith('photo-') && code !== 'file-missing') throw error;
    return { index, answer: '', score: 0, category, ...isYes, fault: message };
  }
  const conversation = new ChatSession(sequence, model.package.manifest);
  const { text, finishReason } = await conversation.ask(item.prompt, {
    ...{ images: [image], maxTokens, sampling: { temperature: 0 }, signal: terminal.signal },
  });
  if (finishReason === 'cancelled') throw new AppError('cancelled', 'Interrupted; the same command goes on.');
  const answer = text.trim();
  return { index, answer, score: scoreOf(metric, answer, item), category, ...isYes };
}

/** Many benchmarks ask several questions about a photo, one after the other. */
class LastPicture {
  readonly #model: OpenModel;
  readonly #signal: AbortSignal;
  #key = '';
  #image: ImageEmbeddings | null = null;

  constructor(model: OpenModel, signal: AbortSignal) {
    this.#model = model;
    this.#signal = signal;
  }

  async of(photo: string | Uint8Array): Promise<ImageEmbeddings> {
    const key = typeof photo === 'string' ? photo : createHash('sha256').update(photo).digest('hex');
    if (this.#image !== null && key === this.#key) return this.#image;
    const { embeddings, width, plan } = await this.#model.encoder.encode(photo, { signal: this.#signal });
    this.#image = imageEmbeddings(embeddings, width, plan.pieces);
    this.#key = key;
    return this.#image;
  }
}

/** MM-Vet's evaluator names questions `v1_0`, MM-Vet v2's `v2_0`; an index that is a number alone is one of v2. */
function answersOf(results: ReadonlyMap<string, Result>): Record<string, string> {
  return Object.fromEntries(
    [...results.values()].map(({ index, answer }) => [/^\d+$/.test(index) ? `v2_${index}` : index, answer]),
  );
}

const percent = (share: number) => (100 * share).toFixed(1).padStart(5);

function tableOf({ name, metric }: Bench, { package: about, report }: Measured): string {
  const head = `${about.name} on ${name}, ${report.all.count} questions`;
  if (metric === 'collect')
    return `${head}: answered; --answers FILE writes them for the benchmark's own evaluator`;
  const width = Math.max(8, ...Object.keys(report.categories).map(({ length }) => length));
  const line = (label: string, { count, score, interval: [low, high] }: Figures) =>
    `  ${label.padEnd(width)}  ${percent(score)} %  (${percent(low)} to ${percent(high)})  of ${count}`;
  const { yesNo, faults } = report;
  const categories = Object.entries(report.categories);
  return [
    `${head}, ${metric} (95 % interval):`,
    line('all', report.all),
    ...(categories.length > 1 ? categories.map(([category, figures]) => line(category, figures)) : []),
    ...(yesNo
      ? [
          `  precision ${percent(yesNo.precision)} %, recall ${percent(yesNo.recall)} %, F1 ${percent(yesNo.f1)} %, yes ${percent(yesNo.yes)} %`,
        ]
      : []),
    ...(faults > 0 ? [`  ${faults} photos could not be read; they count as wrong`] : []),
  ].join('\n');
}

function differenceText(
  { count, difference, interval, better, p }: PairedDifference,
  metric: MetricName,
): string {
  const signed = (share: number) => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)}`;
  const [low, high] = interval;
  return [
    `second minus first, ${count} questions, ${metric}: ${signed(difference)} % (95 % interval ${signed(low)} to ${signed(high)})`,
    `  only the first is better on ${better[0]}, only the second on ${better[1]} (McNemar p = ${p.toPrecision(2)})`,
  ].join('\n');
}

import { getLlama } from 'node-llama-cpp';
import { ChatSession } from '../../native-models/language/chat.ts';
import { createDecoder, type Decoder } from '../../native-models/language/decoder.ts';
import { imageEmbeddings } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { inTurns, median, timed, type Figure } from './figure.ts';
import { withRandomPackage } from './random-package.ts';

const contextTokens = 1024;
const threads = 2;
const answerTokens = 48;
const rounds = 5;

/** Tokens a second against node-llama-cpp's own generation, and what the KV cache saves. All on the CPU. */
export function measure(): Promise<Figure[]> {
  return withRandomPackage(async ({ manifest, path }) => {
    const gguf = path('language.gguf');
    const decoder = await createDecoder({ gguf, contextTokens, threads, gpu: 'off' });
    try {
      // Random weights have no reason to end an answer; without stop ids both sides write the same number of tokens.
      const format = { ...manifest, language: { ...manifest.language, stopIds: [] } };
      return [
        ...(await generation(decoder, format, gguf)),
        ...(await questions(decoder, format, manifest.vision.tokens)),
      ];
    } finally {
      await decoder.dispose();
    }
  });
}

type Format = ConstructorParameters<typeof ChatSession>[1];

async function generation(decoder: Decoder, format: Format, gguf: string): Promise<Figure[]> {
  const llama = await getLlama({ gpu: false, build: 'never' });
  const model = await llama.loadModel({ modelPath: gguf });
  const context = await model.createContext({ contextSize: contextTokens, threads, sequences: 1 });
  const theirs = context.getSequence();
  const prompt = decoder.vocabulary.tokenize([
    { text: 'What can be seen in this picture, and where is it?' },
  ]);
  const ours = new ChatSession(new Sequence(decoder), format);
  const speedOfTheirs = async () => {
    await theirs.clearHistory();
    let begun = 0;
    let written = 0;
    for await (const token of theirs.evaluate(prompt as never[], { temperature: 0, yieldEogToken: true })) {
      void token;
      begun ||= performance.now();
      if (++written === answerTokens) break;
    }
    return ((written - 1) * 1000) / (performance.now() - begun);
  };
  const speedOfOurs = async () => {
    await ours.rewind(0);
    const answer = await ours.ask('What can be seen?', {
      maxTokens: answerTokens,
      sampling: { temperature: 0 },
    });
    return answer.timings.tokensPerSecond;
  };
  const speeds = await inTurns(speedOfOurs, speedOfTheirs);
  await context.dispose();
  await model.dispose();
  return [
    { what: 'generation', value: speeds.one, unit: 'tokens/s' },
    { what: "node-llama-cpp's own generation", value: speeds.other, unit: 'tokens/s' },
    {
      what: 'generation / its own',
      value: speeds.ratio,
      spread: speeds.spread,
      unit: 'x',
      target: { atLeast: 0.97 },
    },
  ];
}

/** The first and the second question about a photo, and coming back to it after another photo. */
async function questions(decoder: Decoder, format: Format, imageTokens: number): Promise<Figure[]> {
  const picture = () => {
    const rows = Float32Array.from({ length: imageTokens * decoder.width }, () => (Math.random() - 0.5) / 20);
    return imageEmbeddings(rows, decoder.width);
  };
  const [photo, other] = [picture(), picture()];
  const conversation = new ChatSession(new Sequence(decoder), format);
  const short = { maxTokens: 4, sampling: { temperature: 0 } };

  const first = await conversation.ask('What is written on the sign?', { ...short, images: [photo] });
  const second: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await conversation.rewind(1);
    const answer = await conversation.ask('And which colour is the door beside it?', short);
    second.push(answer.timings.firstTokenMs);
    const own = answer.counts.text;
    const ids = Array.from({ length: own }, (_, index) => 100 + index);
    const end = decoder.position;
    alone.push(await timed(() => decoder.decodeTokens(ids)));
    decoder.truncate(end);
  }

  const prefix = await prefixTimes(new ChatSession(new Sequence(decoder), format), decoder, photo, other);
  return [
    { what: 'first question, to its first token', value: first.timings.firstTokenMs, unit: 'ms' },
    { what: 'second question, to its first token', value: median(second), unit: 'ms' },
    {
      what: 'second question / decoding its own tokens',
      value: median(second) / median(alone),
      unit: 'x',
      target: { atMost: 1.15 },
    },
    { what: 'prefill of a photo', value: prefix.prefill, unit: 'ms' },
    { what: 'coming back to it', value: prefix.restore, unit: 'ms' },
    {
      what: 'coming back / prefill',
      value: prefix.restore / prefix.prefill,
      unit: 'x',
      target: { atMost: 0.05 },
    },
  ];
}

async function prefixTimes(
  conversation: ChatSession,
  decoder: Decoder,
  photo: ReturnType<typeof imageEmbeddings>,
  other: ReturnType<typeof imageEmbeddings>,
) {
  decoder.truncate(0);
  const prefill = await timed(() => conversation.prepare({ images: [photo] }));
  await conversation.prepare({ images: [other] });
  const restores: number[] = [];
  for (const image of [photo, other, photo, other, photo]) {
    restores.push(await timed(() => conversation.prepare({ images: [image] })));
  }
  return { prefill, restore: median(restores) };
}

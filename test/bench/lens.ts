/** What the lens costs beside the answer it is put on, and what memory it takes. All on the CPU. */
import { join } from 'node:path';
import { lookAt } from '../../native-models/engine/lens.ts';
import { loadBoth } from '../../native-models/engine/load-both.ts';
import { meanColour } from '../../native-models/families/square.ts';
import { coveredPhoto } from '../../native-models/image/covered-photo.ts';
import { openPhoto } from '../../native-models/image/decode.ts';
import { ChatSession } from '../../native-models/language/chat.ts';
import { imageEmbeddings } from '../../native-models/language/prompt.ts';
import { Sequence } from '../../native-models/language/sequence.ts';
import { goldenCase } from '../support/golden.ts';
import { median, timed, type Figure } from './figure.ts';
import { withRandomPackage } from './random-package.ts';

// Two threads wait for each other by spinning, which says nothing on a machine that is busy.
const threads = 1;
const answerTokens = 60;
/** About a place: the kind of answer that is tested by covering. */
const testedTokens = 20;
const rounds = 3;
/** As many as a calibration chooses at most, in layers of their own. */
const heads = [2, 5, 8, 11].map((layer) => ({ layer, head: 3 }));
const question = 'What is written on the sign, and where is it?';
const megabyte = 2 ** 20;

export function measure(): Promise<Figure[]> {
  return withRandomPackage(async (opened) => {
    const { manifest } = opened;
    const contextTokens = 1024;
    const { encoder, decoder } = await loadBoth(opened, { threads }, { contextTokens, threads, gpu: 'off' });
    try {
      // Random weights have no reason to end an answer.
      const format = { ...manifest, language: { ...manifest.language, stopIds: [] } };
      const session = () => new ChatSession(new Sequence(decoder), format);
      const photo = await openPhoto(join(goldenCase('tower-inside').folder, 'photo.png'));
      const encode = async (shown: typeof photo) => {
        const { embeddings, width, plan } = await encoder.encodePhoto(shown);
        return imageEmbeddings(embeddings, width, plan.pieces);
      };
      const image = await encode(photo);
      const images = [image];

      const looks = { write: [] as number[], look: [] as number[] };
      const memory = { before: process.memoryUsage.rss(), most: 0, after: 0 };
      for (let round = 0; round < rounds; round++) {
        const conversation = session();
        await conversation.prepare({ images });
        const begun = performance.now();
        const options = { images, maxTokens: answerTokens, sampling: { temperature: 0 } };
        const { ids, timings } = await conversation.ask(question, options);
        looks.write.push(performance.now() - begun - timings.prefillMs);
        // What the first answer takes for good is not the lens's.
        if (round === 0) memory.before = process.memoryUsage.rss();
        const watch = setInterval(() => {
          memory.most = Math.max(memory.most, process.memoryUsage.rss());
        }, 5);
        const asked = { question: { text: question, pictures: images }, seen: images, answer: ids, heads };
        looks.look.push(await timed(() => lookAt(conversation.upTo(0), asked, {})));
        clearInterval(watch);
        memory.after = process.memoryUsage.rss();
      }

      const { width, height } = photo.info;
      const part = { x: 0, y: 0, width: Math.floor(width / 3), height: Math.floor(height / 3) };
      const covered = coveredPhoto(photo, part, meanColour(manifest.normalisation.mean));
      const covering = { read: [] as number[], test: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        decoder.truncate(0);
        const conversation = session();
        const read = async () => conversation.prepare({ images: [await encode(photo)] });
        covering.read.push(await timed(read));
        const options = { images, maxTokens: testedTokens, sampling: { temperature: 0 } };
        const { ids } = await conversation.ask(question, options);
        const test = async () => {
          const pictures = [await encode(covered)];
          const past = conversation.upTo(0);
          await past.reread({ text: question, pictures: images }, ids, { likelihood: true });
          await past.reread({ text: question, pictures }, ids, { likelihood: true, anew: true });
        };
        covering.test.push(await timed(test));
      }
      return figures(looks, memory, covering);
    } finally {
      await decoder.dispose();
      await encoder.dispose();
    }
  });
}

function figures(
  looks: Readonly<Record<'write' | 'look', readonly number[]>>,
  memory: Readonly<Record<'before' | 'most' | 'after', number>>,
  covering: Readonly<Record<'read' | 'test', readonly number[]>>,
): Figure[] {
  const [write, look] = [median(looks.write), median(looks.look)];
  const [read, test] = [median(covering.read), median(covering.test)];
  const taken = (memory.most - memory.before) / megabyte;
  const left = (memory.after - memory.before) / megabyte;
  return [
    { what: `writing ${answerTokens} tokens`, value: write, unit: 'ms' },
    { what: 'their map', value: look, unit: 'ms' },
    { what: 'map / writing', value: look / write, unit: 'x', target: { atMost: 1 } },
    { what: 'encoding and reading a photo', value: read, unit: 'ms' },
    { what: `covering test of ${testedTokens} tokens`, value: test, unit: 'ms' },
    { what: 'covering test / encoding and reading', value: test / read, unit: 'x', target: { atMost: 1.2 } },
    { what: 'memory of the extra context, at most', value: taken, unit: 'MB' },
    { what: 'left of it afterwards', value: left, unit: 'MB', target: { atMost: Math.max(16, taken / 4) } },
  ];
}

/** Words per second beside other programs: threads that are chosen while writing, against every fixed number of them. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createDecoder, type Decoder } from '../../native-models/language/decoder.ts';
import type { Figure } from './figure.ts';

/** The smallest model stalls most: its threads meet thousands of times a second. */
const gguf = fileURLToPath(new URL('../../native-models/demo/package/language.gguf', import.meta.url));
const contextTokens = 256;
const prompt = 16;
/** They take turns of so many milliseconds, so that what else goes on meets all of them. */
const turn = 2500;
const rounds = 4;

/** The decoders by their number of threads; `auto` has the choice. */
type Decoders = ReadonlyMap<number | 'auto', Decoder>;

export async function measure(): Promise<Figure[]> {
  const cores = availableParallelism();
  const counts = [...new Set([1, 2, Math.ceil(cores / 2), cores - 1, cores])].filter(
    (n) => n >= 1 && n <= cores,
  );
  const decoders = new Map<number | 'auto', Decoder>();
  try {
    for (const threads of counts)
      decoders.set(threads, await createDecoder({ gguf, contextTokens, gpu: 'off', threads }));
    decoders.set('auto', await createDecoder({ gguf, contextTokens, gpu: 'off' }));
    const figures: Figure[] = [];
    for (const programs of new Set([0, Math.ceil(cores / 2), cores, 2 * cores]))
      figures.push(...(await beside(programs, decoders)));
    return figures;
  } finally {
    for (const decoder of decoders.values()) await decoder.dispose();
  }
}

async function beside(programs: number, decoders: Decoders): Promise<Figure[]> {
  const others = Array.from({ length: programs }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  try {
    const speeds = new Map([...decoders.keys()].map((threads) => [threads, 0]));
    // It is given one turn to notice the others.
    await tokensPerSecond(decoders.get('auto')!);
    for (let round = 0; round < rounds; round++)
      for (const [threads, decoder] of decoders)
        speeds.set(threads, speeds.get(threads)! + (await tokensPerSecond(decoder)) / rounds);
    const { auto, ...fixed } = Object.fromEntries(speeds) as Record<string, number>;
    const [count, best] = Object.entries(fixed).reduce((a, b) => (b[1] > a[1] ? b : a));
    const what = `beside ${programs} other programs`;
    return [
      { what: `best fixed number of threads (${count}) ${what}`, value: best, unit: 'tokens/s' },
      { what: `chosen / best fixed, ${what}`, value: auto! / best, unit: 'x', target: { atLeast: 0.85 } },
    ];
  } finally {
    for (const other of others) other.kill('SIGKILL');
  }
}

async function tokensPerSecond(decoder: Decoder): Promise<number> {
  decoder.truncate(0);
  await decoder.decodeTokens(Array.from({ length: prompt }, (_, index) => index));
  const begun = performance.now();
  let written = 0;
  for (; performance.now() - begun < turn; written++) {
    if (decoder.position === contextTokens) decoder.truncate(prompt);
    await decoder.decodeTokens([written % prompt]);
  }
  return (written * 1000) / (performance.now() - begun);
}

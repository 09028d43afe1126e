/** Opens files with llama.cpp and ONNX Runtime, one at a time, for its parent to see whether it survives. */
import { AppError } from '../../preload/contract/errors.ts';
import { createDecoder } from '../../native-models/language/decoder.ts';
import { OnnxSession } from '../../native-models/vision/onnx-runtime.ts';
import type { OpenReply, OpenRequest } from './native-opener.ts';

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const { runtime, path } = message as OpenRequest;
  const work = runtime === 'llama' ? decodeWith(path) : runWith(path);
  work.then(
    () => reply({ fault: null }),
    (error: unknown) => reply({ fault: faultOf(error) }),
  );
});

function reply(message: OpenReply): void {
  process.send!(message);
}

/** Loads the model and decodes what a person might ask. */
async function decodeWith(gguf: string): Promise<void> {
  const options = { contextTokens: 32, gpu: 'off', threads: 1, flashAttention: false } as const;
  const decoder = await createDecoder({ gguf, ...options });
  try {
    const ids = decoder.vocabulary.tokenize([{ template: '<s>' }, { text: 'Is it\n한?' }]).slice(0, 8);
    for (const id of ids) decoder.vocabulary.bytes(id);
    await decoder.decodeTokens(ids.length > 0 ? ids : [0]);
    decoder.logits();
  } finally {
    await decoder.dispose();
  }
}

async function runWith(path: string): Promise<void> {
  const session = await OnnxSession.open(path);
  try {
    const input = (count: number) => ({ data: new Float32Array(count * 16 * 32), shape: [count, 16, 32] });
    await session.run({ local: input(9), globals: input(1), base: input(1) });
  } finally {
    await session.dispose();
  }
}

/** Errors of our own are answers; what the runtime says about a model that cannot be computed is, too. */
function faultOf(error: unknown): string | null {
  if (error instanceof AppError && error.code !== 'internal') return null;
  return `throws ${String((error as Error)?.stack ?? error).slice(0, 400)}`;
}

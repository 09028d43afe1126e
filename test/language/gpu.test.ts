import { beforeAll, expect, test } from 'vitest';
import { createDecoder, type Decoder } from '../../native-models/language/decoder.ts';
import { deviceName } from '../../native-models/language/device-name.ts';
import { openLlamaRuntime, type LlamaRuntime } from '../../native-models/language/llama-runtime.ts';
import { float32 } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { goldenLanguage, type GoldenLanguage } from './support.ts';

/**
 * Whatever GPU there is; without one, Mesa's Vulkan driver in software (the package mesa-vulkan-drivers) is one to test with.
 * llama.cpp passes over devices that are processors, unless it is told by number which ones to use.
 */
process.env['GGML_VK_VISIBLE_DEVICES'] ??= '0';
const runtime: LlamaRuntime = await openLlamaRuntime('auto');
const hasGpu = runtime.backend !== 'off';

test.skipIf(hasGpu)('NOT RUN: no GPU backend works here', ({ skip }) => {
  process.stderr.write(
    '\n  !!! The language model on a GPU WAS NOT TESTED: none works here. `apt-get install mesa-vulkan-drivers libvulkan1` brings one in software.\n',
  );
  skip();
});

const folder = temporaryFolder();
let golden: GoldenLanguage;
beforeAll(async () => {
  if (hasGpu) golden = await goldenLanguage('tower-inside', folder);
});

/** Layers of the golden model, and its output layer. */
const allLayers = 3;

test.runIf(hasGpu).each([0, 1, allLayers])(
  'with %d layers on the GPU the words are those of the CPU, and the device that was used is named',
  async (gpu) => {
    const exact = { kvType: 'f32', flashAttention: false, threads: 1 } as const;
    const decoder = await createDecoder({ gguf: golden.gguf, contextTokens: 1024, gpu, ...exact });
    try {
      expect(await greedyIds(decoder)).toEqual(golden.expected.greedy_ids);
      expect(decoder.gpuLayers).toBe(gpu);
      const onGpu = `${runtime.devices.join(', ')}, ${gpu} layers`;
      expect(deviceName(decoder, 1)).toMatch(gpu === 0 ? /^CPU, 1 thread$/ : /^(CUDA|Vulkan|Metal): /);
      if (gpu > 0) expect(deviceName(decoder, 1)).toContain(onGpu);
    } finally {
      await decoder.dispose();
    }
  },
);

async function greedyIds(decoder: Decoder): Promise<number[]> {
  const { expected, tensors } = golden;
  await decoder.decodeTokens(expected.ids_before_image);
  await decoder.decodeEmbeddings(float32(tensors, 'embeddings'));
  await decoder.decodeTokens(expected.ids_after_image);
  const sampler = decoder.createSampler({ temperature: 0 });
  try {
    const ids: number[] = [];
    for (;;) {
      ids.push(decoder.sample(sampler));
      if (ids.length === expected.greedy_ids.length) return ids;
      await decoder.decodeTokens([ids.at(-1)!]);
    }
  } finally {
    sampler.dispose();
  }
}

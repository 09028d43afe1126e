import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { goldenCase, goldenNames } from '../support/golden.ts';
import { float32, readSafetensors, type StoredTensor } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { largestDifference, runCli } from './support.ts';

/** docs/inference.md, How it is known to be right: with everything in float32, every stage agrees with the independent implementation so far. */
const tolerance = 1e-3;

const folder = temporaryFolder();

describe.each(goldenNames)('golden case %s, through the command line', (name) => {
  const golden = goldenCase(name);
  const model = join(folder, name);
  const expected = readSafetensors(join(golden.folder, 'expected.safetensors'));
  const facts = JSON.parse(readFileSync(join(golden.folder, 'expected.json'), 'utf8')) as {
    question: string;
    ids_before_image: number[];
    ids_after_image: number[];
    greedy_ids: number[];
  };

  beforeAll(async () => {
    const precisions = ['--vision', 'f32', '--llm', 'f32'];
    const run = await runCli([
      'convert',
      golden.checkpoint,
      '--clip',
      golden.clip,
      '--out',
      model,
      ...precisions,
    ]);
    expect(run.code, run.stderr).toBe(0);
  });

  test.each([
    { form: 'short form', flags: [], globals: 1, globalCrop4: 0 },
    { form: 'all crops', flags: ['--all-crops'], globals: 9, globalCrop4: 4 },
  ])('$form: every stage within 1e-3 and the same 16 greedy tokens', async (way) => {
    const out = join(folder, `${name}-${way.globals}.safetensors`);
    const photo = join(golden.folder, 'preprocessed.png');
    const run = await runCli(['trace', photo, facts.question, '--model', model, '--out', out, ...way.flags]);
    expect(run.code, run.stderr).toBe(0);

    const trace = readSafetensors(out);
    for (const stage of ['base_pixels', 'dem_output', 'embeddings', 'step_logits']) {
      expect(trace.get(stage)!.shape, stage).toEqual(expected.get(stage)!.shape);
      const difference = largestDifference(float32(trace, stage), float32(expected, stage));
      expect(difference, stage).toBeLessThan(tolerance);
    }
    const crops = [
      ['local_features', 0, 'local_features_0'],
      ['local_features', 8, 'local_features_8'],
      ['global_features', way.globalCrop4, 'global_features_4'],
    ] as const;
    for (const [stage, index, golden] of crops) {
      const difference = largestDifference(slice(trace.get(stage)!, index), float32(expected, golden));
      expect(difference, golden).toBeLessThan(tolerance);
    }
    expect(trace.get('global_features')!.shape[0]).toBe(way.globals);
    expect([...trace.get('greedy_ids')!.data]).toEqual(facts.greedy_ids);
    expect([...trace.get('ids_before_image')!.data]).toEqual(facts.ids_before_image);
    expect([...trace.get('ids_after_image')!.data]).toEqual(facts.ids_after_image);
  });

  test('ask answers about the photo and says what it cost', async () => {
    const photo = join(golden.folder, 'photo.png');
    const limits = ['--temperature', '0', '--max-tokens', '8'];
    const run = await runCli(['ask', photo, facts.question, '--model', model, '--json', ...limits]);
    expect(run.code, run.stderr).toBe(0);
    const result = JSON.parse(run.stdout) as { timings: { passes: number[] } };
    expect(result).toMatchObject({
      question: facts.question,
      finishReason: 'length',
      tokens: {
        text: facts.ids_before_image.length + facts.ids_after_image.length,
        image: 576,
        generated: 8,
      },
      photo: { name: 'photo.png', format: 'png' },
      device: expect.stringMatching(/^(CPU|CUDA|Vulkan|Metal)/) as string,
    });
    expect(result.timings.passes).toHaveLength(10);
  });
});

/** Element `index` along the first axis. */
function slice({ shape, data }: StoredTensor, index: number): ArrayLike<number> {
  const size = data.length / shape[0]!;
  return data.subarray(index * size, (index + 1) * size);
}

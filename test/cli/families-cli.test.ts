import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { familyGolden } from '../support/family-golden.ts';
import { readSafetensors } from '../support/safetensors-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCli } from './support.ts';

const { folder: golden, expected, tensors } = familyGolden('smolvlm-b');
const photo = join(golden, 'photo.png');

describe('a pair that sees tiles, from the command line', () => {
  const folder = temporaryFolder();
  const model = join(folder, 'model');
  const run = async (...args: string[]): Promise<string> => {
    const done = await runCli(args);
    expect(done.code, done.stderr).toBe(0);
    return done.stdout;
  };

  beforeAll(async () => {
    const pair = (name: string) => join(golden, 'pair', name);
    const files = ['--mmproj', pair('mmproj.gguf'), '--language', pair('language.gguf')];
    await run('import', ...files, '--out', model, '--vision', 'f32');
  });

  test('trace writes every stage of every view, and the whole prompt', async () => {
    const out = join(folder, 'trace.safetensors');
    await run('trace', photo, expected.question, '--model', model, '--out', out, '--gpu', 'off');
    const trace = readSafetensors(out);
    const stages = ['view_pixels', 'view_features', 'embeddings', 'step_logits'];
    for (const name of stages) expect(trace.get(name)!.shape, name).toEqual(tensors.get(name)!.shape);
    for (const name of ['prompt_ids', 'greedy_ids']) {
      expect([...trace.get(name)!.data], name).toEqual([...tensors.get(name)!.data]);
    }
  });

  test('ask answers, and a second question follows', async () => {
    const questions = [expected.question, expected.question2];
    const limits = ['--temperature', '0', '--max-tokens', '16', '--gpu', 'off', '--json'];
    const { turns } = JSON.parse(await run('ask', photo, ...questions, '--model', model, ...limits)) as {
      turns: { answer: string; tokens: { image: number } }[];
    };
    expect(turns[0]!.answer.trim()).toBe(expected.answer.trim());
    expect(turns[0]!.tokens.image).toBe(tensors.get('embeddings')!.shape[0]);
    expect(turns).toHaveLength(2);
  });

  test('crops writes the views as the tower gets them', async () => {
    const out = join(folder, 'views');
    const { files, grid } = JSON.parse(
      await run('crops', photo, '--model', model, '--out', out, '--json'),
    ) as { files: string[]; grid: object };
    expect(grid).toEqual({ columns: expected.plan.columns, rows: expected.plan.rows });
    expect(files).toHaveLength(tensors.get('views')!.shape[0]!);
    expect(files.at(-1)).toBe(join(out, 'global-1.png'));
  });
});

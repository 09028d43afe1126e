/** What the program has loaded and started by the time its first window can be used. Linux alone: it reads /proc. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { build, isStale } from '../../main/build.ts';
import { processTree } from '../support/process-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWebProgram } from '../support/web-program.ts';
import { postSecret } from '../web/sign-in.ts';
import { firstAnswersElement, firstCalls, type FirstAnswers } from '../../preload/contract/first-answers.ts';

/** What of Node itself was loaded, when the program ends. */
const tellModules = `process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))`;

const temporary = temporaryFolder();

test.runIf(process.platform === 'linux')(
  'the gallery is shown without libvips, ONNX Runtime, llama.cpp or an HTTP client, and without a child process',
  async () => {
    for (const part of ['renderer', 'app'] as const) if (isStale(part)) await build(part);
    let told = '';
    const program = await startWebProgram(temporary, {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tellModules)}` },
      onError: (text) => (told += text),
    });
    onTestFinished(() => program.close());
    const page = await (await postSecret(program.address, program.code)).text();
    const first = new RegExp(`id="${firstAnswersElement}">(.*?)</script>`).exec(page)![1]!;
    const { outcomes } = JSON.parse(first) as FirstAnswers;
    expect(outcomes.map((outcome) => outcome?.ok)).toEqual(firstCalls.map(() => true));
    const samples = outcomes[firstCalls.findIndex(([method]) => method === 'listSamples')];
    expect(samples).toMatchObject({ value: Array(8).fill({ photo: { state: 'ready' } }) });

    expect(processTree(program.child.pid!)).toHaveLength(1);
    const loaded = readFileSync(`/proc/${program.child.pid}/maps`, 'utf8');
    expect(loaded).toMatch(/better-sqlite3/);
    expect(loaded).not.toMatch(/vips|sharp|onnxruntime|llama|ggml|koffi/);
    await program.close();
    expect(told).toContain('NativeModule http');
    expect(told).not.toContain('undici');
  },
);

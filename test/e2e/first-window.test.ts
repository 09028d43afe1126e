/** What the program has loaded and started by the time its first window can be used. Linux alone: it reads /proc. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { build, isStale } from '../../main/build.ts';
import { processTree } from '../support/process-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWebProgram } from '../support/web-program.ts';
import { bearer, signIn } from '../web/sign-in.ts';
import type { Sample } from '../../preload/contract/api.ts';

/** What the gallery asks for. */
const asked = {
  describeApp: null,
  getSettings: null,
  getEngineStatus: null,
  getModelActivity: null,
  listPackages: null,
  listRecentPhotos: null,
  listConversations: { query: '', limit: 100 },
  listDrafts: null,
};

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
    const headers = {
      ...bearer(await signIn(program)),
      origin: new URL(program.address).origin,
      'content-type': 'application/json',
    };
    const call = async (method: string, input: unknown = null) => {
      const url = new URL(`/api/${method}`, program.address);
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
      return (await response.json()) as { ok: boolean; value: unknown };
    };
    expect((await fetch(program.address)).status).toBe(200);
    for (const [method, input] of Object.entries(asked))
      expect(await call(method, input), method).toMatchObject({ ok: true });
    const { value } = await call('listSamples');
    expect((value as Sample[]).map(({ photo }) => photo.state)).toEqual(Array(8).fill('ready'));

    expect(processTree(program.child.pid!)).toHaveLength(1);
    const loaded = readFileSync(`/proc/${program.child.pid}/maps`, 'utf8');
    expect(loaded).toMatch(/better-sqlite3/);
    expect(loaded).not.toMatch(/vips|sharp|onnxruntime|llama|ggml|koffi/);
    await program.close();
    expect(told).toContain('NativeModule http');
    expect(told).not.toContain('undici');
  },
);

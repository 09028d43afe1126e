import { expect, onTestFinished, test, vi } from 'vitest';

import { startWorker } from '../../main/web/source-services.ts';

test('what a child process writes is shown in the terminal, with its name', async () => {
  const shown = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const writing = 'console.log("to stdout"), console.error("to stderr")';
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(writing)}`);
  onTestFinished(() => void vi.restoreAllMocks());
  onTestFinished(() => void vi.unstubAllEnvs());
  const worker = startWorker('images');
  onTestFinished(() => worker.kill());
  for (const line of ['images: to stdout', 'images: to stderr']) {
    await vi.waitFor(() => expect(shown).toHaveBeenCalledWith(`${line}\n`), 30_000);
  }
});

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Native runtimes (ONNX Runtime, llama.cpp, sharp) need processes of their own, not worker threads.
const pool = 'forks';

/** Only there to end what hangs: a busy machine is slow, and no test says how fast anything is. */
const timeouts = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 120_000 } },
};

export default defineConfig({
  test: {
    projects: [
      {
        // The window's stores are written with Svelte's runes.
        plugins: [svelte({ configFile: 'renderer/svelte.config.js' })],
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          pool,
          ...timeouts,
        },
      },
      {
        // A browser, a server and two child processes at once: one file at a time, and after the unit tests.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...timeouts,
        },
      },
    ],
  },
});

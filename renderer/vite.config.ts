import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Both hosts serve the result from their own root with a content security policy of `default-src 'none'` and self:
 * nothing is inlined, neither scripts, styles nor data: URLs.
 */
export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [svelte({ configFile: here('./svelte.config.js') })],
  build: {
    outDir: here('../build/renderer'),
    emptyOutDir: true,
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the first sight needs is one file: fourteen, six at a time, took longer to fetch than to run.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'window', tags: ['$initial'] }] } } },
  },
});

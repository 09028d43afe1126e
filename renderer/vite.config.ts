import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Icons as plain markup. The library makes every element and attribute of them by itself, which was a quarter of the time
 * that drawing the first window took. They take no properties: the style sheet has the last word on each of theirs.
 */
const plainIcons: Plugin = {
  name: 'plain-icons',
  enforce: 'pre',
  transform: {
    filter: { id: /@lucide\/svelte\/dist\/icons\/[\w-]+\.svelte$/ },
    handler(code, id) {
      const data = /const iconData = (\{.*\});/.exec(code)?.[1];
      if (data === undefined) throw new Error(`${id}: an icon of another form.`);
      return plainIcon(JSON.parse(data) as Icon);
    },
  },
};

interface Icon {
  readonly name: string;
  readonly size: number;
  readonly node: readonly (readonly [element: string, attributes: Readonly<Record<string, string>>])[];
}

function plainIcon({ name, size, node }: Icon): string {
  const shapes = node.map(([element, attributes]) => {
    const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
    return `<${element}${written.join('')} />`;
  });
  return `<script>
  let props = $props();
  if (Object.keys(props).length > 0) throw new Error('${name}: icons take no properties.');
</script>
<svg class="lucide lucide-${name}" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}" fill="none"
  stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
>${shapes.join('')}</svg>`;
}

/**
 * Both hosts serve the result from their own root with a content security policy of `default-src 'none'` and self:
 * nothing is inlined, neither scripts, styles nor data: URLs.
 */
export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [plainIcons, svelte({ configFile: here('./svelte.config.js') })],
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

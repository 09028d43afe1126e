import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const renderer = join(import.meta.dirname, '..', '..', 'renderer');

/** Opening tags of `name`, as they are written in the components; a `>` of an arrow function ends none. */
const tags = (source: string, name: string) =>
  source.match(new RegExp(`<${name}\\b(?:=>|[^>])*>`, 'g')) ?? [];

test('no browser keeps what is typed into the window: it writes fields down to bring them back after a crash', () => {
  const sources = readdirSync(renderer, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.svelte'))
    .map((path) => readFileSync(join(renderer, path), 'utf8'));
  const areas = sources.flatMap((source) => tags(source, 'textarea'));
  const inputs = sources.flatMap((source) => tags(source, 'input'));
  const kept = [
    ...areas.filter((tag) => !tag.includes('form="forgetful"')),
    ...inputs.filter((tag) => !/type="(checkbox|radio|range)"|autocomplete="off"/.test(tag)),
  ];
  expect([areas.length, inputs.length].every((count) => count > 2)).toBe(true);
  expect(kept).toEqual([]);
});

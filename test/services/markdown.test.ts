import { expect, test } from 'vitest';
import { toMarkdown, type MarkdownParts } from '../../main/services/export/markdown.ts';

test('the name of a model loads no picture in a viewer', () => {
  const provenance = {
    packageName: '![x](https://example.test/x.png)<img src=x>',
    photos: [],
    tokens: { text: 1, image: 2, reused: 0, generated: 3 },
    sampling: { temperature: 0, seed: 1 },
  };
  const message = { role: 'assistant', text: 'Yes.', state: 'done', pictures: [], provenance };
  const conversation = { title: 'One', createdAt: 0, messages: [message] };
  const parts = { conversation, language: 'en', shown: () => null, nameOf: () => '' } as unknown;
  const markdown = toMarkdown(parts as MarkdownParts);
  expect(markdown).toContain('https://example.test/x.png');
  expect(markdown).not.toMatch(/!\[|<img/);
});

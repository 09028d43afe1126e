/** What is fuzzed of answers: their Markdown, of which HTML that can only be read must come, in linear work. */
import { join } from 'node:path';

import { longestMarkdown, markdownToHtml } from '../../renderer/text/markdown-html.ts';
import { markers } from '../renderer/text/markers.ts';
import { countWork } from '../support/count-work.ts';
import { mutateBytes, type Chance } from './mutate.ts';
import type { Target } from './target.ts';

const valid = Buffer.from(`# The sign

The street is **Lindenweg**, _labelled_ ~~once~~ twice; see [the map](https://example.org/map "Map") and https://example.org.

1. beside the \`tram stop\`, and
   - in smaller print
2. on the quay:

> > "Kornmarkt" ![a picture](https://example.org/p.png)

| Crossing | Name |
| :-- | --: |
| River | Alte Brücke |

\`\`\`js
const a = 1 < 2;
\`\`\`

***

[map]: <https://example.org/a_(b)> 'x'
[map] [x](javascript:alert(1)) <b onclick="x">&amp; &#0; \\* 안녕 שלום 😀
`);

export const markdownTarget = (folder: string): Target => ({
  ...{ name: 'markdown', weight: 10, codes: [], path: join(folder, 'answer.md'), valid },
  mutant: (chance) => (chance.is(0.4) ? mutateBytes(valid, chance) : Buffer.from(pileOf(chance))),
  async check(bytes) {
    const text = bytes.toString();
    let html: string | null = null;
    const work = countWork(() => (html = markdownToHtml(text)));
    if (work > 300 * text.length + 1000) throw new Error(`${work} looks at ${text.length} characters`);
    if (html !== null) checkHtml(html);
  },
});

/** Markers repeated, one after the other and inside one another, with lines of the answer among them. */
function pileOf(chance: Chance): string {
  const lines = valid.toString().split('\n');
  let text = '';
  for (let parts = 1 + chance.below(6); parts > 0; parts--) {
    const some = Array.from({ length: 1 + chance.below(3) }, () => chance.pick(markers)).join('');
    text += some.repeat(chance.pick([1, 2, 7, 40, 300]));
    if (chance.is(0.4)) text += `${chance.pick(lines)}${chance.pick(['', '\n', '\n\n'])}`;
    if (chance.is(0.1)) text = text.slice(chance.below(text.length)) + text;
  }
  return text.slice(0, chance.is(0.02) ? longestMarkdown + 1 : 6000);
}

const allowed = /^(blockquote|br|code|em|h[1-6]|hr|li|ol|p|pre|s|span|strong|table|tbody|td|th|thead|tr|ul)$/;
const attributes = /^(align|class|data-address|dir|role|start|tabindex)$/;
const empty = new Set(['br', 'hr']);

/** Throws where HTML has other elements or attributes than an answer's, or is not closed as it was opened. */
function checkHtml(html: string): void {
  const open: string[] = [];
  const rest = html.replace(
    /<(\/?)(\w+)((?: [\w-]+="[^"<>]*")*)>/g,
    (_, slash: string, name: string, all: string) => {
      if (!allowed.test(name)) throw new Error(`<${name}> in an answer`);
      for (const [, attribute, value] of all.matchAll(/ ([\w-]+)="([^"]*)"/g)) {
        if (!attributes.test(attribute!)) throw new Error(`${attribute} in an answer`);
        if (attribute === 'data-address' && !value!.startsWith('https://'))
          throw new Error(`A link to ${value}`);
      }
      if (slash === '' && !empty.has(name)) open.push(name);
      if (slash !== '' && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      return '';
    },
  );
  if (/[<>]/.test(rest)) throw new Error('A bracket in an answer is not escaped');
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
}

import MarkdownIt from 'markdown-it';

/**
 * An answer's Markdown (GitHub's dialect) as HTML, for `markdown.ts` to sanitise. Linear in the length of the text, which
 * may be anything a model can be made to write: markdown-it escapes HTML, bounds how deep inline marks nest and looks at
 * no character twice as often for twice the text.
 */

/** Characters: about 12,000 tokens. The hardest text of this length takes a second. */
export const longestMarkdown = 50_000;
/** Levels of blocks inside blocks; a list takes two of them. Nobody means more, and browsers nest only 512 elements. */
const deepestBlock = 40;
/** As long as `openExternal` takes one. */
const longestAddress = 2048;

class TooDeep extends Error {}

const parser = new MarkdownIt({ html: false, breaks: true, linkify: true, maxNesting: 100 });

// Words such as "readme.md" are no links; an address is one with its scheme.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
for (const scheme of ['http:', 'ftp:', '//', 'mailto:']) parser.linkify.add(scheme, null);
// What is refused here would be read again from its next character on. `link_open` decides.
parser.validateLink = () => true;

// The parser itself leaves out what is nested deeper than `maxNesting`.
parser.block.ruler.before('table', 'depth', (state) => {
  if (state.level > deepestBlock) throw new TooDeep();
  return false;
});

/** Every block runs in the direction of its own words, and a table's cells stand where the table says. */
parser.core.ruler.push('layout', ({ tokens }) => {
  for (const token of tokens) {
    // What lies inside another block runs as that one does.
    if (token.nesting === 1 && token.level === 0) token.attrSet('dir', 'auto');
    // As an attribute: the window's policy forbids styles in the text of a page.
    const style = token.attrGet('style');
    if (style === null) continue;
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style');
    token.attrSet('align', String(style).replace('text-align:', ''));
  }
});

/**
 * A browser looks up the host of an `href` that is pointed at, so links have none: the window opens them, after asking.
 * Of a link that it would not open the words are left.
 */
parser.renderer.rules['link_open'] = (tokens, index) => {
  const address = URL.parse(String(tokens[index]!.attrGet('href')))?.href ?? '';
  if (!address.startsWith('https://') || address.length > longestAddress) return '<span>';
  return `<span role="link" tabindex="0" data-address="${parser.utils.escapeHtml(address)}">`;
};
parser.renderer.rules['link_close'] = () => '</span>';

/** Of a picture its description is left. */
parser.renderer.rules['image'] = (tokens, index, options, environment, renderer) =>
  parser.utils.escapeHtml(renderer.renderInlineAsText(tokens[index]!.children ?? [], options, environment));

/** Null for text that is to be shown as it was written, because it is too long or nested too deep. Never throws. */
export function markdownToHtml(text: string): string | null {
  if (text.length > longestMarkdown) return null;
  try {
    return parser.render(text);
  } catch {
    return null;
  }
}

import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/**
 * An answer's Markdown as HTML that can do nothing but be read: sanitised after rendering, no pictures, no styles, no
 * forms, nothing remote, and no links but https ones, which the window opens only after asking.
 */

const allowedTags = [
  'a',
  'blockquote',
  'br',
  'code',
  'del',
  'em',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'hr',
  'li',
  'ol',
  'p',
  'pre',
  'strong',
  'sub',
  'sup',
  'table',
  'tbody',
  'td',
  'th',
  'thead',
  'tr',
  'ul',
];

const marked = new Marked({ gfm: true, breaks: true, async: false });

export function renderMarkdown(text: string): string {
  return DOMPurify.sanitize(marked.parse(text) as string, {
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: ['href', 'start', 'align'],
    ALLOWED_URI_REGEXP: /^https:\/\//i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

/** The https address of the link that a click inside rendered Markdown fell on; null when it fell on none. */
export function clickedLink(event: Event): string | null {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  return link?.getAttribute('href') ?? null;
}

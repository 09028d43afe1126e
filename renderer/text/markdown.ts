import DOMPurify from 'dompurify';
import { markdownToHtml } from './markdown-html.ts';

/**
 * An answer's Markdown as HTML that can do nothing but be read: sanitised after rendering, no pictures, no styles, no
 * forms, nothing that a browser asks anyone for. Links to https pages are marked for the window to open after asking.
 */

const allowedTags = [
  'blockquote',
  'br',
  'code',
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
  's',
  'span',
  'strong',
  'table',
  'tbody',
  'td',
  'th',
  'thead',
  'tr',
  'ul',
];
const allowedAttributes = ['align', 'dir', 'role', 'start', 'tabindex'];

/** Null for text that is to be shown as it was written. */
export function renderMarkdown(text: string): string | null {
  const html = markdownToHtml(text);
  if (html === null) return null;
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: [...allowedAttributes, 'data-address'],
    // Those that are no addresses; all others have to be one.
    ADD_URI_SAFE_ATTR: allowedAttributes,
    ALLOWED_URI_REGEXP: /^https:\/\//i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

/** The https address of the link inside rendered Markdown that an event fell on; null when it fell on none. */
export function linkAt(event: Event): string | null {
  const link = event.target instanceof Element ? event.target.closest('[data-address]') : null;
  return link?.getAttribute('data-address') ?? null;
}

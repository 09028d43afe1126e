/** What stands for something in Markdown: made to nest, to be left open and to be repeated. */
export const markers: readonly string[] = [
  ...['> ', '* ', '- ', '+ ', '1. ', '- > ', '# ', '#', '---\n', '=\n', 'a\n-\n', '    a\n', '\t', '  '],
  ...['> a\n', '* a\n', '1. a\n', '\n* a\n  ', '```\n', '~~~\n', '|a', '|-', '|a|\n|-|\n|', '\n\n', '\n'],
  ...['_a', '*a', '**a', '***a', '*a_ ', 'a*_', '~~a', '~a', '`a', '``a', '\\', '\\*'],
  ...['[', '[a', '[a](', '](', '![', '[a][', '[a]: b\n', '[a](<b', '[a](b "c', '[a](https://b', '[](', ')'],
  ...['<', '<a', '<a b="', '<!--', '<https://a', '<https://a.b>', '&', '&a;', '&#1;', '&amp', '"', "'", '!'],
  ...[
    'https://',
    'https://a.b/',
    'https://a.b ',
    'http://a.b/',
    'HTTPS://',
    '//a.b/',
    'a@b.c ',
    'mailto:a@b.c',
  ],
  ...[':', 'ftp://a.b/', 'https://a.b/(', 'https://a.b/*', 'www.a.b ', '(', 'a', 'word ', '한', '😀', 'ש'],
  ...['\u202e', '\u0000', '\ud800', '\r', '\u2028'],
];

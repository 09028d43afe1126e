/** The strings of a Python list as `str` writes it (`['one', "it's"]`), or null for any other text. */
export function pythonStrings(text: string): string[] | null {
  const list = text.trim();
  if (!list.startsWith('[') || !list.endsWith(']')) return null;
  const strings: string[] = [];
  const gap = /\s*/y;
  const mark = /\s*([,\]])/y;
  // Strings are walked by hand: a regular expression keeps a place to come back to for every character of a picture.
  for (let at = 1; ;) {
    gap.lastIndex = at;
    gap.exec(list);
    const start = gap.lastIndex;
    const quote = list[start];
    if (quote !== "'" && quote !== '"') return null;
    let end = start + 1;
    while (end < list.length && list[end] !== quote) end += list[end] === '\\' ? 2 : 1;
    if (end >= list.length) return null;
    const body = list.slice(start + 1, end);
    strings.push(body.includes('\\') ? unescaped(body) : body);
    mark.lastIndex = end + 1;
    const found = mark.exec(list);
    if (found === null) return null;
    at = mark.lastIndex;
    if (found[1] === ']') return at === list.length ? strings : null;
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)/gis, (_, code: string) => {
    if (/^[xu]../i.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}

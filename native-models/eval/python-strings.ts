/** The strings of a Python list as `str` writes it (`['one', "it's"]`), or null for any other text. */
export function pythonStrings(text: string): string[] | null {
  const list = text.trim();
  if (!list.startsWith('[') || !list.endsWith(']')) return null;
  const strings: string[] = [];
  const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|\])/gsy;
  item.lastIndex = 1;
  for (;;) {
    const found = item.exec(list);
    if (found === null) return null;
    strings.push(unescaped(found[1] ?? found[2] ?? ''));
    if (found[3] === ']') return item.lastIndex === list.length ? strings : null;
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)/gis, (_, code: string) => {
    if (/^[xu]../i.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}

/** A code fence at the beginning of its line: only there no list or quotation can end it early. */
const fence = /^(`{3,}|~{3,})([^\n]*)$/;
/** A code fence anywhere else. */
const nestedFence = /^[\s>*+\-\d.)]+(?:```|~~~)/;
/** Where HTML begins: a tag, an end tag, a comment, a declaration. */
const htmlStart = /<(?=[A-Za-z/!?])/g;

/**
 * Texts in Markdown that are to follow one another in one file, changed so that a viewer loads nothing by itself: pictures
 * and HTML become the text they are written as. Blocks of code stay as they are, where every viewer agrees that they are
 * code; with a fence inside a list or quotation anywhere, none are taken for such. A block that is open at the end of
 * its text is closed.
 */
export function withoutEmbeds(texts: readonly string[]): string[] {
  const all = texts.map((text) => text.split(/\r\n|[\r\n]/));
  const isPlain = !all.flat().some((line) => nestedFence.test(line));
  return all.map((lines) => embedsEscaped(lines, isPlain));
}

function embedsEscaped(lines: readonly string[], isPlain: boolean): string {
  let open: string | null = null;
  const safe = lines.map((line) => {
    if (open !== null) {
      if (isEndOf(open, line)) open = null;
      return line;
    }
    const [, marks, info] = (isPlain && fence.exec(line)) || [];
    if (marks === undefined || (marks.startsWith('`') && info!.includes('`'))) return asText(line);
    open = marks;
    return marks + asText(info!);
  });
  // What is written below is not in the block any more.
  return [...safe, ...(open === null ? [] : [open])].join('\n');
}

/** A fence ends at one of its kind that is at least as long, indented by up to three spaces. */
function isEndOf(open: string, line: string): boolean {
  const marks = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
  return marks?.[0] === open[0] && marks!.length >= open.length;
}

const asText = (line: string) => line.replace(htmlStart, '&lt;').replaceAll('![', '!\\[');

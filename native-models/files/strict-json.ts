import { invalidCheckpoint, quoted } from './invalid.ts';
import { ByteFile } from './byte-file.ts';

/** No file of a checkpoint nests deeper than ten; a limit keeps a hostile one from building millions of arrays. */
const maxDepth = 64;

/**
 * JSON of an untrusted file: valid UTF-8, no key twice in an object (JSON.parse would silently take the last, another
 * reader the first), bounded nesting. Throws `checkpoint-invalid`.
 */
export function parseStrictJson(bytes: Uint8Array, file: string): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalidCheckpoint(file, 'is not valid UTF-8', { cause });
  }
  refuseDuplicateKeys(text, file);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalidCheckpoint(file, `is not valid JSON (${(cause as Error).message.split('\n')[0]})`, {
      cause,
    });
  }
}

/** The JSON of the file at `path`, refused by its size before it is read. */
export async function readStrictJson(path: string, maxBytes: number): Promise<unknown> {
  const file = await ByteFile.open(path);
  try {
    if (file.size > maxBytes) {
      throw file.fault(`has ${file.size} bytes; at most ${maxBytes} are accepted`);
    }
    return parseStrictJson(await file.read(0, file.size), file.name);
  } finally {
    await file.close();
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** One pass over the text, before anything is built from it. Faults of syntax are left to JSON.parse. */
function refuseDuplicateKeys(text: string, file: string): void {
  /** For every open bracket: the keys seen in an object, or null in an array. */
  const open: (Set<string> | null)[] = [];
  let keyComes = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === quote) {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (keyComes && keys) {
        const key = unescaped(text.slice(i + 1, end));
        if (keys.has(key)) throw invalidCheckpoint(file, `names ${quoted(key)} twice`);
        keys.add(key);
        keyComes = false;
      }
      i = end;
    } else if (char === 0x7b || char === 0x5b) {
      keyComes = char === 0x7b;
      open.push(keyComes ? new Set() : null);
      if (open.length > maxDepth) throw invalidCheckpoint(file, `nests deeper than ${maxDepth}`);
    } else if (char === 0x7d || char === 0x5d) {
      open.pop();
      keyComes = false;
    } else if (char === 0x2c) {
      keyComes = open.at(-1) instanceof Set;
    }
  }
}

/** Index of the closing quote of the string that opens at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length) {
    const char = text.charCodeAt(i);
    if (char === quote) return i;
    i += char === backslash ? 2 : 1;
  }
  return text.length;
}

function unescaped(key: string): string {
  if (!key.includes('\\')) return key;
  try {
    return JSON.parse(`"${key}"`) as string;
  } catch {
    return key; // JSON.parse of the whole text is about to say what is wrong.
  }
}

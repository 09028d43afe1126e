/**
 * The TSV files of VLMEvalKit, as pandas writes them: fields with tabs, line ends or quotes stand in quotes, with quotes doubled.
 * A field may be a photo of 100 MB in base64, so a file is first read through for where its rows lie, and then row by row.
 */
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import { AppError, throwIfCancelled } from '../../preload/contract/errors.ts';
import { openRegularFile } from '../files/regular-file.ts';

const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;

const pieceBytes = 4 * 2 ** 20;
/** A row is in memory while its question is asked; the largest photos in base64 have some hundred megabytes. */
const maxRowBytes = 400 * 2 ** 20;
/** The longest index of a row, of which the rest is not kept. */
const maxIndexBytes = 200;
const maxColumns = 1000;

/** Where a row lies in the file, without the line end behind it. */
export interface TsvRow {
  readonly start: number;
  readonly end: number;
  /** Its first field, by which others may name it. */
  readonly first: string;
}

export interface TsvFile {
  readonly columns: readonly string[];
  readonly rows: readonly TsvRow[];
  /** The fields of a row by column. */
  read(row: TsvRow): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

/** Throws `wrong-usage` naming the file and what is wrong in it. */
export async function openTsv(path: string, signal?: AbortSignal): Promise<TsvFile> {
  const { handle: file } = await openRegularFile(path);
  try {
    const rows = await findRows(file, basename(path), signal);
    const [head, ...rest] = rows;
    if (head === undefined) throw tsvFault(path, 'is empty');
    const columns = fieldsOf(await bytesOf(file, head));
    if (columns.length > maxColumns) throw tsvFault(path, `has ${columns.length} columns`);
    return {
      columns,
      rows: rest,
      async read(row) {
        const fields = fieldsOf(await bytesOf(file, row));
        if (fields.length !== columns.length)
          throw tsvFault(
            path,
            `has ${fields.length} fields in row ${row.first}, and ${columns.length} columns`,
          );
        return new Map(columns.map((column, at) => [column, fields[at]!]));
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function tsvFault(path: string, fault: string): AppError {
  return new AppError('wrong-usage', `${basename(path)}: ${fault}.`, { file: basename(path) });
}

async function bytesOf(file: FileHandle, { start, end }: TsvRow): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  await file.read(bytes, 0, bytes.length, start);
  return bytes;
}

/** One pass over the file; of the rows only their places and first fields are kept. */
async function findRows(file: FileHandle, name: string, signal: AbortSignal | undefined): Promise<TsvRow[]> {
  const rows: TsvRow[] = [];
  const piece = Buffer.alloc(pieceBytes);
  let [offset, start, isFirst, isFieldStart] = [0, 0, true, true];
  /** `closing`: behind a quote that ends the quoted part, unless another follows. */
  let state: 'plain' | 'quoted' | 'closing' = 'plain';
  let first: number[] = [];
  const endRow = (end: number) => {
    if (end - start > maxRowBytes)
      throw tsvFault(name, `has a row of ${end - start} bytes; at most ${maxRowBytes} are read`);
    // pandas writes no empty rows; one at the end is a line end too many.
    if (end > start) rows.push({ start, end, first: unquoted(Buffer.from(first).toString('utf8')) });
    [isFirst, first] = [true, []];
  };
  for (;;) {
    throwIfCancelled(signal);
    const { bytesRead } = await file.read(piece, 0, pieceBytes, offset);
    if (bytesRead === 0) break;
    for (let at = 0; at < bytesRead; at++) {
      const byte = piece[at]!;
      if (byte === quote) {
        if (state === 'quoted') state = 'closing';
        else if (state === 'closing' || isFieldStart) state = 'quoted';
      } else if (state !== 'quoted') {
        state = 'plain';
        if (byte === newline) {
          endRow(offset + at);
          start = offset + at + 1;
          isFieldStart = true;
          continue;
        }
        if (byte === tab) isFirst = false;
      }
      isFieldStart = byte === tab && state === 'plain';
      if (isFirst && first.length < maxIndexBytes) first.push(byte);
    }
    offset += bytesRead;
  }
  if (state === 'quoted') throw tsvFault(name, 'ends within quotes (truncated)');
  endRow(offset);
  return rows;
}

/** The fields of one row. */
function fieldsOf(row: Buffer): string[] {
  const end = row.at(-1) === carriageReturn ? row.length - 1 : row.length;
  const fields: string[] = [];
  for (let at = 0; ;) {
    const from = at;
    // In quotes up to the quote that no other follows.
    if (row[at] === quote) {
      for (at++; at < end; at++) {
        if (row[at] !== quote) continue;
        if (row[at + 1] === quote) at++;
        else break;
      }
    }
    const next = row.indexOf(tab, at);
    const to = next === -1 || next > end ? end : next;
    fields.push(unquoted(row.toString('utf8', from, to)));
    if (to === end) return fields;
    at = to + 1;
  }
}

function unquoted(field: string): string {
  const bare = field.trimEnd();
  if (!(bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"'))) return field;
  return bare.slice(1, -1).replaceAll('""', '"');
}

/** What is wrong with a graph; becomes an AppError once the file's name is known. */
export class Fault extends Error {}

/** Names from the file, short and printable enough for one line of a terminal. */
export function quote(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 80));
}

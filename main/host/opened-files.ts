/** Keeps files that arrive before a window listens, and hands them over once it does. */
export class OpenedFiles {
  readonly #open: (paths: readonly string[]) => void;
  #waiting: string[] = [];
  #listening = false;

  constructor(open: (paths: readonly string[]) => void) {
    this.#open = open;
  }

  add(paths: readonly string[]): void {
    this.#waiting.push(...paths);
    this.#flush();
  }

  /** Tells whether a window listens now. */
  set listening(listening: boolean) {
    this.#listening = listening;
    this.#flush();
  }

  #flush(): void {
    if (!this.#listening || this.#waiting.length === 0) return;
    this.#open(this.#waiting.splice(0));
  }
}

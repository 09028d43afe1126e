interface Entry<T> {
  readonly value: Promise<T>;
  bytes: number;
}

/**
 * Values that are expensive to make and large: made once at a time, kept up to a number of bytes, the least recently
 * used going first. The one used last is always kept. A value that could not be made is not remembered.
 */
export class RecentValues<T> {
  readonly #capacity: number;
  readonly #bytesOf: (value: T) => number;
  /** Least recently used first; 0 bytes while a value is being made. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor(capacity: number, bytesOf: (value: T) => number) {
    this.#capacity = capacity;
    this.#bytesOf = bytesOf;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    return this.find(key) ?? this.put(key, make());
  }

  /** What is there under a key, or undefined. */
  find(key: string): Promise<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry) this.#setLatest(key, entry);
    return entry?.value;
  }

  put(key: string, value: Promise<T>): Promise<T> {
    const entry = { value, bytes: 0 };
    this.#setLatest(key, entry);
    value.then(
      (made) => {
        entry.bytes = this.#bytesOf(made);
        this.#trim();
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return value;
  }

  clear(): void {
    this.#entries.clear();
  }

  #setLatest(key: string, entry: Entry<T>): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #trim(): void {
    let used = 0;
    for (const { bytes } of this.#entries.values()) used += bytes;
    const latest = [...this.#entries.keys()].at(-1);
    for (const [key, { bytes }] of this.#entries) {
      if (used <= this.#capacity || key === latest) break;
      if (bytes === 0) continue;
      this.#entries.delete(key);
      used -= bytes;
    }
  }
}

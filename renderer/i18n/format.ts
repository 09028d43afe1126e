/** Numbers, sizes, times and plurals of one language, all by Intl. */
export class Format {
  readonly locale: string;
  readonly #plurals: Intl.PluralRules;
  /** Making one takes a hundred times as long as using it. */
  readonly #numbers = new Map<string, Intl.NumberFormat>();

  /** @param locale BCP 47 tag, for example 'ko' or 'en-GB'. */
  constructor(locale: string) {
    this.locale = locale;
    this.#plurals = new Intl.PluralRules(locale);
  }

  number(value: number, digits = 0): string {
    return this.#number({ maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  }

  /** One of so many parts: "1/7.6". */
  fraction(parts: number): string {
    const isWhole = parts >= 10 || Math.abs(parts - Math.round(parts)) < 0.05;
    return `1/${this.number(parts, isWhole ? 0 : 1)}`;
  }

  /** @param fraction 0..1 */
  percent(fraction: number, digits = 0): string {
    return this.#number({ style: 'percent', maximumFractionDigits: digits }).format(fraction);
  }

  /** A size on disk or in memory, in the decimal units that file managers use. */
  bytes(bytes: number): string {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
    const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
    const value = bytes / 1000 ** step;
    return this.#number({
      style: 'unit',
      unit: units[step]!,
      unitDisplay: step === 0 ? 'long' : 'short',
      maximumFractionDigits: value < 10 && step > 1 ? 1 : 0,
    }).format(value);
  }

  /** A length of time as a person would say it: 40 ms, 0.8 s, 12 s, 3 min. */
  duration(seconds: number): string {
    const unit = (value: number, name: 'millisecond' | 'second' | 'minute' | 'hour', digits: number) =>
      this.#number({
        style: 'unit',
        unit: name,
        unitDisplay: 'short',
        maximumFractionDigits: digits,
      }).format(value);
    // A time that was taken is not told as none.
    if (seconds > 0 && seconds < 0.1) return unit(Math.max(1, seconds * 1000), 'millisecond', 0);
    if (seconds < 10) return unit(seconds, 'second', 1);
    if (seconds < 90) return unit(seconds, 'second', 0);
    if (seconds < 5400) return unit(seconds / 60, 'minute', 0);
    return unit(seconds / 3600, 'hour', 1);
  }

  /** @param time milliseconds since 1970 */
  dateTime(time: number): string {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
  }

  /** Today the time, this year the day, otherwise the date. */
  when(time: number, now = Date.now()): string {
    const then = new Date(time);
    const today = new Date(now);
    if (then.toDateString() === today.toDateString()) {
      return new Intl.DateTimeFormat(this.locale, { timeStyle: 'short' }).format(then);
    }
    const sameYear = then.getFullYear() === today.getFullYear();
    return new Intl.DateTimeFormat(this.locale, {
      month: 'short',
      day: 'numeric',
      ...(sameYear ? {} : { year: 'numeric' }),
    }).format(then);
  }

  /** A width and a height: 6,000 × 4,000. */
  size(width: number, height: number): string {
    return `${this.number(width)} × ${this.number(height)}`;
  }

  /** The form of a word that a count asks for, with `#` standing for the count. */
  plural(count: number, forms: { readonly one?: string; readonly other: string }): string {
    const rule = this.#plurals.select(count);
    const form = rule === 'one' ? (forms.one ?? forms.other) : forms.other;
    return form.replace('#', this.number(count));
  }

  #number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = JSON.stringify(options);
    const known = this.#numbers.get(key) ?? new Intl.NumberFormat(this.locale, options);
    this.#numbers.set(key, known);
    return known;
  }
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where something is drawn already, so that the next label finds a free place. */
export class Occupied {
  readonly #taken: Rectangle[] = [];

  free({ x, y, width, height }: Rectangle): boolean {
    return this.#taken.every(
      (other) =>
        other.x >= x + width ||
        other.x + other.width <= x ||
        other.y >= y + height ||
        other.y + other.height <= y,
    );
  }

  take(area: Rectangle): void {
    this.#taken.push(area);
  }

  /** Takes the first of these places that is free, or none. */
  firstFree<T extends Rectangle>(places: readonly T[]): T | undefined {
    const place = places.find((candidate) => this.free(candidate));
    if (place) this.take(place);
    return place;
  }
}

/** How much wider or narrower than a small "n" or "e" the letters of most typefaces are. */
const NARROW = /[iljtfrI.,:;'’·! ]/;
const WIDE = /[mwMW—@%&]/;
const CAPITAL = /[A-Z0-9]/;
export const isHangul = (text: string) => /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/.test(text);

/**
 * About how wide a text will be; the browser's own measure is checked after rendering.
 * `perLetter` is the typeface's width of a plain letter in ems; Hangul is a full em wide.
 */
export function textWidth(text: string, size: number, spacing = 0, perLetter = 0.5): number {
  let ems = 0;
  for (const letter of text) {
    if (isHangul(letter)) ems += 0.95;
    else if (NARROW.test(letter)) ems += perLetter * 0.6;
    else if (WIDE.test(letter)) ems += perLetter * 1.65;
    else ems += perLetter * (CAPITAL.test(letter) ? 1.18 : 1);
  }
  return ems * size + spacing * text.length;
}

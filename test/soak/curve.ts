/** The course of one number through a run, and whether it has levelled off. */
import { median } from '../bench/figure.ts';

export class Curve {
  readonly what: string;
  readonly unit: string;
  /** By how much the last quarter may lie above the second, as a share of it, and beyond that. */
  readonly #share: number;
  readonly #slack: number;
  readonly #values: number[] = [];

  constructor(what: string, unit: string, { share = 0.03, slack = 0 } = {}) {
    this.what = what;
    this.unit = unit;
    this.#share = share;
    this.#slack = slack;
  }

  add(value: number): void {
    this.#values.push(value);
  }

  /** The middle value of each quarter of the run. */
  get quarters(): readonly number[] {
    const length = this.#values.length / 4;
    return [0, 1, 2, 3].map((quarter) =>
      median(this.#values.slice(Math.floor(quarter * length), Math.ceil((quarter + 1) * length))),
    );
  }

  get isLevel(): boolean {
    const [, second, , last] = this.quarters;
    return last! <= second! * (1 + this.#share) + this.#slack;
  }
}

import type { Raster } from './raster.ts';

/** The same words in both languages of the app. */
export interface Words {
  readonly en: string;
  readonly ko: string;
}

/** A suggested question, its answer as written in the picture, and the lettering that holds the answer. */
export interface Asked extends Words {
  readonly answer: string;
  /** The full text of one detail, which must be there exactly once. */
  readonly at: string;
}

export interface Drawing {
  /** The body of an SVG of the picture's size. Layers are used as `<image href="layer:NAME">`. */
  readonly body: string;
  /** Painted pixel by pixel, made only when the picture is rendered. */
  readonly layers?: Readonly<Record<string, () => Raster>>;
}

/** One sample picture. Drawing it twice gives the same text. */
export interface Picture {
  readonly id: string;
  readonly title: Words;
  readonly width: number;
  readonly height: number;
  readonly questions: readonly Asked[];
  draw(): Drawing;
}

/** A lettering as the browser set it: where it is in photo pixels, and how large its letters are. */
export interface Measured {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Font size in photo pixels; the smallest where several belong together. */
  readonly size: number;
}

export interface Measurement {
  readonly details: Measured[];
  /** Letters outside the picture, on other letters, hidden, or cut off. A picture with any is not published. */
  readonly problems: string[];
}

/**
 * Runs in the page. The letters' boxes of every text (or of the texts that belong together) give its rectangle; a letter
 * that leaves the picture, lies on a letter of another text, is covered, or found no room on its path is a problem.
 */
export function measureLettering(): Measurement {
  interface Box {
    readonly text: SVGTextElement;
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  }
  // Parts of a letter's cell that hold no ink, so that neighbours may come that close.
  const CELL_TOP = 0.2;
  const CELL_BOTTOM = 0.16;
  const GRID = 32;
  const page = document.querySelector('svg')!.getBoundingClientRect();
  const problems = new Set<string>();
  const cells = new Map<string, Box[]>();
  const named = (text: SVGTextElement) => `"${text.textContent}"`;

  const letterBoxes = (text: SVGTextElement): Box[] => {
    const matrix = text.getScreenCTM()!;
    const boxes: Box[] = [];
    let unit = 0;
    for (const letter of text.textContent) {
      const { x, y, width, height } = text.getExtentOfChar(unit);
      unit += letter.length;
      if (letter.trim() === '') continue;
      const corners = [
        [x, y],
        [x + width, y],
        [x, y + height],
        [x + width, y + height],
      ].map(([cx, cy]) => new DOMPoint(cx, cy).matrixTransform(matrix));
      const xs = corners.map((corner) => corner.x);
      const ys = corners.map((corner) => corner.y);
      const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
      boxes.push({
        text,
        left: Math.min(...xs),
        right: Math.max(...xs),
        top: top + CELL_TOP * (bottom - top),
        bottom: bottom - CELL_BOTTOM * (bottom - top),
      });
    }
    return boxes;
  };

  const checkNeighbours = (box: Box) => {
    for (let gx = Math.floor(box.left / GRID); gx <= Math.floor(box.right / GRID); gx++) {
      for (let gy = Math.floor(box.top / GRID); gy <= Math.floor(box.bottom / GRID); gy++) {
        const near = cells.get(`${gx} ${gy}`) ?? [];
        for (const other of near) {
          const apart =
            other.text === box.text ||
            other.left >= box.right - 1 ||
            other.right <= box.left + 1 ||
            other.top >= box.bottom ||
            other.bottom <= box.top;
          if (!apart) problems.add(`${named(other.text)} overlaps ${named(box.text)}`);
        }
        cells.set(`${gx} ${gy}`, [...near, box]);
      }
    }
  };

  const checkText = (text: SVGTextElement, boxes: readonly Box[]) => {
    const path = text.querySelector('textPath')?.getAttribute('href');
    const track = path ? document.querySelector<SVGPathElement>(path) : null;
    if (track && track.getTotalLength() < text.getComputedTextLength()) {
      problems.add(`${named(text)} is longer than its path`);
    }
    for (const box of boxes) {
      const seen = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      if (box.left < 2 || box.top < 2 || box.right > page.width - 2 || box.bottom > page.height - 2) {
        problems.add(`${named(text)} leaves the picture`);
      } else if (seen?.closest('text') !== text) {
        problems.add(`${named(text)} is covered`);
      }
      checkNeighbours(box);
    }
  };

  const sizeOf = (text: SVGTextElement) => {
    const { a, b } = text.getScreenCTM()!;
    return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
  };

  const details = new Map<Element, { text: string; boxes: Box[]; size: number }>();
  for (const text of document.querySelectorAll('text')) {
    const whole = text.closest<SVGGElement>('[data-whole]');
    const boxes = letterBoxes(text);
    checkText(text, boxes);
    const known = details.get(whole ?? text);
    details.set(whole ?? text, {
      text: whole?.dataset['whole'] ?? text.textContent,
      boxes: [...(known?.boxes ?? []), ...boxes],
      size: Math.min(known?.size ?? Infinity, sizeOf(text)),
    });
  }
  const measured = [...details.values()].map(({ text, boxes, size }): Measured => {
    const x = Math.floor(Math.min(...boxes.map((box) => box.left)));
    const y = Math.floor(Math.min(...boxes.map((box) => box.top)));
    return {
      text,
      x,
      y,
      width: Math.ceil(Math.max(...boxes.map((box) => box.right))) - x,
      height: Math.ceil(Math.max(...boxes.map((box) => box.bottom))) - y,
      size: Math.round(size * 10) / 10,
    };
  });
  return { details: measured, problems: [...problems] };
}

/** A star of a figure: position in the figure's own frame (about -100..100, y down), magnitude, and its name if it has one. */
export type FigureStar = readonly [x: number, y: number, magnitude: number, name?: string];

export interface Constellation {
  readonly name: string;
  readonly english: string;
  /** Middle of the figure: right ascension in hours, declination in degrees. */
  readonly hours: number;
  readonly declination: number;
  /** Pixels of the chart for one unit of the frame. */
  readonly scale: number;
  /** Degrees clockwise. */
  readonly turn: number;
  readonly stars: readonly FigureStar[];
  /** Chains of star indices joined by lines. */
  readonly lines: readonly (readonly number[])[];
  /** Where the name stands, in the frame. */
  readonly nameAt: readonly [x: number, y: number];
}

/** A sky that nobody has: every name is invented. The second half is in a file of its own for its length. */
export const firstHalf: readonly Constellation[] = [
  {
    name: 'SPICULUM',
    english: 'the Needle',
    hours: 3,
    declination: 84,
    scale: 0.95,
    turn: 0,
    nameAt: [60, 62],
    stars: [
      [-42, 30, 2.1, 'Ostrel'],
      [0, 2, 3.4],
      [40, -26, 3.1],
      [78, -54, 2.8, 'Tesh'],
      [52, 6, 4.2],
    ],
    lines: [
      [0, 1, 2, 3],
      [2, 4, 1],
    ],
  },
  {
    name: 'ARDEA',
    english: 'the Heron',
    hours: 20.9,
    declination: 38,
    scale: 1.3,
    turn: -8,
    nameAt: [-22, 104],
    stars: [
      [-100, -36, 3.2],
      [-62, -46, 2.4, 'Kamber'],
      [-30, -18, 3.3],
      [6, 6, 2.9],
      [58, -8, 3.3],
      [98, -26, 1.6, 'Velorin'],
      [40, 42, 3.5],
      [30, 84, 3.8],
      [-12, 40, 4.1],
    ],
    lines: [
      [0, 1, 2, 3, 4, 5],
      [3, 6, 7],
      [3, 8, 2],
    ],
  },
  {
    name: 'LATERNA',
    english: 'the Lantern',
    hours: 23.5,
    declination: 15,
    scale: 1.2,
    turn: 6,
    nameAt: [0, 118],
    stars: [
      [0, -100, 3.1, 'Wenna'],
      [-46, -56, 3.4],
      [46, -58, 3.2],
      [-66, 50, 2.7, 'Dorvane'],
      [68, 52, 2.5],
      [0, -14, 0.9, 'Corusk'],
      [0, 82, 3.9],
    ],
    lines: [
      [0, 1, 3, 6, 4, 2, 0],
      [1, 2],
      [3, 4],
    ],
  },
  {
    name: 'PORTITOR',
    english: 'the Ferryman',
    hours: 2.6,
    declination: 22,
    scale: 1.2,
    turn: -14,
    nameAt: [-64, 84],
    stars: [
      [-6, -92, 2.9, 'Halmor'],
      [-30, -46, 2.2, 'Anhoul'],
      [30, -50, 2.6],
      [0, 8, 3.3],
      [-42, 58, 3.1],
      [36, 60, 2.9],
      [84, -74, 3.6],
      [94, 30, 3.4, 'Perrow'],
      [98, 80, 4],
    ],
    lines: [
      [0, 1, 3, 2, 0],
      [1, 2, 6, 7, 8],
      [4, 3, 5, 7],
    ],
  },
  {
    name: 'TELA',
    english: 'the Loom',
    hours: 5.2,
    declination: 46,
    scale: 1,
    turn: 12,
    nameAt: [0, 104],
    stars: [
      [-72, -62, 2.6],
      [70, -64, 2.3, 'Tarsiel'],
      [-74, 62, 3],
      [72, 60, 3.2],
      [-70, 0, 3.9],
      [72, -2, 3.7],
      [0, -64, 4],
      [0, 62, 4.1],
    ],
    lines: [
      [0, 6, 1, 5, 3, 7, 2, 4, 0],
      [4, 5],
      [6, 7],
    ],
  },
  {
    name: 'LUTRA',
    english: 'the Otter',
    hours: 6.2,
    declination: 3,
    scale: 1.35,
    turn: -12,
    nameAt: [44, -50],
    stars: [
      [-106, 16, 2.8, 'Sidrel'],
      [-70, -10, 3.3],
      [-26, -18, 2.2, 'Nacre'],
      [22, 4, 3],
      [60, 32, 3.2],
      [102, 22, 3.8],
      [-50, 34, 4],
      [38, 62, 4.1],
    ],
    lines: [
      [0, 1, 2, 3, 4, 5],
      [2, 6],
      [3, 7],
    ],
  },
  {
    name: 'FOLLIS',
    english: 'the Bellows',
    hours: 8.4,
    declination: 27,
    scale: 1.15,
    turn: 20,
    nameAt: [-30, 88],
    stars: [
      [-98, 0, 2.7, 'Beryth'],
      [-50, -8, 3.4],
      [-48, 12, 3.5],
      [36, -60, 2.9],
      [40, 58, 3.1],
      [96, 2, 3.3],
    ],
    lines: [
      [0, 1, 3, 5, 4, 2, 0],
      [3, 4],
    ],
  },
  {
    name: 'MILVUS',
    english: 'the Kite',
    hours: 10.2,
    declination: 4,
    scale: 1.25,
    turn: -24,
    nameAt: [-64, 50],
    stars: [
      [0, -90, 1.9, 'Elvane'],
      [-56, -26, 3],
      [54, -30, 2.8],
      [0, 40, 2.6],
      [18, 66, 4],
      [-6, 88, 4.2],
      [20, 110, 4.3],
    ],
    lines: [
      [0, 1, 3, 2, 0],
      [1, 2],
      [0, 3, 4, 5, 6],
    ],
  },
];

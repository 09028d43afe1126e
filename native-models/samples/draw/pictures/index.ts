import type { Picture } from '../picture.ts';
import { cityMap } from './city-map.ts';
import { festivalPoster } from './festival-poster.ts';
import { fieldPlate } from './field-plate.ts';
import { harbour } from './harbour.ts';
import { instrumentPanel } from './instrument-panel.ts';
import { pantryShelf } from './pantry-shelf.ts';
import { pebbleBeach } from './pebble-beach.ts';
import { starChart } from './star-chart.ts';

/** In the order in which the gallery shows them. */
export const pictures: readonly Picture[] = [
  cityMap,
  festivalPoster,
  pantryShelf,
  harbour,
  pebbleBeach,
  fieldPlate,
  starChart,
  instrumentPanel,
];

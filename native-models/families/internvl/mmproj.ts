import type { MmprojFile } from '../mmproj-file.ts';
import { refuseOtherTower, type Mmproj, type Named } from '../mmproj-file.ts';
import { internVlForm, internvlPictures, projectorNormEps } from './model.ts';
import { longestContextOfTiles } from '../tiles.ts';

/** Older files do not state how many tiles; all published models were trained with these. */
const olderTiles = { least: 1, most: 12 };
const maxNumber = 2 ** 31;

/** An mmproj of the type `internvl`: layer normalisation and two linear maps behind a pixel shuffle. */
export function readInternVlMmproj(file: MmprojFile): Mmproj {
  refuseOtherTower(file);
  const vision = file.tower({ ...internVlForm, qkvBias: file.has('v.blk.0.attn_q.bias') }, 'gelu');
  const shuffle = file.number('projector.scale_factor', maxNumber);
  const views = {
    family: 'internvl',
    tile: vision.imageSize,
    leastTiles: file.numberOr('preproc_min_tiles', maxNumber, olderTiles.least),
    mostTiles: file.numberOr('preproc_max_tiles', maxNumber, olderTiles.most),
    shuffle,
  } as const;
  const projector = projectorNames.map(([name, own, rank]): Named => [
    own,
    file.take(`mm.model.mlp.${name}`, rank),
  ]);
  return {
    seeing: file.seeing(views, vision),
    vision,
    connector: { shuffle, normEps: projectorNormEps },
    pictures: internvlPictures,
    longestContext: longestContextOfTiles,
    tensors: new Map([...projector, ...file.towerTensors(vision)]),
    languageWidth: file.take('mm.model.mlp.3.weight', 2).shape[0]!,
  };
}

const projectorNames: readonly (readonly [string, string, number])[] = [
  ['0.weight', 'norm.weight', 1],
  ['0.bias', 'norm.bias', 1],
  ['1.weight', '0.weight', 2],
  ['1.bias', '0.bias', 1],
  ['3.weight', '2.weight', 2],
  ['3.bias', '2.bias', 1],
];

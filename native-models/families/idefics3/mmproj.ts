import type { MmprojFile } from '../mmproj-file.ts';
import { refuseOtherTower, type Mmproj } from '../mmproj-file.ts';
import { idefics3Form, idefics3Pictures, unstatedTiles } from './model.ts';
import { longestContextOfTiles } from '../tiles.ts';

const maxSide = 2 ** 31;

/** An mmproj of the type `idefics3`: `mm.model.fc.weight` behind a pixel shuffle, the tower normalised at its end. */
export function readIdefics3Mmproj(file: MmprojFile): Mmproj {
  refuseOtherTower(file);
  const vision = file.tower(idefics3Form, 'gelu_tanh');
  const fc = file.take('mm.model.fc.weight', 2);
  const shuffle = file.number('projector.scale_factor', maxSide);
  const longestEdge = file.numberOr('preproc_image_size', maxSide, unstatedTiles * vision.imageSize);
  const views = { family: 'idefics3', tile: vision.imageSize, longestEdge, shuffle } as const;
  return {
    seeing: file.seeing(views, vision),
    vision,
    connector: { shuffle, normEps: null },
    pictures: idefics3Pictures,
    longestContext: longestContextOfTiles,
    tensors: new Map([['weight', fc], ...file.towerTensors(vision)]),
    languageWidth: fc.shape[0]!,
  };
}

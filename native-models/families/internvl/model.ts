import type { PicturesInChat } from '../recognised.ts';
import type { TowerForm } from '../tower.ts';

/** InternViT of 300 million parameters: a class token, what a block adds scaled, no normalisation before or behind. */
export const internVlForm: TowerForm = {
  classToken: true,
  patchBias: true,
  qkvBias: true,
  preNorm: false,
  postNorm: false,
  layerScale: true,
};

/** The epsilon of PyTorch's LayerNorm, which the projector's is made with. */
export const projectorNormEps = 1e-5;

/** `</img>` and the line break after it belong to the picture itself. */
export const internvlPictures: PicturesInChat = {
  afterImage: '',
  spaceBeforeImage: true,
  tags: ['<img>', '</img>'],
};

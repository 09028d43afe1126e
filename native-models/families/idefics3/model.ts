import type { PicturesInChat } from '../recognised.ts';
import type { TowerForm } from '../tower.ts';

/** A SigLIP tower: no class token, normalised behind the last layer. */
export const idefics3Form: TowerForm = {
  classToken: false,
  patchBias: true,
  qkvBias: true,
  preNorm: false,
  postNorm: true,
  layerScale: false,
};

/** Tiles of the longest edge where a file does not state it, as in pairs before September 2025: all published models have four. */
export const unstatedTiles = 4;

/** Nothing stands between a picture and the question, and no space in front of the picture. */
export const idefics3Pictures: PicturesInChat = {
  afterImage: '',
  spaceBeforeImage: false,
  // The first 2.2B has no tokens for rows, columns and the global view.
  tags: ['<fake_token_around_image>'],
};

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { padToSquare, wholePhoto } from '../../native-models/image/geometry.ts';
import { padAndResize } from '../../native-models/image/pillow-resize.ts';
import { denormalise, normalise } from '../../native-models/image/pixels.ts';
import { torchBicubic } from '../../native-models/image/torch-bicubic.ts';
import { drawPattern } from './pictures.ts';

const clipGrey = [122, 116, 104] as const;

// Pillow 13.0: Image.new('RGB', (side, side), (122, 116, 104)), paste, resize((n, n), Image.BICUBIC), sha256 of tobytes().
test.each([
  [1, 1, 12, '3e002aefac458038f95cb426889f411b98c657b4ec7985b8f9dc2cd1c38b5fc3'],
  [7, 5, 12, '09f5f7a35538d1d68d1dc75f59755c32488cf402d52365d491b2623e2c13dbc4'],
  [1, 300, 24, '317fb109c2d0658abdb57b8e6cd703bd8cfc54e88f599baa08ae3237021d4cbe'],
  [300, 1, 24, 'eb9890e92831f6ee235a8260fd3fc04b67fe77867ba74d8ccd99b3f4b6a8cdb6'],
  [97, 31, 60, 'ff47bf19eb0bea40c925a76a84c5f5036433f0aca8bd012c376758644aeea24e'],
  [31, 97, 60, '0c0134ee22a6d0fc4b78f963abde676b8c3670ae4f12bd2ae9ae252d9721a15c'],
  [60, 60, 60, 'f92f306536c06d6d2e3fe6add40439e2d70bcfbc13b4340fc0be56531f7d28cf'],
  [200, 150, 64, '7f7cd900bd2fe1dcbc76b04c69fa4ce23bf76bd0995f0c5f1ca48e54cabc1222'],
  [13, 13, 100, '140daec6c727c3b67136e676bb3b51c4a72c11ca0c7b4fa8498c26cbcbf2ecb7'],
])('%i x %i to %i is what Pillow makes of it, bit for bit', (width, height, n, sha256) => {
  const image = drawPattern(width, height);
  const { data } = padAndResize(image, padToSquare(wholePhoto(image), n), clipGrey);
  expect(createHash('sha256').update(data).digest('hex')).toBe(sha256);
});

// cv2.resize(INTER_CUBIC) of OpenCV, the same definition as PyTorch's: a = -0.75, half-pixel centres, border repeated.
test.each([
  [6, 2, [0.645161, 0.935484, 0.774194, 0.516129]],
  [8, 3, [0.677699, 0.992928, 0.167407, 0.419355, 0.71623, 0.4059, 0.283932, 0.340862, 0.658845]],
  [
    3,
    5,
    [
      -0.150182, 0.347323, 0.963355, 0.987547, 0.875675, 0.187839, 0.478465, 0.843742, 0.878539, 0.828893,
      0.539097, 0.578968, 0.645161, 0.711355, 0.751226, 0.298515, 0.34899, 0.44658, 0.583051, 0.673559,
      0.027159, 0.139861, 0.326968, 0.514075, 0.626777,
    ],
  ],
])('PyTorch bicubic from %i to %i', (side, target, expected) => {
  const plane = Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    return ((x * 29 + y * 17 + x * y * 5) % 31) / 31;
  });
  const resized = torchBicubic(plane, side, target, 1);
  resized.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
});

test('what was normalised shows as the picture it came from', () => {
  const image = drawPattern(20, 10);
  const clip = {
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  } as const;
  expect(denormalise(normalise(image, clip), 20, 10, clip)).toEqual(image);
});

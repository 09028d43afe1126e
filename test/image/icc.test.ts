import { expect, test } from 'vitest';
import { isSrgbProfile } from '../../native-models/image/icc.ts';
import { matrixProfile } from './icc-profile.ts';

test('a profile is plain sRGB by its description', () => {
  expect(isSrgbProfile(matrixProfile('sRGB IEC61966-2.1', [0, 1, 2]))).toBe(true);
  expect(isSrgbProfile(matrixProfile('Adobe RGB (1998)', [0, 1, 2]))).toBe(false);
});

test('a profile that claims more tags than it has bytes is read as far as it goes', () => {
  const profile = matrixProfile('x', [0, 1, 2]);
  // No description, neither in the table nor behind it.
  for (let at = profile.indexOf('desc'); at >= 0; at = profile.indexOf('desc')) profile.write('none', at);
  const looks = reads(profile);
  const honest = looks();
  profile.writeUInt32BE(0xffffffff, 128);
  expect(looks() - honest).toBeLessThanOrEqual(profile.length / 12);
});

/** Counts how often the reader turns bytes into text, which it does once a tag. */
function reads(profile: Buffer): () => number {
  return () => {
    const { toString } = Buffer.prototype;
    let count = 0;
    Buffer.prototype.toString = function (...given: Parameters<typeof toString>) {
      count++;
      if (count > 1000) throw new Error('it reads tags that are not there');
      return toString.apply(this, given);
    };
    try {
      isSrgbProfile(profile);
    } finally {
      Buffer.prototype.toString = toString;
    }
    return count;
  };
}

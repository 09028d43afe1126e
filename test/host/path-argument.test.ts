import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

import { pathArgument } from '../../main/host/path-argument.ts';

test.each(['/photos/a b.png', '/사진/100 %.png', '/photos/a#b?.png'])(
  '%s is found by its address',
  (path) => {
    expect(pathArgument(pathToFileURL(path).href)).toBe(resolve(path));
    expect(pathArgument(pathToFileURL(path).href.replace('file:', 'FILE:'))).toBe(resolve(path));
  },
);

test.each(['a.png', 'file.png', 'file:a', 'https://example.test/a.png'])('%s is a path', (path) => {
  expect(pathArgument(path, '/photos')).toBe(resolve('/photos', path));
});

test.skipIf(process.platform === 'win32').each(['file://other.example/a.png', 'file:///a%2fb.png'])(
  '%s is no file of this machine',
  (word) => {
    expect(() => pathArgument(word)).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  },
);

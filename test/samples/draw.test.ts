import { expect, test } from 'vitest';
import { pictures } from '../../native-models/samples/draw/pictures/index.ts';
import { drawingOf } from '../../native-models/samples/draw/publish.ts';
import { seeded } from '../../native-models/random.ts';
import { encodePng, paint } from '../../native-models/samples/draw/raster.ts';
import { loadSamples } from '../../native-models/samples/samples.ts';
import { sharp } from '../../native-models/image/sharp.ts';

const samples = await loadSamples();

test.each(pictures.map((picture) => [picture.id, picture] as const))(
  'the generator still draws %s as it was published',
  (id, picture) => {
    expect(drawingOf(picture)).toBe(samples.find((sample) => sample.id === id)?.drawing);
  },
);

test('one name gives one row of random numbers, another name another', () => {
  const row = (name: string) => Array.from({ length: 20 }, seeded(name).next);
  expect(row('quay')).toEqual(row('quay'));
  expect(row('quay')).not.toEqual(row('quays'));
});

test('a painted layer comes back from its PNG pixel by pixel', async () => {
  const layer = paint(7, 5, (x, y) => [x * 30, y * 50, 255 - x * y, 255 - x]);
  const pixels = await sharp(encodePng(layer)).raw().toBuffer();
  expect([...pixels]).toEqual([...layer.data]);
});

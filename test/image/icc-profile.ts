/** Colorants of sRGB adapted to D50 (IEC 61966-2-1, annex), red, green, blue, each X, Y, Z. */
const colorants = [
  [0.4361, 0.2225, 0.0139],
  [0.3851, 0.7169, 0.0971],
  [0.1431, 0.0606, 0.7141],
] as const;

/**
 * A matrix profile of ICC version 2 with gamma 2.2 and sRGB's colorants, dealt to the channels in the given order:
 * [1, 0, 2] makes a profile whose red channel is green.
 */
export function matrixProfile(description: string, order: readonly [number, number, number]): Buffer {
  const curve = Buffer.alloc(14);
  curve.write('curv', 0, 'latin1');
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(2.2 * 256), 12);
  const tags: [string, Buffer][] = [
    ['desc', descriptionTag(description)],
    ['wtpt', xyzTag([0.9642, 1, 0.8249])],
    ...(['rXYZ', 'gXYZ', 'bXYZ'] as const).map((name, i): [string, Buffer] => [
      name,
      xyzTag(colorants[order[i]!]!),
    ]),
    ...(['rTRC', 'gTRC', 'bTRC'] as const).map((name): [string, Buffer] => [name, curve]),
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  const bodies: Buffer[] = [];
  let at = 128 + table.length;
  tags.forEach(([name, body], i) => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    table.write(name, 4 + 12 * i, 'latin1');
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(body.length, 12 + 12 * i);
    bodies.push(padded);
    at += padded.length;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x02400000, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  header.set(xyzNumbers([0.9642, 1, 0.8249]), 68);
  return Buffer.concat([header, table, ...bodies]);
}

function descriptionTag(text: string): Buffer {
  const tag = Buffer.alloc(12 + text.length + 1 + 78);
  tag.write('desc', 0, 'latin1');
  tag.writeUInt32BE(text.length + 1, 8);
  tag.write(text, 12, 'latin1');
  return tag;
}

function xyzTag(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), xyzNumbers(values)]);
}

/** s15Fixed16Number. */
function xyzNumbers(values: readonly number[]): Buffer {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => out.writeInt32BE(Math.round(value * 65536), 4 * i));
  return out;
}

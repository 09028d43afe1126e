/** Small TIFF files of any kind, with the right values or wrong ones. */

export interface Field {
  readonly tag: number;
  readonly values: readonly number[];
  /** 16 bits where nothing is said. */
  readonly long?: boolean;
}

export interface Directory {
  readonly width: number;
  readonly height: number;
  /** Of every sample; grey for one, RGB for more where `photometric` says nothing else. */
  readonly channels?: number;
  readonly bits?: number;
  readonly sampleFormat?: number;
  readonly photometric?: number;
  readonly compression?: number;
  readonly extraSamples?: readonly number[];
  /** 1 for a reduced picture. */
  readonly subfileType?: number;
  readonly fields?: readonly Field[];
  /** One strip. */
  readonly data: Uint8Array;
  readonly subIfds?: readonly Directory[];
}

/** One page after the other, little-endian. */
export function writeTiff(...pages: Directory[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let end = 8;
  const append = (bytes: Uint8Array): number => {
    const at = end;
    const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
    parts.push(padded);
    end += padded.length;
    return at;
  };
  const write = (directory: Directory): { at: number; next: () => Buffer; part: number } => {
    const below = (directory.subIfds ?? []).map((one) => write(one).at);
    const strip = append(directory.data);
    const fields = fieldsOf(directory, strip, below);
    const body = Buffer.alloc(2 + 12 * fields.length + 4);
    body.writeUInt16LE(fields.length);
    fields.forEach(({ tag, values, long = false }, i) => {
      const bytes = Buffer.alloc(values.length * (long ? 4 : 2));
      values.forEach((value, j) =>
        long ? bytes.writeUInt32LE(value, 4 * j) : bytes.writeUInt16LE(value, 2 * j),
      );
      const at = 2 + 12 * i;
      body.writeUInt16LE(tag, at);
      body.writeUInt16LE(long ? 4 : 3, at + 2);
      body.writeUInt32LE(values.length, at + 4);
      if (bytes.length > 4) body.writeUInt32LE(append(bytes), at + 8);
      else body.set(bytes, at + 8);
    });
    const at = append(body);
    return { at, part: parts.length - 1, next: () => body };
  };
  let link: { part: number; at: number } = { part: 0, at: 4 };
  for (const page of pages) {
    const { at, part, next } = write(page);
    parts[link.part]!.writeUInt32LE(at, link.at);
    link = { part, at: next().length - 4 };
  }
  return Buffer.concat(parts);
}

function fieldsOf(directory: Directory, strip: number, below: readonly number[]): Field[] {
  const { width, height, channels = 1, bits = 8, sampleFormat, compression = 1, extraSamples } = directory;
  const photometric = directory.photometric ?? (channels === 1 ? 1 : 2);
  const all: Field[] = [
    { tag: 254, values: [directory.subfileType ?? 0], long: true },
    { tag: 256, values: [width], long: true },
    { tag: 257, values: [height], long: true },
    { tag: 258, values: Array.from({ length: channels }, () => bits) },
    { tag: 259, values: [compression] },
    { tag: 262, values: [photometric] },
    { tag: 273, values: [strip], long: true },
    { tag: 277, values: [channels] },
    { tag: 278, values: [height], long: true },
    { tag: 279, values: [directory.data.length], long: true },
    ...(below.length > 0 ? [{ tag: 330, values: below, long: true }] : []),
    ...(extraSamples ? [{ tag: 338, values: extraSamples }] : []),
    ...(sampleFormat ? [{ tag: 339, values: Array.from({ length: channels }, () => sampleFormat) }] : []),
    ...(directory.fields ?? []),
  ];
  return all.sort((a, b) => a.tag - b.tag);
}

/** The frame header of a JPEG (ISO/IEC 10918-1, annex B.2.2), which says how it is coded and how large it is. */

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly precision: number;
  /** Lossless processes: the raw data of cameras and medical pictures. */
  readonly isLossless: boolean;
}

/** Null when there is none before the picture's data. */
export function readJpegFrame(bytes: Uint8Array): JpegFrame | null {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (isFrame(marker)) {
      if (at + 9 > bytes.length) return null;
      return {
        precision: bytes[at + 4]!,
        height: bytes[at + 5]! * 256 + bytes[at + 6]!,
        width: bytes[at + 7]! * 256 + bytes[at + 8]!,
        isLossless: (marker & 3) === 3,
      };
    }
    // The scan's data begins, or nothing sensible follows.
    if (marker === 0xda || length < 2) return null;
    at += 2 + length;
  }
  return null;
}

/** SOF0 to SOF15, without the tables and the extension among them (DHT, JPG, DAC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

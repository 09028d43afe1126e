/** Names that profiles of plain sRGB carry: HP's original and its copies, Little CMS's, libvips's, Facebook's tiny one. */
const srgbNames = /^(sRGB|sRGB IEC61966-2[.-]1|sRGB built-in|c2)$/i;

/** The tag table behind the header and its count, and one entry of it: signature, offset, size (ICC.1:2022, 7.3). */
const tagsStart = 132;
const tagBytes = 12;

/**
 * Whether a profile is plain sRGB, so that there is nothing to convert: a needless pass through Little CMS costs as much
 * as decoding, and moves values by one.
 */
export function isSrgbProfile(profile: Uint8Array): boolean {
  return srgbNames.test(profileDescription(profile));
}

/** The `desc` tag (ICC.1:2022, 9.2.41; ICC.1:2001, 6.4.16), or "" when there is none that can be read. */
function profileDescription(profile: Uint8Array): string {
  const bytes = Buffer.from(profile.buffer, profile.byteOffset, profile.length);
  try {
    // The count is the file's own claim: only tags that are there are looked at.
    const end = Math.min(bytes.length, tagsStart + tagBytes * bytes.readUInt32BE(128));
    for (let at = tagsStart; at + tagBytes <= end; at += tagBytes) {
      if (bytes.toString('latin1', at, at + 4) !== 'desc') continue;
      const tag = bytes.readUInt32BE(at + 4);
      if (bytes.toString('latin1', tag, tag + 4) === 'desc') {
        return bytes.toString('latin1', tag + 12, tag + 12 + bytes.readUInt32BE(tag + 8) - 1);
      }
      // multiLocalizedUnicodeType: the first record's text, UTF-16 with the high byte first.
      const from = tag + bytes.readUInt32BE(tag + 24);
      return Buffer.from(bytes.subarray(from, from + bytes.readUInt32BE(tag + 20)))
        .swap16()
        .toString('utf16le');
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return '';
}

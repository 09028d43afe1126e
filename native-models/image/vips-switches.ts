/**
 * The environment that libvips must find when it is loaded. Static imports run first, so sharp's owner imports this
 * module before sharp, and every child process is started with the same.
 *
 * Pictures that cannot be decoded in order, and are larger than this as pixels, libvips puts into a file of the temp
 * folder: WebP from 33 megapixels on, private ones too. They stay in memory, which the cap on pixels bounds.
 */
export const vipsSwitches = { VIPS_DISC_THRESHOLD: '1024g' } as const;

Object.assign(process.env, vipsSwitches);

import type { en } from './en/index.ts';

/** Every text of the window. A language that misses one does not compile. */
export type Dictionary = typeof en;

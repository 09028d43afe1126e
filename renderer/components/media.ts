import { MediaQuery } from 'svelte/reactivity';

/** One pane at a time, with tabs. */
export const isNarrow = new MediaQuery('(max-width: 899px)');
/** No room for the library beside photo and conversation: it becomes a drawer. */
export const isMedium = new MediaQuery('(max-width: 1139px)');
/** The sections of a dialog are a row above their content instead of a column beside it. */
export const isSmall = new MediaQuery('(max-width: 640px)');
export const prefersReducedMotion = new MediaQuery('(prefers-reduced-motion: reduce)');

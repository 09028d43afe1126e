/** The same values without repetition, in the order in which they first appear. */
export const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

import type { DesktopServices } from '../../main/services/options.ts';

/** A desktop whose dialogs a person closes, but for those that are given. */
export const desktopOf = (given: Partial<DesktopServices>): DesktopServices => ({
  choosePaths: async () => [],
  chooseFolder: async () => null,
  chooseGguf: async () => null,
  chooseSavePath: async () => null,
  reveal: () => undefined,
  openExternal: async () => undefined,
  ...given,
});

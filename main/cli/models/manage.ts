import { installedPackage } from '../../../native-models/install/jobs/manage.ts';
import { openPackage } from '../../../native-models/package/open-package.ts';
import { AppError } from '../../../preload/contract/errors.ts';
import { bundledFolder } from '../package-folder.ts';
import { formatBytes, openTerminal } from '../terminal.ts';
import { plainAccess, withModels } from './session.ts';

export async function verifyModel(folder: string, options: { json: boolean }): Promise<void> {
  const terminal = openTerminal(options);
  const { signal } = terminal;
  const bundled = bundledFolder(folder);
  if (bundled !== null) {
    const { manifest } = await openPackage(bundled, { verify: true, signal });
    return terminal.result(
      installedPackage(folder, manifest, null),
      `${folder}: comes with the program, and is as it was made`,
    );
  }
  await withModels(plainAccess, {}, async (models) => {
    const verified = await models.call(
      'verify',
      { folder },
      { signal, onProgress: (fraction) => terminal.progress('verify', fraction) },
    );
    terminal.result(verified, `${folder}: all ${formatBytes(verified.bytes)} are as they were made`);
  });
}

/** What has this name: a package, an unfinished install of the model, or an entry that was added. */
export async function removeModel(name: string, options: { json: boolean }): Promise<void> {
  const terminal = openTerminal(options);
  if (bundledFolder(name) !== null)
    throw new AppError('wrong-usage', `${name}: comes with the program and stays.`);
  await withModels(plainAccess, {}, async (models) => {
    const installed = await models.call('installed', null);
    if (installed.some(({ folder }) => folder === name)) {
      const { kept } = await models.call('remove', { folder: name });
      const rest = kept.length > 0 ? ` It also holds files of others, which stay: ${kept.join(', ')}.` : '';
      return terminal.result({ removed: 'package', name, kept }, `${name}: removed.${rest}`);
    }
    const unfinished = (await models.call('jobs', null)).filter(({ entryId }) => entryId === name);
    for (const { id } of unfinished) await models.call('cancel', { jobId: id });
    if (unfinished.length > 0) {
      return terminal.result({ removed: 'install', name }, `${name}: the unfinished download was removed.`);
    }
    const { entries } = await models.call('catalogue', null);
    const listed = entries.find(({ entry }) => entry.id === name);
    if (!listed)
      throw new AppError('wrong-usage', `${name}: nothing of that name is installed or in the catalogue.`);
    await models.call('removeEntry', { entryId: name });
    terminal.result({ removed: 'entry', name }, `${name}: is no longer in the catalogue; its files stay.`);
  });
}

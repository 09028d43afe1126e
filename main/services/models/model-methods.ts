import type { ModelsApi } from '../../../preload/contract/api.ts';
import type { ServicesOptions } from '../options.ts';
import { ChosenFiles } from './chosen-files.ts';
import type { MachineFacts } from './machine.ts';
import type { Models } from './models.ts';
import { failureOf, offerOf } from './views.ts';

/** The methods of the contract about models. */
export function modelMethods(
  models: Models,
  machine: MachineFacts,
  desktop: ServicesOptions['desktop'],
): ModelsApi {
  const { client, installs, tasks } = models;
  const chosen = new ChosenFiles(desktop);
  return {
    listModels: () => models.offers(),
    measureMachine: () => models.measureMachine(),
    measureModel: async ({ modelId, precision }) => {
      const { downloadBytes, files } = await client.call('measure', { entryId: modelId, precision });
      return { downloadBytes, files };
    },
    chooseModelFile: ({ part }) => chosen.choose(part),
    nameModelFile: ({ part, path }) => chosen.name(part, path),
    findModelPairs: async ({ folder }) => {
      const { pairs, unfit } = await client.call('findPairs', { folder: chosen.path(folder) });
      return {
        pairs: pairs.map(({ mmproj, language, ...pair }) => ({
          ...pair,
          ...{ mmproj: chosen.keep(mmproj), language: chosen.keep(language) },
        })),
        unfit: unfit.map(({ file, error }) => ({ file, error: failureOf(error)! })),
      };
    },
    addModelFiles: async (files) => {
      const added = await client.call('addEntry', chosen.entryOf(files));
      return offerOf(added, await machine.now(), machine.speed);
    },
    forgetModel: async ({ modelId }) => void (await client.call('removeEntry', { entryId: modelId })),
    getModelActivity: async () => models.activity(),
    startInstall: ({ modelId, precision, acceptedLicences }) =>
      installs.start(modelId, precision, acceptedLicences),
    pauseInstall: ({ installId }) => installs.pause(installId),
    resumeInstall: ({ installId }) => installs.resume(installId),
    cancelInstall: ({ installId }) => installs.cancel(installId),
    verifyPackage: async ({ packageId }) => tasks.verify(packageId, await models.installedFolder(packageId)),
    requantisePackage: async ({ packageId, llm, name }) =>
      tasks.requantise(packageId, await models.installedFolder(packageId), llm, name),
    dismissTask: ({ packageId }) => tasks.dismiss(packageId),
    renamePackage: ({ packageId, name }) => models.rename(packageId, name),
    removePackage: ({ packageId }) => models.remove(packageId),
    getHubLogin: async () => models.login(),
    setHubToken: ({ token }) => models.setToken(token),
  };
}

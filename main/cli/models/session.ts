import { ModelsClient, type ModelsClientOptions } from '../../../native-models/engine/models-client.ts';
import type { HubAccess } from '../../../native-models/install/hub/access.ts';
import { forkPort, workerPath } from '../../../native-models/engine/port.ts';
import { openPrivateFolder } from '../../../native-models/files/private-files.ts';
import { checkEndpoint, publicHub } from '../../../native-models/install/hub/access.ts';
import { dataFolder } from '../../host/data-folder.ts';
import { NetworkGate } from '../../services/network.ts';
import { readSettings } from '../../services/settings.ts';

/** The public hub, without a token or a limit. */
export const plainAccess: HubAccess = { endpoint: publicHub, token: null, bytesPerSecond: null, proxy: null };

/** Runs `work` with the models process of the person's data folder, and ends that process, also when it fails. */
export async function withModels<T>(
  access: HubAccess,
  listeners: Pick<ModelsClientOptions, 'onJobs'>,
  work: (models: ModelsClient) => Promise<T>,
): Promise<T> {
  const folder = dataFolder();
  openPrivateFolder(folder);
  const endpoint = checkEndpoint(access.endpoint);
  const models = new ModelsClient({
    start: () => forkPort(workerPath('models')),
    startInference: () => forkPort(workerPath('inference')),
    dataFolder: folder,
    access: { ...access, endpoint },
    network: new NetworkGate(folder, async () => (await readSettings(folder)).networkAllowed),
    ...listeners,
  });
  try {
    return await work(models);
  } finally {
    models.dispose();
  }
}

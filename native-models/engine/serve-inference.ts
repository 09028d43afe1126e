import { AppError } from '../../preload/contract/errors.ts';
import type { InferenceMethods, LoadRequest } from './inference-protocol.ts';
import { LoadedModel } from './loaded-model.ts';
import { measureMachine } from './measure-machine.ts';
import { Peer } from './peer.ts';
import type { CallContext, Channel } from './peer.ts';
import { towerProvider } from './tower-provider.ts';

/**
 * The inference process: ONNX Runtime and llama.cpp with one package, loaded once. A fault of native code or too little
 * memory ends this process and nothing else. Returns the end of it that its parent talks to.
 */
export function serveInference(channel: Channel) {
  let loading: Promise<LoadedModel> | null = null;

  async function load(request: LoadRequest, context: CallContext<number>): Promise<LoadedModel> {
    if (loading) {
      const loaded = await loading;
      if (JSON.stringify(loaded.request) === JSON.stringify(request)) return loaded;
      throw new AppError('internal', 'Another package is loaded; it takes a new process.');
    }
    loading = LoadedModel.load(request, context);
    try {
      return await loading;
    } catch (error) {
      loading = null;
      throw error;
    }
  }

  async function loaded(): Promise<LoadedModel> {
    if (!loading) throw new AppError('internal', 'No package is loaded.');
    return loading;
  }

  return new Peer<InferenceMethods, Record<never, never>>(channel, {
    measureMachine: ({ threads }) => measureMachine(threads),
    chooseProvider: async ({ folder, threads }, { signal }) => ({
      provider: await towerProvider(folder, threads, signal),
    }),
    load: async (request, context) => (await load(request, context)).describe(),
    hasPicture: async (input) => (await loaded()).hasPicture(input),
    keepPicture: async (input) => (await loaded()).keepPicture(input),
    encode: async (input, context) => (await loaded()).encode(input, context),
    prefill: async (input, context) => (await loaded()).prefill(input, context),
    answer: async (input, context) => (await loaded()).answer(input, context),
    calibrateLens: async (input, context) => (await loaded()).calibrateLens(input, context),
    look: async (input, context) => (await loaded()).look(input, context),
    lookInViews: async (input, context) => (await loaded()).lookInViews(input, context),
    score: async (input, context) => (await loaded()).score(input, context),
    countTokens: async (input) => (await loaded()).countTokens(input),
    memory: () => ({ residentBytes: process.memoryUsage.rss() }),
  });
}

import type { Api, Photo } from '../../preload/contract/api.ts';
import { defaultSettings } from '../../preload/contract/api.ts';
import { AppError } from '../../preload/contract/errors.ts';
import type { HostedServices } from '../../main/host/hosted.ts';
import type { Upload } from '../../main/services/photos/uploads.ts';
import { EventLog } from '../../main/services/events.ts';

export const aPhoto: Photo = {
  id: 'p1',
  name: 'map.png',
  width: 1008,
  height: 1008,
  bytes: 1234,
  format: 'png',
  origin: 'upload',
  notes: [],
  sha256: 'a'.repeat(64),
  state: 'ready',
  error: null,
  openedAt: 0,
};

export interface FakeServices extends HostedServices {
  readonly calls: { readonly method: string; readonly input: unknown }[];
  readonly openedPaths: string[][];
  /** Of each of them. */
  readonly openedPrivately: boolean[];
  readonly uploads: { readonly name: string; readonly bytes: number; readonly isPrivate: boolean }[];
  disposals: number;
}

/** Services in memory: what a host hands them is recorded, and a few methods answer. */
export function createFakeServices(overrides: Partial<Api> = {}): FakeServices {
  const calls: { method: string; input: unknown }[] = [];
  const answers: Partial<Api> = {
    getSettings: async () => defaultSettings,
    listRecentPhotos: async () => [aPhoto],
    getPhoto: async ({ photoId }) => {
      if (photoId !== aPhoto.id) {
        throw new AppError('file-missing', '/home/someone/map.png: gone.', { file: '/home/someone/map.png' });
      }
      return aPhoto;
    },
    forgetPhoto: async () => undefined,
    ...overrides,
  };
  const api = new Proxy({} as Api, {
    get: (_, method: string) => async (input: unknown) => {
      calls.push({ method, input });
      const answer = answers[method as keyof Api] as ((input: unknown) => Promise<unknown>) | undefined;
      if (!answer) throw new AppError('internal', `Not faked: ${method}.`);
      return answer(input);
    },
  });
  return {
    api,
    events: new EventLog(),
    calls,
    openedPaths: [],
    openedPrivately: [],
    uploads: [],
    disposals: 0,
    async openPaths(paths, { isPrivate = false } = {}) {
      this.openedPaths.push([...paths]);
      this.openedPrivately.push(isPrivate);
      return paths.map(() => aPhoto);
    },
    async openUpload({ name, body, isPrivate = false }: Upload) {
      let bytes = 0;
      for await (const piece of body) bytes += piece.byteLength;
      this.uploads.push({ name, bytes, isPrivate });
      return { ...aPhoto, name };
    },
    async photoPath(photoId) {
      return photoId === aPhoto.id ? '/photos/map.png' : null;
    },
    async respond(request) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith('/photos/')) return null;
      return {
        status: 200,
        headers: { 'content-type': 'image/png' },
        body: request.method === 'HEAD' ? null : `picture ${pathname}`,
      };
    },
    async dispose() {
      this.disposals += 1;
    },
  };
}

import { loadSamples } from '../../native-models/samples/samples.ts';
import type { Sample } from '../../preload/contract/api.ts';
import type { PhotoRegistry } from './photos/registry.ts';

/** The gallery: the pictures that come with the program, opened when it is first asked for. */
export function createSamples(photos: PhotoRegistry): () => Promise<readonly Sample[]> {
  let samples: Promise<readonly Sample[]> | null = null;
  const open = async () =>
    Promise.all(
      (await loadSamples()).map(async ({ id, path, title, questions, width, height, bytes, sha256 }) => {
        const known = { width, height, bytes, sha256, format: 'webp', notes: [] };
        const opening = { origin: 'sample', isPrivate: false, id: `sample-${id}`, known } as const;
        return {
          photo: await photos.open(path, opening),
          title,
          // Not their answers: the window has no need to know them.
          questions: questions.map(({ en, ko, place }) => ({ en, ko, place })),
        };
      }),
    );
  return () => {
    samples ??= open().catch((error: unknown) => {
      samples = null;
      throw error;
    });
    return samples;
  };
}

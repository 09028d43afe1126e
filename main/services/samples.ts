import type { Sample } from '../../preload/contract.ts';
import type { PhotoRegistry } from './photos/registry.ts';

const loadSamples = async (): Promise<
  readonly { id: string; path: string; title: Sample['title']; questions: Sample['questions'] }[]
> => [];

/** The gallery: the pictures that come with the program, opened when it is first asked for. */
export function createSamples(photos: PhotoRegistry): () => Promise<readonly Sample[]> {
  let samples: Promise<readonly Sample[]> | null = null;
  const open = async () =>
    Promise.all(
      (await loadSamples()).map(async ({ id, path, title, questions }) => {
        const opening = { origin: 'sample', isPrivate: false, id: `sample-${id}` } as const;
        return { photo: await photos.open(path, opening), title, questions };
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

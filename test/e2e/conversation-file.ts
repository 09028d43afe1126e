import type { Photo } from '../../preload/contract/api.ts';

/** A conversation as the app exports one: a question about the photo, and again one before every further answer. */
export function conversationFile(title: string, photo: Photo, answers: readonly string[]): string {
  const { name, width, height, bytes, format, sha256 } = photo;
  const message = { state: 'done', createdAt: 1, provenance: null, error: null };
  return JSON.stringify({
    ...{ format: 'inf-llava-conversation', version: 1, title, createdAt: 1 },
    photos: [{ name, width, height, bytes, format, sha256 }],
    messages: answers.flatMap((text, index) => [
      {
        ...message,
        ...{ role: 'user', text: `Question ${index + 1}`, picture: { photo: 0, region: null } },
      },
      { ...message, role: 'assistant', text, picture: null },
    ]),
  });
}

/** What a page of the web host keeps of having signed in; how it is had, main/web/access.ts says. */
export interface WebSession {
  /** Sent as `Authorization: Bearer KEY` with everything but pictures. */
  readonly key: string;
  /** Part of the paths of pictures, which cannot carry a header. */
  readonly pictureKey: string;
}

/** Name under which localStorage holds the session, its two keys with a space between them. */
export const webSessionItem = 'inf-llava-session';

/** Where a page without a session goes. */
export const signInPath = '/sign-in';

/** What stands before the path of every picture in the web host. */
export const pictureRoot = (pictureKey: string) => `/pictures/${pictureKey}`;

export const formatWebSession = ({ key, pictureKey }: WebSession) => `${key} ${pictureKey}`;

/** Null where nobody has signed in. */
export function parseWebSession(text: string | null): WebSession | null {
  const [, key, pictureKey] = /^([\w-]{43}) ([\w-]{43})$/.exec(text ?? '') ?? [];
  return key === undefined || pictureKey === undefined ? null : { key, pictureKey };
}

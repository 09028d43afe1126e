import type { Seeing } from './seeing.ts';
import type { ConnectorConfig, VisionConfig } from './tower.ts';

/** How a family has pictures in its chats, which no template of a language model says. */
export interface PicturesInChat {
  /** Between a picture and the question. */
  readonly afterImage: string;
  /** Whether a turn that begins with a picture opens like the others, with the space at the end of its opening. */
  readonly spaceBeforeImage: boolean;
  /** What stands around pictures and has to be a token: of a language model that lacks one, pictures would be plain text. */
  readonly tags: readonly string[];
}

/** LLaVA puts every picture on a line of its own in front of the question (`DEFAULT_IMAGE_TOKEN + '\n'`). */
export const onLineOfItsOwn: PicturesInChat = { afterImage: '\n', spaceBeforeImage: true, tags: [] };

/** What a family reads out of the files of a model that is its own. */
export interface Recognised {
  readonly seeing: Seeing;
  readonly vision: VisionConfig;
  readonly connector: ConnectorConfig;
  readonly pictures: PicturesInChat;
  /**
   * Most tokens that its models are used with. A language model may have positions for many more, which would take memory and
   * were never seen together with a picture.
   */
  readonly longestContext: number;
}

import type { ImageFile } from '../../../native-models/engine/images-protocol.ts';
import type { Conversation, Message, Picture, Rect } from '../../../preload/contract/api.ts';
import { withoutEmbeds } from './without-embeds.ts';

/** Words of the file, in the languages of the app. */
const words = {
  en: { question: 'Question', answer: 'Answer', untitled: 'Conversation', interrupted: 'interrupted' },
  ko: { question: '질문', answer: '답변', untitled: '대화', interrupted: '중단됨' },
} as const;

export interface MarkdownParts {
  readonly conversation: Conversation;
  readonly language: keyof typeof words;
  /** A picture that a message brought in, reduced; null when its photo is not there any more. */
  readonly shown: (picture: Picture) => ImageFile | null;
  readonly nameOf: (picture: Picture) => string;
}

/** A conversation as one Markdown file that holds its pictures, so that nothing beside it can be lost. */
export function toMarkdown({ conversation, language, shown, nameOf }: MarkdownParts): string {
  const { question, answer, untitled, interrupted } = words[language];
  const { messages } = conversation;
  const [title, ...texts] = withoutEmbeds([conversation.title, ...messages.map(({ text }) => text)]);
  const blocks = [`# ${oneLine(title!) || untitled}`, new Date(conversation.createdAt).toISOString()];
  for (const [index, message] of messages.entries()) {
    const isQuestion = message.role === 'user';
    blocks.push(`## ${isQuestion ? question : answer}`);
    for (const picture of message.pictures) {
      const [name, image] = [altText(`${nameOf(picture)}${placeOf(picture.region)}`), shown(picture)];
      blocks.push(image ? `![${name}](${dataUrl(image)})` : `*${name}*`);
    }
    if (message.text !== '') blocks.push(texts[index]!);
    if (message.state === 'interrupted') blocks.push(`*(${interrupted})*`);
    if (message.provenance) blocks.push(`<sub>${madeWith(message.provenance)}</sub>`);
  }
  return `${blocks.join('\n\n')}\n`;
}

function madeWith({
  packageName,
  photos,
  regions,
  tokens,
  sampling,
}: NonNullable<Message['provenance']>): string {
  const facts = [
    packageName,
    `temperature ${sampling.temperature}, seed ${sampling.seed}`,
    `${tokens.text} + ${tokens.image} → ${tokens.generated} tokens`,
    ...photos.map((sha256, at) => `sha256 ${sha256}${placeOf(regions?.[at] ?? null)}`),
  ];
  return facts.map((fact) => altText(fact.replaceAll(/[<>&]/g, ''))).join(' · ');
}

/** The part of a photo, in its pixels; nothing for all of it. */
const placeOf = (region: Rect | null) =>
  region ? `, ${region.width} × ${region.height} at ${region.x}, ${region.y}` : '';

const dataUrl = ({ mediaType, bytes }: ImageFile) =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

const altText = (name: string) =>
  oneLine(name)
    .replaceAll(/[[\]\\*_`]/g, '\\$&')
    .replaceAll('<', '&lt;');

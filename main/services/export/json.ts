import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { AppError, knownFailure } from '../../../preload/contract/errors.ts';
import { mostPictures } from '../../../preload/contract/api.ts';
import type { Conversation, Message, PhotoId } from '../../../preload/contract/api.ts';
import type { PhotoRecord } from '../store/photo-table.ts';

/** What the file says it is. The version changes when a reader of the former could not read it. */
const format = 'inf-llava-conversation';
const version = 2;

/** Deeper than this format goes. */
const mostDepth = 16;
/** Values of the largest conversation: 5,000 messages with everything that is known of each. */
const mostValues = 500_000;
const mostMessages = 5000;
/** Characters of one message; a question has half of them. */
const longestMessage = 200_000;
/** Characters of all messages: a thick book. Every one goes through the index of words. */
const longestConversation = 4_000_000;
/** The last millisecond of the year 9999: later ones no list of dates shows. */
const lastTime = 253_402_300_799_999;

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const upTo = (most: number, least = 0) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const whole = upTo(1e12);
const time = upTo(lastTime);
const size = upTo(1_000_000);
const side = upTo(1_000_000, 1);
const real = v.pipe(v.number(), v.minValue(-1e12), v.maxValue(1e12));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const photoSchema = v.object({
  name: text(1000),
  width: side,
  height: side,
  bytes: whole,
  format: text(20),
  sha256: hash,
});

const made = {
  packageName: text(4096),
  packageSha256: hash,
  n: whole,
  cropsEncoded: whole,
  mostTiles: v.optional(whole),
  sampling: v.object({
    temperature: real,
    topP: real,
    topK: real,
    minP: real,
    repeatPenalty: real,
    maxTokens: real,
    seed: v.nullable(real),
  }),
  systemPrompt: text(100_000),
  tokens: v.object({ text: whole, image: whole, generated: whole }),
  milliseconds: v.object({ prefill: real, generate: real }),
  othersShare: v.optional(real),
  device: text(1000),
  finish: v.picklist(['stop', 'unknown-picture', 'length', 'cancelled', 'context']),
};

const region = v.nullable(v.object({ x: size, y: size, width: side, height: side }));

/** `photo` counts the photos of the file from 0. */
const pictureSchema = v.object({ photo: whole, region });

const message = {
  role: v.picklist(['user', 'assistant']),
  text: text(longestMessage),
  state: v.picklist(['waiting', 'writing', 'done', 'interrupted', 'failed']),
  createdAt: time,
  error: v.nullable(
    v.pipe(
      v.object({ code: text(100), details: v.record(text(100), v.union([text(4096), real])) }),
      v.transform((error) => knownFailure(error)),
    ),
  ),
};

const messageSchema = v.object({
  ...message,
  pictures: v.pipe(v.array(pictureSchema), v.maxLength(mostPictures)),
  provenance: v.nullable(
    v.object({
      photos: v.pipe(v.array(hash), v.maxLength(mostPictures), v.readonly()),
      regions: v.optional(v.pipe(v.array(region), v.maxLength(mostPictures), v.readonly())),
      ...made,
    }),
  ),
});

/** Of version 1: a message brought in at most one picture, and an answer was made from at most one photo. */
const messageOfOnePicture = v.pipe(
  v.object({
    ...message,
    picture: v.nullable(pictureSchema),
    provenance: v.nullable(
      v.pipe(
        v.object({ photoSha256: v.union([hash, v.literal('')]), ...made }),
        v.transform(({ photoSha256, ...rest }) => ({
          photos: photoSha256 === '' ? [] : [photoSha256],
          ...rest,
        })),
      ),
    ),
  }),
  v.transform(({ picture, ...rest }) => ({ ...rest, pictures: picture ? [picture] : [] })),
);

const file = {
  format: v.literal(format),
  title: text(1000),
  createdAt: time,
  photos: v.pipe(v.array(photoSchema), v.maxLength(1000)),
};

const fileSchema = v.variant('version', [
  v.object({
    ...file,
    version: v.literal(1),
    messages: v.pipe(v.array(messageOfOnePicture), v.maxLength(mostMessages)),
  }),
  v.object({
    ...file,
    version: v.literal(version),
    messages: v.pipe(v.array(messageSchema), v.maxLength(mostMessages)),
  }),
]);

export type ConversationFile = v.InferOutput<typeof fileSchema>;

/** A conversation as a file: all of it but the photos' pixels, which are named by their hashes. */
export function toConversationFile(
  conversation: Conversation,
  known: readonly PhotoRecord[],
): ConversationFile {
  // One that could never be read has neither a size nor a hash to find it by.
  const photos = known.filter(({ sha256 }) => sha256 !== '');
  const { title, createdAt, messages } = conversation;
  const indexOf = (photoId: PhotoId) => photos.findIndex(({ id }) => id === photoId);
  return {
    format,
    version,
    title,
    createdAt,
    photos: photos.map((photo) => ({
      name: photo.name,
      width: photo.width,
      height: photo.height,
      bytes: photo.bytes,
      format: photo.format,
      sha256: photo.sha256,
    })),
    messages: messages.map(({ role, text: content, state, createdAt: at, pictures, provenance, error }) => ({
      role,
      text: content,
      state,
      createdAt: at,
      // A photo that was forgotten or never read is not in the file.
      pictures: pictures
        .map(({ photoId, region: part }) => ({ photo: indexOf(photoId), region: part }))
        .filter(({ photo }) => photo >= 0),
      provenance,
      error,
    })),
  };
}

/** @throws AppError `wrong-usage` naming what is not as it should be */
export function parseConversationFile(json: string): ConversationFile {
  refuseDepth(json);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), fileSchema), json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw notOurs(v.getDotPath(issue) ?? '', issue.message.slice(0, 200));
  }
  const conversation = parsed.output;
  let characters = 0;
  for (const [index, { pictures, text: content }] of conversation.messages.entries()) {
    characters += content.length;
    if (!pictures.every((picture) => isInside(picture, conversation.photos))) {
      throw notOurs(`messages.${index}.pictures`, 'It names no part of a photo of the file.');
    }
  }
  if (characters > longestConversation) {
    throw notOurs(
      'messages',
      `They have ${characters} characters; at most ${longestConversation} are taken.`,
    );
  }
  return conversation;
}

function isInside(
  { photo: index, region: part }: v.InferOutput<typeof pictureSchema>,
  photos: ConversationFile['photos'],
): boolean {
  const photo = photos[index];
  if (!photo || !part) return photo !== undefined;
  return part.x + part.width <= photo.width && part.y + part.height <= photo.height;
}

/** One pass over the text, before anything is built from it. Faults of syntax are left to JSON.parse. */
function refuseDepth(json: string): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at);
    else if (character === ']' || character === '}') depth--;
    else if (character === '[' || character === '{' || character === ',') {
      values++;
      if (character !== ',') depth++;
    }
    if (depth > mostDepth) throw notOurs('', `It nests deeper than ${mostDepth}.`);
    if (values > mostValues) throw notOurs('', `It has more than ${mostValues} values.`);
  }
}

/** Index of the closing quote of the string that opens at `start`, or the end of the text. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

function notOurs(field: string, fault: string): AppError {
  const message = `This is not an exported conversation that can be taken in: ${field} ${fault}`;
  return new AppError('wrong-usage', message.replaceAll(/ +/g, ' '), {
    field,
    problem: 'not an exported conversation',
  });
}

/** The messages of a file, with new ids, for the conversation `conversationId`. */
export function messagesOf(
  file: ConversationFile,
  conversationId: string,
  photoIds: readonly PhotoId[],
): Message[] {
  return file.messages.map((message) => ({
    ...message,
    id: randomUUID(),
    conversationId,
    // What was being written elsewhere is not being written here.
    state: message.state === 'waiting' || message.state === 'writing' ? 'interrupted' : message.state,
    pictures: message.pictures.map(({ photo, ...rest }) => ({ photoId: photoIds[photo]!, ...rest })),
    waitsFor: null,
  }));
}

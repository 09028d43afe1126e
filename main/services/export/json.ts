import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { AppError, knownFailure } from '../../../preload/contract/errors.ts';
import type { Conversation, Message, PhotoId } from '../../../preload/contract/api.ts';
import type { PhotoRecord } from '../store/photos.ts';

/** What the file says it is. The version changes when a reader of the former could not read it. */
const format = 'inf-llava-conversation';
const version = 1;

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const size = v.pipe(whole, v.maxValue(1_000_000));
const real = v.pipe(v.number(), v.finite());
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const optionalHash = v.union([hash, v.literal('')]);

const photoSchema = v.object({
  name: text(1000),
  width: size,
  height: size,
  bytes: whole,
  format: text(20),
  sha256: hash,
});

const provenanceSchema = v.object({
  photoSha256: optionalHash,
  packageName: text(4096),
  packageSha256: hash,
  n: whole,
  cropsEncoded: whole,
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
  device: text(1000),
  finish: v.picklist(['stop', 'length', 'cancelled', 'context']),
});

const messageSchema = v.object({
  role: v.picklist(['user', 'assistant']),
  text: text(10_000_000),
  state: v.picklist(['waiting', 'writing', 'done', 'interrupted', 'failed']),
  createdAt: whole,
  /** `photo` counts the photos of the file from 0. */
  picture: v.nullable(
    v.object({
      photo: whole,
      region: v.nullable(v.object({ x: size, y: size, width: size, height: size })),
    }),
  ),
  provenance: v.nullable(provenanceSchema),
  error: v.nullable(
    v.pipe(
      v.object({ code: text(100), details: v.record(text(100), v.union([text(4096), real])) }),
      v.transform((error) => knownFailure(error)),
    ),
  ),
});

const fileSchema = v.object({
  format: v.literal(format),
  version: v.literal(version),
  title: text(1000),
  createdAt: whole,
  photos: v.pipe(v.array(photoSchema), v.maxLength(1000)),
  messages: v.pipe(v.array(messageSchema), v.maxLength(100_000)),
});

export type ConversationFile = v.InferOutput<typeof fileSchema>;

/** A conversation as a file: all of it but the photos' pixels, which are named by their hashes. */
export function toConversationFile(
  conversation: Conversation,
  photos: readonly PhotoRecord[],
): ConversationFile {
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
    messages: messages.map(({ role, text: content, state, createdAt: at, picture, provenance, error }) => ({
      role,
      text: content,
      state,
      createdAt: at,
      // A photo that was forgotten is not in the file.
      picture:
        picture && indexOf(picture.photoId) >= 0
          ? { photo: indexOf(picture.photoId), region: picture.region }
          : null,
      provenance,
      error,
    })),
  };
}

/** @throws AppError `wrong-usage` naming what is not as it should be */
export function parseConversationFile(json: string): ConversationFile {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), fileSchema), json);
  if (
    parsed.success &&
    parsed.output.messages.every(({ picture }) => !picture || picture.photo < parsed.output.photos.length)
  ) {
    return parsed.output;
  }
  const issue = parsed.issues?.[0];
  const field = (issue && v.getDotPath(issue)) ?? '';
  throw new AppError(
    'wrong-usage',
    `This is not an exported conversation: ${field} ${issue?.message ?? ''}`.trim(),
    {
      field,
      problem: 'not an exported conversation',
    },
  );
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
    picture: message.picture && { photoId: photoIds[message.picture.photo]!, region: message.picture.region },
    waitsFor: null,
  }));
}

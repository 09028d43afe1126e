import { cropNumbers, cropPlan } from '../../main/services/crop-plan.ts';
import type {
  Conversation,
  ConversationId,
  CropPlan,
  Message,
  ModelPackage,
  Photo,
  Preparation,
  Provenance,
} from '../../preload/contract.ts';
import { defaultSettings } from '../../preload/contract.ts';

/** Things of the contract as tests of the window need them; every field can be overridden. */

/** 2026-03-14 15:09:26 UTC, so that no test depends on the day it runs. */
export const testTime = 1_773_500_966_000;

export function makePhoto(id: string, changes: Partial<Photo> = {}): Photo {
  return {
    id,
    name: `${id}.jpg`,
    width: 2400,
    height: 1600,
    bytes: 3_400_000,
    format: 'jpeg',
    origin: 'file',
    notes: [],
    sha256: id.padEnd(64, '0'),
    state: 'ready',
    error: null,
    openedAt: testTime,
    ...changes,
  };
}

/** The plan of the published model: 3 x 3 crops of 336 pixels a perspective, 10 of 18 reaching the answer. */
export const makePlan = (photo: Photo): CropPlan => cropPlan(photo, cropNumbers(null));

export function makePreparation(photoId: string, changes: Partial<Preparation> = {}): Preparation {
  return {
    photoId,
    stage: 'queued',
    encoded: [],
    fraction: 0,
    secondsLeft: null,
    fromCache: false,
    error: null,
    ...changes,
  };
}

export function makeMessage(id: string, changes: Partial<Message> = {}): Message {
  return {
    id,
    conversationId: 'c1',
    role: 'user',
    text: 'What is written on the sign?',
    state: 'done',
    createdAt: testTime,
    picture: null,
    provenance: null,
    error: null,
    ...changes,
  };
}

export function makeConversation(id: ConversationId, changes: Partial<Conversation> = {}): Conversation {
  return {
    id,
    title: `Conversation ${id}`,
    photoIds: [],
    createdAt: testTime,
    updatedAt: testTime,
    messageCount: changes.messages?.length ?? 0,
    isPrivate: false,
    snippet: null,
    photos: [],
    messages: [],
    ...changes,
  };
}

export function makePackage(id: string, changes: Partial<ModelPackage> = {}): ModelPackage {
  return {
    id,
    name: 'INF-LLaVA',
    licence: 'Llama 3 community licence; CLIP MIT',
    bytes: 9_140_000_000,
    n: 3,
    tile: 336,
    imageTokens: 576,
    visionPrecision: 'int8',
    languagePrecision: 'q8_0',
    contextTrained: 2048,
    systemPrompt:
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.",
    kind: 'released',
    error: null,
    ...changes,
  };
}

export const makeProvenance = (changes: Partial<Provenance> = {}): Provenance => ({
  photoSha256: 'a3'.repeat(32),
  packageName: 'INF-LLaVA',
  packageSha256: '7c'.repeat(32),
  n: 3,
  cropsEncoded: 10,
  sampling: { ...defaultSettings.sampling, seed: 20260314 },
  systemPrompt: 'A chat between a curious user and an artificial intelligence assistant.',
  tokens: { text: 61, image: 576, generated: 96 },
  milliseconds: { prefill: 2310, generate: 7740 },
  device: 'CPU, 8 threads',
  finish: 'stop',
  ...changes,
});

import { cropPlan } from '../../main/services/crop-plan.ts';
import type {
  Comparison,
  CropPlan,
  Install,
  Look,
  LookGrid,
  LookInViews,
  Message,
  ModelOffers,
  ModelOption,
  ModelPackage,
  OfferedModel,
  Photo,
  Preparation,
  Provenance,
  Rect,
} from '../../preload/contract/api.ts';
import { defaultSettings } from '../../preload/contract/api.ts';

/** Things of the contract as tests of the window need them; every field can be overridden. */

/** 2026-03-14 15:09:26 UTC, so that no test depends on the day it runs. */
const testTime = 1_773_500_966_000;

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
export const makePlan = (photo: Photo, part: Rect | null = null): CropPlan =>
  cropPlan(photo, undefined, undefined, part);

/** "A red fox." about the photo `harbour`: the first word looks nowhere, "red" at the top left, "fox" at the bottom right. */
export function makeLook(messageId: string, photoId = 'harbour'): Look {
  const maps = [
    [0, 0, 0, 0],
    [255, 0, 0, 0],
    [0, 0, 0, 255],
    [0, 0, 0, 51],
  ];
  const region = { x: 0, y: 0, width: 2400, height: 1600 };
  return {
    messageId,
    packageName: 'INF-LLaVA',
    tokens: ['A', ' red', ' fox', '.'],
    pictures: [
      {
        ...{ photoId, region: null },
        grids: [{ kind: null, index: 0, region, columns: 2, rows: 2, first: 0, stride: 2 }],
      },
    ],
    size: 4,
    maps: btoa(String.fromCharCode(...maps.flat())),
    peaks: [0, 0.5, 0.5, 0.5],
    ...{
      packageSha256: 'a'.repeat(64),
      heads: [{ layer: 3, head: 3 }],
      allHeads: 24,
      trust: { near: 0.95, uniform: 0.24 },
    },
  };
}

/** The same look in its views of one place each: "red" was taken from the first tile, "fox" from the last, both from the whole. */
export function makeLookInViews(messageId: string): LookInViews {
  const { pictures, peaks } = makeLook(messageId);
  const side = 800;
  const tile = { columns: 1, rows: 1, stride: 1 };
  const grids: LookGrid[] = Array.from({ length: 9 }, (_, index) => {
    const region = {
      x: (index % 3) * side,
      y: Math.floor(index / 3) * side - 400,
      width: side,
      height: side,
    };
    return { kind: 'local', index, region, first: index, ...tile };
  });
  const whole = { x: 0, y: -400, width: 3 * side, height: 3 * side };
  grids.push({ kind: 'global', index: 4, region: whole, first: grids.length, ...tile });
  const from = (tile: number) => grids.map((_, at) => (at === tile || at === 9 ? 255 : 0));
  const maps = [grids.map(() => 0), from(0), from(8), from(8)];
  return {
    ...{ messageId, size: grids.length, peaks },
    pictures: [{ ...pictures[0]!, grids }],
    maps: btoa(String.fromCharCode(...maps.flat())),
  };
}

export function makePreparation(photoId: string, changes: Partial<Preparation> = {}): Preparation {
  return {
    photoId,
    region: null,
    stage: 'queued',
    encoded: [],
    fraction: 0,
    read: 0,
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
    pictures: [],
    provenance: null,
    error: null,
    waitsFor: null,
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
    languageFile: null,
    visionPrecision: 'int8',
    languagePrecision: 'q8_0',
    picturesInQuestion: 1,
    hasOverview: true,
    languages: [],
    contextTrained: 2048,
    systemPrompt:
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.",
    kind: 'released',
    isInstalled: true,
    error: null,
    ...changes,
  };
}

export function makeOption(changes: Partial<ModelOption> = {}): ModelOption {
  return {
    precision: { vision: 'int8', llm: 'q8_0' },
    diskDuring: 20_900_000_000,
    diskAfter: 9_500_000_000,
    memory: 10_700_000_000,
    gpuMemory: 9_400_000_000,
    verdict: 'cpu',
    lacks: [],
    secondsPerPhoto: 48,
    tokensPerSecond: 3.4,
    ...changes,
  };
}

export function makeOffer(id: string, changes: Partial<OfferedModel> = {}): OfferedModel {
  const small = { vision: 'int8', llm: 'q4_k_m' } as const;
  return {
    id,
    name: 'INF-LLaVA',
    origin: 'built-in',
    first: id === 'inf-llava' ? 'paper' : null,
    repository: 'WeihuangLin/INF-LLaVA-sft',
    languageFile: null,
    downloadBytes: 16_720_000_000,
    licences: [
      {
        id: 'llama3',
        name: 'Meta Llama 3 Community License Agreement',
        url: 'https://llama.meta.com/llama3/license/',
        covers: 'the language model (Llama 3 8B)',
        isToAccept: true,
      },
    ],
    figures: [{ benchmark: 'POPE', score: 86.94 }],
    paper: 'https://arxiv.org/abs/2407.16198',
    options: [
      makeOption(),
      makeOption({ precision: small, diskAfter: 5_600_000_000, memory: 6_900_000_000, tokensPerSecond: 5.9 }),
    ],
    recommended: { vision: 'int8', llm: 'q8_0' },
    ...changes,
  };
}

export const makeOffers = (changes: Partial<ModelOffers> = {}): ModelOffers => ({
  machine: {
    diskFree: 220_000_000_000,
    memoryTotal: 32_000_000_000,
    memoryFree: 21_000_000_000,
    gpu: null,
    isMeasured: true,
  },
  models: [makeOffer('inf-llava'), makeOffer('inf-star-llava', { name: 'INF*-LLaVA', figures: [] })],
  refused: [],
  ...changes,
});

export function makeInstall(id: string, changes: Partial<Install> = {}): Install {
  return {
    id,
    modelId: 'inf-llava',
    name: 'INF-LLaVA',
    precision: { vision: 'int8', llm: 'q8_0' },
    state: 'downloading',
    createdAt: testTime,
    isHeldByNetwork: false,
    files: { total: 6, arrived: 2, converted: 1 },
    progress: {
      fraction: 0.43,
      bytesReceived: 7_100_000_000,
      bytesTotal: 16_724_000_000,
      bytesPerSecond: 11_400_000,
      secondsLeft: 1130,
      phase: 'language',
    },
    disk: { peak: 20_900_000_000, installed: 9_500_000_000 },
    packageId: null,
    proof: null,
    error: null,
    ...changes,
  };
}

export function makeComparison(id: string, first: string, second: string): Comparison {
  const side = (packageId: string) =>
    ({
      packageId,
      packageName: packageId,
      way: { kind: 'all' },
      state: 'waiting',
      text: '',
      seconds: { load: null, photo: null, answer: null },
      tokens: null,
      error: null,
    }) as const;
  return { id, question: 'What is written on the sign?', sides: [side(first), side(second)] };
}

export const makeProvenance = (changes: Partial<Provenance> = {}): Provenance => ({
  photos: ['a3'.repeat(32)],
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

import type { CatalogueEntry } from './entry.ts';

const llama3: CatalogueEntry['licences'][number] = {
  id: 'llama3',
  name: 'Meta Llama 3 Community License Agreement',
  url: 'https://llama.meta.com/llama3/license/',
  covers: 'the language model (Llama 3 8B)',
  mustAccept: true,
};

const clipMit: CatalogueEntry['licences'][number] = {
  id: 'clip-mit',
  name: 'MIT License',
  url: 'https://github.com/openai/CLIP/blob/main/LICENSE',
  covers: 'the vision tower (OpenAI CLIP ViT-L/14-336)',
  mustAccept: false,
};

/** CLIP ViT-L/14-336 up to its last but one layer, DEM and projector, and Llama-3-8B with one token more. */
const size: CatalogueEntry['size'] = {
  visionParameters: 290_900_000,
  enhanceParameters: 25_600_000,
  languageParameters: 8_030_269_440,
  languageLayers: 32,
  keyValueWidth: 8 * 128,
  contextTrained: 2048,
};

const clip = { repo: 'openai/clip-vit-large-patch14-336', revision: 'main' } as const;
const paper = 'https://arxiv.org/abs/2407.16198';

/** Both checkpoints: bfloat16 safetensors in shards of at most 5 GB. */
const published = { downloadBytes: 16_720_000_000, largestFileBytes: 4_980_000_000 } as const;

/** As llama.cpp's own people publish them. */
const apache = (covers: string): CatalogueEntry['licences'][number] => ({
  id: 'apache-2-0',
  name: 'Apache License 2.0',
  url: 'https://www.apache.org/licenses/LICENSE-2.0',
  covers,
  mustAccept: false,
});

const smolVlmPaper = 'https://arxiv.org/abs/2504.05299';

/** SigLIP base of 16, up to its last layer and the norm behind it, at 512. */
const siglipBase = 86_433_024;

/**
 * Pairs of GGUF files. Numbers of parameters follow from the published dimensions, sizes from those and the number formats;
 * operations are those of a photo of 4:3, which becomes 4 x 3 tiles and the whole. The hub says names and sizes exactly.
 * Figures are those of the papers, where they could be read there.
 */
const pairs: readonly CatalogueEntry[] = [
  {
    schema: 1,
    id: 'smolvlm-256m',
    name: 'SmolVLM 256M',
    source: {
      kind: 'hub-pair',
      repo: 'ggml-org/SmolVLM-256M-Instruct-GGUF',
      revision: 'main',
      mmproj: ['mmproj-*Q8_0.gguf', 'mmproj-*f16.gguf'],
      language: ['*Q8_0.gguf', '*f16.gguf'],
      languageBytes: 175_000_000,
    },
    licences: [apache('the whole model')],
    downloadBytes: 280_000_000,
    largestFileBytes: 175_000_000,
    size: {
      visionParameters: siglipBase,
      enhanceParameters: 7_077_888,
      languageParameters: 162_974_016,
      languageLayers: 30,
      keyValueWidth: 3 * 64,
      contextTrained: 8192,
      photo: { vision: 2.8e12, prompt: 0.2e12 },
    },
    figures: [],
    paper: smolVlmPaper,
  },
  {
    schema: 1,
    id: 'smolvlm-500m',
    name: 'SmolVLM 500M',
    source: {
      kind: 'hub-pair',
      repo: 'ggml-org/SmolVLM-500M-Instruct-GGUF',
      revision: 'main',
      mmproj: ['mmproj-*Q8_0.gguf', 'mmproj-*f16.gguf'],
      language: ['*Q8_0.gguf', '*f16.gguf'],
      languageBytes: 437_000_000,
    },
    licences: [apache('the whole model')],
    downloadBytes: 546_000_000,
    largestFileBytes: 437_000_000,
    size: {
      visionParameters: siglipBase,
      enhanceParameters: 11_796_480,
      languageParameters: 409_252_800,
      languageLayers: 32,
      keyValueWidth: 5 * 64,
      contextTrained: 8192,
      photo: { vision: 2.8e12, prompt: 0.6e12 },
    },
    figures: [],
    paper: smolVlmPaper,
    first: 'quick',
  },
  {
    schema: 1,
    id: 'internvl3-1b',
    name: 'InternVL3 1B',
    source: {
      kind: 'hub-pair',
      repo: 'ggml-org/InternVL3-1B-Instruct-GGUF',
      revision: 'main',
      mmproj: ['mmproj-*Q8_0.gguf', 'mmproj-*f16.gguf'],
      language: ['*Q8_0.gguf', '*f16.gguf'],
      languageBytes: 676_000_000,
    },
    licences: [
      {
        id: 'internvl-mit',
        name: 'MIT License',
        url: 'https://github.com/OpenGVLab/InternVL/blob/main/LICENSE',
        covers: 'the model',
        mustAccept: false,
      },
      {
        id: 'internvl3-1b-terms',
        name: 'the terms on the page of InternVL3-1B',
        url: 'https://huggingface.co/OpenGVLab/InternVL3-1B-Instruct',
        covers: 'the language model it began as (Qwen2.5 0.5B)',
        mustAccept: false,
      },
    ],
    downloadBytes: 1_010_000_000,
    largestFileBytes: 676_000_000,
    size: {
      visionParameters: 304_012_288,
      enhanceParameters: 4_482_816,
      languageParameters: 629_697_920,
      languageLayers: 24,
      keyValueWidth: 2 * 64,
      contextTrained: 8192,
      photo: { vision: 9.4e12, prompt: 2.4e12 },
    },
    figures: [
      { benchmark: 'DocVQA', score: 81.9 },
      { benchmark: 'TextVQA', score: 74.1 },
      { benchmark: 'MMMU', score: 43.4 },
      { benchmark: 'OCRBench', score: 790 },
    ],
    paper: 'https://arxiv.org/abs/2504.10479',
    first: 'better',
  },
  {
    schema: 1,
    id: 'smolvlm2-2.2b',
    name: 'SmolVLM2 2.2B',
    source: {
      kind: 'hub-pair',
      repo: 'ggml-org/SmolVLM2-2.2B-Instruct-GGUF',
      revision: 'main',
      mmproj: ['mmproj-*Q8_0.gguf', 'mmproj-*f16.gguf'],
      language: ['*Q4_K_M.gguf', '*Q8_0.gguf'],
      languageBytes: 1_113_000_000,
    },
    licences: [apache('the whole model')],
    downloadBytes: 1_710_000_000,
    largestFileBytes: 1_113_000_000,
    size: {
      visionParameters: 412_987_248,
      enhanceParameters: 21_233_664,
      languageParameters: 1_812_563_968,
      languageLayers: 24,
      keyValueWidth: 32 * 64,
      contextTrained: 8192,
      photo: { vision: 8.7e12, prompt: 3.7e12 },
    },
    figures: [
      { benchmark: 'DocVQA', score: 80 },
      { benchmark: 'TextVQA', score: 73.2 },
      { benchmark: 'MMMU', score: 42 },
      { benchmark: 'OCRBench', score: 72.9 },
    ],
    paper: smolVlmPaper,
  },
];

/** The models that come with the program's catalogue. The figures of INF-LLaVA are those of the paper's table 1. */
export const builtInEntries: readonly CatalogueEntry[] = [
  {
    schema: 1,
    id: 'inf-llava',
    name: 'INF-LLaVA',
    source: { kind: 'hub', checkpoint: { repo: 'WeihuangLin/INF-LLaVA-sft', revision: 'main' }, clip },
    licences: [llama3, clipMit],
    ...published,
    size,
    figures: [
      { benchmark: 'POPE', score: 86.94 },
      { benchmark: 'SEED', score: 70.47 },
      { benchmark: 'MM-Vet', score: 34.5 },
      { benchmark: 'LLaVA-W', score: 67.5 },
    ],
    paper,
    first: 'paper',
  },
  {
    schema: 1,
    id: 'inf-star-llava',
    name: 'INF*-LLaVA',
    source: { kind: 'hub', checkpoint: { repo: 'WeihuangLin/INF_star-LLaVA-sft', revision: 'main' }, clip },
    licences: [llama3, clipMit],
    ...published,
    size,
    // The project has no figures of it that it could vouch for.
    figures: [],
    paper,
  },
  ...pairs,
];

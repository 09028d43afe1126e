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

/** The models that come with the program's catalogue. The figures are those of the paper's table 1. */
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
];

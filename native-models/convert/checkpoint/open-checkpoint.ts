import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';

import { AppError } from '../../../preload/contract/errors.ts';
import { exists } from '../../files/exists.ts';
import { ByteFile, type ByteSource } from '../../files/byte-file.ts';
import { readRegularFile } from '../../files/regular-file.ts';
import {
  checkLanguageTensors,
  checkTensors,
  enhanceTensors,
  projectorTensors,
  towerTensors,
} from './expected-tensors.ts';
import { invalidCheckpoint } from '../../files/invalid.ts';
import { mergeSources } from '../../formats/weights/merged-source.ts';
import { dualSeeing } from '../../families/dual/seeing.ts';
import type { Seeing } from '../../families/index.ts';
import type { TensorPart } from '../../formats/weights/tensor-parts.ts';
import type { Speech } from '../language/tokenizer.ts';
import { convertEnhance } from '../onnx/index.ts';
import type { ModelConfig } from './model-config.ts';
import { maxConfigBytes, readModelConfig, type CheckpointFacts } from './read-config.ts';
import type { TensorFiles } from '../../formats/weights/tensor-files.ts';
import type { TensorSource, WeightSource } from '../../formats/weights/tensor-source.ts';
import { localWeights, openWeightFiles, type WeightFolder } from '../../formats/weights/weight-files.ts';

/** Name prefixes of the parts of the published checkpoint. */
export const enhancePrefix = 'model.spatial_embed.';
export const projectorPrefix = 'model.mm_projector.';
export const towerInCheckpoint = 'model.vision_tower.vision_tower.vision_model.';
const towerInClip = 'vision_model.';

export interface CheckpointOptions {
  /** Folder of the tower's config.json, of its weights where the checkpoint has none, and of its preprocessor. */
  readonly clip?: string | undefined;
  /** Where the weight files of one of the two folders are read from, when that is not the folder itself. */
  readonly weights?: ((directory: string) => WeightFolder) | undefined;
}

/** A checkpoint in a published layout, checked against its own configuration: everything a conversion reads. */
export interface SourceCheckpoint {
  readonly directory: string;
  /** All tensors by their published names, those of `clip` among them when the tower is there. */
  readonly tensors: TensorSource;
  readonly config: Pick<ModelConfig, 'vision' | 'language'>;
  readonly facts: Pick<CheckpointFacts, 'bosId' | 'eosIds' | 'contextTrained'>;
  /** How the model is spoken to, as far as that is no matter of the tokenizer. */
  readonly speech: Speech;
  readonly graphs: GraphPlan;
  /** Whether a tensor is in the folder of the tower apart. */
  isApart(tensor: string): boolean;
  readonly provenance: CheckpointOrigin;
  /** Files whose change would change the result: names, sizes and times tell one source from another. */
  readonly sourceFiles: readonly SourceFile[];
  close(): Promise<void>;
}

/** What the graphs of a package are made of, and how. */
export interface GraphPlan {
  readonly seeing: Seeing;
  /** The tower's tensors by CLIP's names. */
  readonly tower: ReadonlyMap<string, TensorPart>;
  /** Names of the tensors that `enhance.onnx` is made of. */
  readonly enhance: readonly string[];
  /** Writes `enhance.onnx` and its companions into `directory`, from these tensors by their published names. */
  convertEnhance(tensors: WeightSource, directory: string, signal?: AbortSignal): Promise<unknown>;
}

/** A checkpoint of INF-LLaVA. */
export interface Checkpoint extends SourceCheckpoint {
  readonly config: ModelConfig;
  readonly facts: CheckpointFacts;
  /** What comes before `embeddings.` and `encoder.` in the names of the tower's tensors. */
  readonly towerPrefix: string;
}

export interface SourceFile {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Where the weights came from, as far as the files say; no paths of this machine. */
export interface CheckpointOrigin {
  readonly name: string;
  readonly checkpoint: string;
  readonly tower: string;
  readonly licence: string;
  /** Tags of the languages that the model card states; left out where it states none. */
  readonly languages?: string[];
}

/**
 * Opens a checkpoint folder and checks that every tensor the model needs is there, in a float type and of the shape the
 * configuration implies. The tower is the checkpoint's own where it has one (the weights it was saved with), and the
 * one of `clip` otherwise. Throws `checkpoint-invalid`, `file-missing`, or `wrong-usage` when `clip` is needed.
 */
export async function openCheckpoint(
  directory: string,
  options: CheckpointOptions = {},
): Promise<Checkpoint> {
  const { clip = null, weights = localWeights } = options;
  const { config, facts } = await readModelConfig(directory, clip);
  const opened: TensorFiles[] = [];
  try {
    const main = await openWeightFiles(directory, weights(directory));
    if (main === null) throw noWeights(directory);
    opened.push(main);
    const inside = main.tensors.has(`${towerInCheckpoint}embeddings.class_embedding`);
    const tower = inside ? main : await openTower(clip, weights);
    if (!inside) opened.push(tower);
    const towerPrefix = inside ? towerInCheckpoint : towerInClip;
    checkModel(main, tower, towerPrefix, config);
    return {
      directory,
      tensors: inside ? main : mergeSources(main, tower, towerInClip),
      config,
      facts,
      towerPrefix,
      speech: 'conv_llama3',
      graphs: dualGraphs(main, towerPrefix, config),
      isApart: (tensor) => !inside && tensor.startsWith(towerInClip),
      provenance: await readProvenance(directory, inside ? 'in the checkpoint' : facts.towerName),
      sourceFiles: opened.flatMap(({ files }) => files).map(describe),
      close: () => closeAll(opened),
    };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function openTower(
  clip: string | null,
  weights: (directory: string) => WeightFolder,
): Promise<TensorFiles> {
  const tower = clip === null ? null : await openWeightFiles(clip, weights(clip));
  if (tower === null) {
    throw new AppError(
      'wrong-usage',
      'The checkpoint holds no vision tower: pass --clip with a folder that holds its weights (openai/clip-vit-large-patch14-336).',
      { reason: 'no-tower' },
    );
  }
  return tower;
}

function dualGraphs(main: TensorFiles, towerPrefix: string, config: ModelConfig): GraphPlan {
  const isEnhance = (name: string) => name.startsWith(enhancePrefix) || name.startsWith(projectorPrefix);
  return {
    seeing: dualSeeing(config),
    tower: new Map(
      towerTensors(config.vision).map(([name, shape]) => [name, { name: towerPrefix + name, shape }]),
    ),
    enhance: [...main.tensors.keys()].filter(isEnhance),
    convertEnhance: (tensors, directory, signal) =>
      convertEnhance({
        ...{ tensors, config, directory, prefixes: { enhance: enhancePrefix, projector: projectorPrefix } },
        ...(signal && { signal }),
      }),
  };
}

export function noWeights(directory: string): AppError {
  return invalidCheckpoint(
    basename(resolve(directory)),
    'holds no model.safetensors, pytorch_model.bin or index of shards',
  );
}

function checkModel(main: TensorFiles, tower: TensorFiles, towerPrefix: string, config: ModelConfig): void {
  checkTensors(tower, towerPrefix, towerTensors(config.vision));
  checkTensors(main, enhancePrefix, enhanceTensors(config.vision.hiddenSize));
  const sequential = main.tensors.has(`${projectorPrefix}0.weight`);
  checkTensors(main, projectorPrefix, projectorTensors(config, sequential || config.projector.layers > 1));
  checkLanguageTensors(main, config.language);
}

export async function closeAll(sources: readonly TensorFiles[]): Promise<void> {
  await Promise.all(sources.map((source) => source.close()));
}

export function describe({ name, size, modifiedMs }: ByteSource): SourceFile {
  return { name, bytes: size, modifiedMs };
}

export async function readProvenance(directory: string, tower: string): Promise<CheckpointOrigin> {
  const config = await readRegularFile(join(directory, 'config.json'), maxConfigBytes);
  const sha256 = createHash('sha256').update(config).digest('hex');
  return {
    name: basename(resolve(directory)).slice(0, 200),
    checkpoint: `config.json sha256 ${sha256}`,
    tower: tower.slice(0, 200) || 'not stated',
    ...(await readModelCard(directory)),
  };
}

/** The first bytes of a file, as text. */
async function startOf(path: string, bytes: number): Promise<string> {
  const file = await ByteFile.open(path);
  try {
    return Buffer.from(await file.read(0, Math.min(bytes, file.size))).toString('utf8');
  } finally {
    await file.close();
  }
}

/** `license:` and `language:` of the front matter of the model card, where there is one. */
async function readModelCard(directory: string): Promise<Pick<CheckpointOrigin, 'licence' | 'languages'>> {
  const card = join(directory, 'README.md');
  const text = (await exists(card)) ? await startOf(card, 8192) : '';
  const frontMatter = /^---\r?\n(.*?)\r?\n---/s.exec(text)?.[1] ?? '';
  const licence = /^license:[ \t]*([\w .+-]{1,64})$/m.exec(frontMatter)?.[1]?.trim() ?? 'not stated';
  const languages = languagesIn(frontMatter);
  return { licence, ...(languages.length > 0 && { languages }) };
}

/** The tags of `language:`, on its own line or in a list on that line or below it, as model cards at the hub have them. */
function languagesIn(frontMatter: string): string[] {
  const [, here = '', below = ''] =
    /^language:[ \t]*([^\r\n]*)((?:\r?\n[ \t]*-[ \t]+[^\r\n]*)*)/m.exec(frontMatter) ?? [];
  const items = here.trim() === '' ? below.split(/\r?\n[ \t]*-[ \t]+/) : here.split(/[[\],]/);
  const tags = items.map((item) => item.replace(/#.*$/, '').replace(/["']/g, '').trim());
  return tags.filter((tag) => /^[A-Za-z0-9-]{2,35}$/.test(tag)).slice(0, 200);
}

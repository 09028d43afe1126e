import { join } from 'node:path';

import { checkpointReader, type CheckpointFamily, type StoredName } from '../../families/read-checkpoint.ts';
import { exists } from '../../files/exists.ts';
import { invalidCheckpoint, quoted } from '../../files/invalid.ts';
import { readStrictJson } from '../../files/strict-json.ts';
import type { TensorFiles } from '../../formats/weights/tensor-files.ts';
import { tensorParts, type TensorPart } from '../../formats/weights/tensor-parts.ts';
import { localWeights, openWeightFiles } from '../../formats/weights/weight-files.ts';
import { convertProjector } from '../onnx/index.ts';
import {
  checkLanguageTensors,
  checkTensors,
  connectorTensors,
  towerTensors,
  type ExpectedTensor,
} from './expected-tensors.ts';
import { exactContext, readLanguageConfig } from './language-config.ts';
import {
  closeAll,
  describe,
  noWeights,
  openCheckpoint,
  readProvenance,
  type CheckpointOptions,
  type GraphPlan,
  type SourceCheckpoint,
} from './open-checkpoint.ts';
import { maxConfigBytes } from './read-config.ts';

/**
 * Opens a checkpoint of any family and checks that every tensor the model needs is there, in a float type and of the shape the
 * configuration implies. Throws as `openCheckpoint`.
 */
export async function openSource(
  directory: string,
  options: CheckpointOptions = {},
): Promise<SourceCheckpoint> {
  const config = await readStrictJson(join(directory, 'config.json'), maxConfigBytes);
  const read = checkpointReader(config);
  if (read === null) return openCheckpoint(directory, options);
  const preprocessor = await readPreprocessor(directory);
  // What the configuration says alone comes before the weights, which may be large or missing.
  const known = read({ config, preprocessor, hasTensor: () => false });
  readLanguageConfig(known.language.config, known.language.prefixes);
  const { weights = localWeights } = options;
  const main = await openWeightFiles(directory, weights(directory));
  if (main === null) throw noWeights(directory);
  try {
    const family = read({ config, preprocessor, hasTensor: (name) => main.tensors.has(name) });
    return { ...(await describeSource(directory, main, family)), close: () => closeAll([main]) };
  } catch (error) {
    await closeAll([main]);
    throw error;
  }
}

/** Newer versions of transformers keep it within the configuration of the whole processor. */
async function readPreprocessor(directory: string): Promise<unknown> {
  const own = join(directory, 'preprocessor_config.json');
  if (await exists(own)) return readStrictJson(own, maxConfigBytes);
  const whole = join(directory, 'processor_config.json');
  if (!(await exists(whole))) return {};
  const processor = (await readStrictJson(whole, maxConfigBytes)) as { image_processor?: unknown } | null;
  return processor?.image_processor ?? {};
}

async function describeSource(
  directory: string,
  main: TensorFiles,
  family: CheckpointFamily,
): Promise<Omit<SourceCheckpoint, 'close'>> {
  const { vision, pictures, longestContext, language: nested } = family;
  const { language, bosId, eosIds } = readLanguageConfig(nested.config, nested.prefixes);
  const contextTrained = Math.min(exactContext(language), longestContext);
  const graphs = graphsOf(main, family, language.hiddenSize);
  checkLanguageTensors(main, language);
  return {
    directory,
    tensors: main,
    config: { vision, language },
    facts: { bosId, eosIds, contextTrained },
    speech: pictures,
    graphs,
    isApart: () => false,
    provenance: await readProvenance(directory, 'in the checkpoint'),
    sourceFiles: main.files.map(describe),
  };
}

function graphsOf(main: TensorFiles, family: CheckpointFamily, languageWidth: number): GraphPlan {
  const { seeing, vision, connector } = family;
  const parts = (expected: readonly ExpectedTensor[], stored: (name: string) => StoredName) =>
    new Map(expected.map(([name, shape]) => [name, partOf(main, stored(name), shape)]));
  const tower = parts(towerTensors(vision), family.tower);
  const projector = parts(connectorTensors(vision, connector, languageWidth), family.projector);
  return {
    seeing,
    tower,
    enhance: [...projector.values()].map(({ name }) => name),
    convertEnhance: (tensors, directory, signal) =>
      convertProjector({
        ...{ tensors: tensorParts(tensors, projector), prefix: '' },
        ...{ vision, connector, languageWidth, directory, signal },
      }),
  };
}

/** Three matrices of one shape in one. */
const fused = 3;

/** Throws `checkpoint-invalid` unless the tensor is there, in a float type and of that shape. */
function partOf(main: TensorFiles, { name, third }: StoredName, shape: readonly number[]): TensorPart {
  const whole = third === undefined ? shape : [shape[0]! * fused, ...shape.slice(1)];
  const part = { name, shape, ...(third !== undefined && { share: { index: third, of: fused } }) };
  const info = main.tensors.get(name);
  const extra = (info?.shape.length ?? 0) - whole.length;
  const isWrapped = info !== undefined && extra > 0 && info.shape.slice(0, extra).every((size) => size === 1);
  if (isWrapped && whole.every((size, axis) => size === info.shape[extra + axis])) return part;
  if (extra > 0) {
    const fault = `tensor ${quoted(name)} has the shape [${info!.shape.join(', ')}]; the configuration needs [${whole.join(', ')}]`;
    throw invalidCheckpoint(info!.file, fault);
  }
  checkTensors(main, '', [[name, whole]]);
  return part;
}

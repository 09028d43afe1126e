import { quoted } from '../files/invalid.ts';
import type { MmprojFile, Named } from './mmproj-file.ts';
import { clipForm, type VisionConfig } from './tower.ts';

/** What the LLaVA families have in their mmproj files. */
export interface ClipMmproj {
  readonly vision: VisionConfig;
  /** Linear maps with a GELU between each two, by their place: `0.weight`, `0.bias`, `2.weight`, ... */
  readonly projector: readonly Named[];
  /** Numbers of an embedding that the last of them gives. */
  readonly languageWidth: number;
}

/** A CLIP tower and a projector of the type `mlp`. Throws `checkpoint-invalid` for another tower or projector. */
export function readClipMmproj(file: MmprojFile): ClipMmproj {
  const { facts } = file;
  if (facts.optionalBool('clip.use_silu'))
    throw facts.fault('computes its tower with SiLU, which no CLIP does');
  if (file.has('v.patch_embd.bias'))
    throw facts.fault('has a tower of another kind than CLIP (v.patch_embd.bias)');
  const activation = facts.optionalBool('clip.use_gelu') ? 'gelu' : 'quick_gelu';
  const vision = file.tower(clipForm, activation, (layers) => layersRun(file, layers));
  const { imageSize, patchSize } = vision;
  if (imageSize % patchSize !== 0)
    throw facts.fault(`an image of ${imageSize} pixels does not divide into patches of ${patchSize}`);
  const projector = projectorTensors(file);
  const last = projector
    .filter(([name]) => name.endsWith('.weight'))
    .sort(([one], [other]) => parseInt(one) - parseInt(other))
    .at(-1);
  if (last === undefined) throw facts.fault('has no tensor mm.0.weight: it holds no projector');
  return { vision, projector, languageWidth: last[1].shape[0]! };
}

/**
 * LLaVA takes hidden_states[-2]: all layers but the last. A file says so by `feature_layer`; others hold either the whole
 * tower, or one whose last layer the converter took away. Every CLIP has an even number of layers, so that an odd number
 * tells the second kind. (llama.cpp leaves out the last layer of those as well, one too many: the models were trained with it.)
 */
function layersRun({ facts }: MmprojFile, layers: number): number {
  const key = 'clip.vision.feature_layer';
  if (!facts.has(key)) return layers % 2 === 1 ? layers : layers - 1;
  const value = facts.header.metadata.get(key)!;
  const chosen = value.type === 'array' ? value.values : [value.value];
  const [layer] = chosen;
  if (chosen.length !== 1)
    throw facts.fault('joins the features of several layers, which this app cannot do');
  if (typeof layer !== 'number' || !Number.isInteger(layer) || layer < 1 || layer > layers)
    throw facts.fault(`${key} is ${JSON.stringify(layer)} of ${layers} layers`);
  return layer;
}

/** `mm.0`, `mm.2`, ...: linear maps with a GELU between each two. */
function projectorTensors(file: MmprojFile): Named[] {
  const parts = file.tensorNames.filter((name) => name.startsWith('mm.'));
  const strange = parts.find((name) => !/^mm\.\d*[02468]\.(weight|bias)$/.test(name));
  if (strange !== undefined)
    throw file.facts.fault(`has a projector of another kind than mlp (it holds ${quoted(strange)})`);
  return parts.map((name) => [name.slice('mm.'.length), file.take(name, name.endsWith('.bias') ? 1 : 2)]);
}

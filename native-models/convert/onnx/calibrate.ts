import { throwIfCancelled } from '../../../preload/contract/errors.ts';
import { OnnxSession, type FloatTensor } from '../../vision/onnx-runtime.ts';
import { gridSide, hiddenTokens, type VisionConfig } from '../../families/tower.ts';
import type { Precision } from './graph-parts.ts';
import { GraphWriter } from '../../formats/onnx/graph-writer.ts';
import { columnMaxima } from './quantize.ts';
import { smoothBlock, type BlockMaxima } from './smoothing.ts';
import { inlineStore } from '../../formats/onnx/tensor-store.ts';
import {
  addBlock,
  addEmbedding,
  addFeatures,
  addStreamEnd,
  blockLinears,
  blockTaps,
  type BlockLinear,
  type BlockTap,
} from './vision-graph.ts';
import {
  linearName,
  placeBlock,
  placeEmbedding,
  placePostNorm,
  readBlock,
  type Block,
} from './vision-weights.ts';
import type { WeightReader } from './weight-reader.ts';

/**
 * Float32 passes over a tower, one block in memory at a time: a whole float32 ViT-L would take more than the memory a
 * conversion may use.
 */

export interface Tower {
  readonly reader: WeightReader;
  readonly config: VisionConfig;
  readonly signal?: AbortSignal | undefined;
}

export interface Calibration {
  /** For every block that is run. */
  readonly maxima: readonly BlockMaxima[];
  /** The features [T, D] of every crop. */
  readonly features: readonly Float32Array[];
}

/** Runs `crops` ([3, S, S] each, normalised) through the tower. */
export async function calibrate(
  tower: Tower,
  crops: readonly Float32Array[],
  onProgress: (fraction: number) => void,
): Promise<Calibration> {
  const { config } = tower;
  const maxima: BlockMaxima[] = [];
  const hidden = await embed(tower, crops);
  for (let layer = 0; layer < config.layersRun; layer++) {
    const block = await readBlock(tower.reader, layer, config);
    const session = await openBlock(block, () => 'f32', config);
    try {
      let seen: BlockMaxima | undefined;
      for (const [crop, state] of hidden.entries()) {
        const results = await runBlock(session, state, tower);
        seen = maximaOf(results, seen);
        hidden[crop] = results['hidden']!.data;
      }
      maxima.push(seen!);
    } finally {
      await session.dispose();
    }
    onProgress((layer + 1) / config.layersRun);
  }
  return { maxima, features: await featuresOf(tower, hidden) };
}

/**
 * How much each linear map in int8, alone, changes the output of its block on `crops`: the mean over tokens of
 * |difference|^2 / |output|^2. The errors of different maps add up along the residual stream, so these rank them.
 */
export async function rankByError(
  tower: Tower,
  crops: readonly Float32Array[],
  maxima: readonly BlockMaxima[],
): Promise<Map<string, number>> {
  const { config, reader } = tower;
  const errors = new Map<string, number>();
  let hidden = await embed(tower, crops);
  for (let layer = 0; layer < config.layersRun; layer++) {
    const block = smoothBlock(await readBlock(reader, layer, config), maxima[layer]!);
    const exact = await runAll(block, () => 'f32', hidden, tower);
    for (const linear of blockLinears) {
      const precision = (other: BlockLinear): Precision => (other === linear ? 'int8' : 'f32');
      const rough = await runAll(block, precision, hidden, tower);
      errors.set(linearName(layer, linear), meanRelativeError(exact, rough, config.hiddenSize));
    }
    hidden = exact;
  }
  return errors;
}

async function embed(tower: Tower, crops: readonly Float32Array[]): Promise<Float32Array[]> {
  const { config, reader } = tower;
  const side = config.imageSize;
  const graph = new GraphWriter('embedding');
  const pixels = graph.input('pixels', [1, 3, side, side]);
  const embedding = await placeEmbedding(inlineStore, reader, config);
  graph.output(
    'hidden',
    hiddenShape(config),
    addStreamEnd(graph, addEmbedding(graph, pixels, embedding, config)),
  );
  const session = await OnnxSession.open(graph.encode());
  try {
    const states: Float32Array[] = [];
    for (const crop of crops) {
      throwIfCancelled(tower.signal);
      const results = await session.run({ pixels: { data: crop, shape: [1, 3, side, side] } });
      states.push(results['hidden']!.data);
    }
    return states;
  } finally {
    await session.dispose();
  }
}

/** What follows the last block, of its hidden states. */
async function featuresOf(tower: Tower, states: readonly Float32Array[]): Promise<Float32Array[]> {
  const { config, reader } = tower;
  const graph = new GraphWriter('features');
  const sum = graph.input('input', hiddenShape(config));
  const norm = await placePostNorm(inlineStore, reader, config);
  const features = addFeatures(graph, { sum, branch: null }, norm, config);
  graph.output('hidden', [1, gridSide(config) ** 2, config.hiddenSize], features);
  const session = await OnnxSession.open(graph.encode());
  try {
    const results: Float32Array[] = [];
    for (const state of states) results.push((await runBlock(session, state, tower))['hidden']!.data);
    return results;
  } finally {
    await session.dispose();
  }
}

/** One block by itself: `hidden` in, `next` and the inputs of its linear maps out. */
async function openBlock(
  block: Block,
  precision: (linear: BlockLinear) => Precision,
  config: VisionConfig,
): Promise<OnnxSession> {
  const graph = new GraphWriter('block');
  const sum = graph.input('input', hiddenShape(config));
  const placed = await placeBlock(inlineStore, block, precision);
  const { stream, taps } = addBlock(graph, { sum, branch: null }, 'block', placed, config);
  graph.output('hidden', hiddenShape(config), addStreamEnd(graph, stream));
  for (const tap of blockTaps) graph.output(tap, [1, 'tokens', 'channels'], taps[tap]);
  return OnnxSession.open(graph.encode());
}

function runBlock(session: OnnxSession, state: Float32Array, { config, signal }: Tower, outputs?: string[]) {
  throwIfCancelled(signal);
  return session.run({ input: { data: state, shape: hiddenShape(config) } }, outputs);
}

async function runAll(
  block: Block,
  precision: (linear: BlockLinear) => Precision,
  states: readonly Float32Array[],
  tower: Tower,
): Promise<Float32Array[]> {
  const session = await openBlock(block, precision, tower.config);
  try {
    const results: Float32Array[] = [];
    for (const state of states) {
      results.push((await runBlock(session, state, tower, ['hidden']))['hidden']!.data);
    }
    return results;
  } finally {
    await session.dispose();
  }
}

function hiddenShape(config: VisionConfig): [number, number, number] {
  return [1, hiddenTokens(config), config.hiddenSize];
}

/** The maxima of one run, and of those `before` it. */
function maximaOf(run: Readonly<Record<string, FloatTensor>>, before: BlockMaxima | undefined): BlockMaxima {
  const largest = (tap: BlockTap) => {
    const { data, shape } = run[tap]!;
    const maxima = columnMaxima(data, shape.at(-1)!);
    return before ? maxima.map((value, channel) => Math.max(value, before[tap][channel]!)) : maxima;
  };
  return {
    attentionInput: largest('attentionInput'),
    outInput: largest('outInput'),
    fc1Input: largest('fc1Input'),
    fc2Input: largest('fc2Input'),
  };
}

function meanRelativeError(
  exact: readonly Float32Array[],
  rough: readonly Float32Array[],
  width: number,
): number {
  let sum = 0;
  let tokens = 0;
  for (const [crop, state] of exact.entries()) {
    const other = rough[crop]!;
    for (let start = 0; start < state.length; start += width, tokens++) {
      let difference = 0;
      let size = 0;
      for (let at = start; at < start + width; at++) {
        difference += (state[at]! - other[at]!) ** 2;
        size += state[at]! ** 2;
      }
      sum += size > 0 ? difference / size : 0;
    }
  }
  return sum / tokens;
}

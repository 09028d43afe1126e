import { columnMaxima } from './quantize.ts';
import type { BlockTap } from './vision-graph.ts';
import type { Block } from './vision-weights.ts';
import type { Linear, Norm } from './weight-reader.ts';

/**
 * Smoothing (SmoothQuant, arXiv 2211.10438): outlier channels of an activation are divided by a scale that the weights
 * reading them are multiplied by. The map stays the same; one 8-bit scale then serves all channels of the activation.
 */

/** The largest magnitude seen in every channel of the inputs of a block's linear maps. */
export type BlockMaxima = Readonly<Record<BlockTap, Float32Array>>;

/** How much of the difficulty moves from activations to weights: 0.5 balances them, as in the paper. */
const migration = 0.5;

/** The same block, easier to quantise. Scales fold into LayerNorms and v; those of fc2 become `fc2Gain`. */
export function smoothBlock(block: Block, maxima: BlockMaxima): Block {
  const attention = smoothingScales(maxima.attentionInput, [block.q, block.k, block.v]);
  const out = smoothingScales(maxima.outInput, [block.out]);
  const fc1 = smoothingScales(maxima.fc1Input, [block.fc1]);
  const fc2 = smoothingScales(maxima.fc2Input, [block.fc2]);
  return {
    norm1: divideNorm(block.norm1, attention),
    q: multiplyInputs(block.q, attention),
    k: multiplyInputs(block.k, attention),
    // Attention mixes tokens, never channels, so a scale of its output can be taken from v.
    v: divideOutputs(multiplyInputs(block.v, attention), out),
    out: multiplyInputs(block.out, out),
    norm2: divideNorm(block.norm2, fc1),
    fc1: multiplyInputs(block.fc1, fc1),
    fc2: multiplyInputs(block.fc2, fc2),
    fc2Gain: fc2.map((scale) => 1 / scale),
  };
}

/** One scale per input channel: activation^migration / weight^(1 - migration); 1 where either is zero throughout. */
function smoothingScales(activation: Float32Array, readers: readonly Linear[]): Float32Array {
  const weight = rowMaxima(readers);
  return activation.map((largest, channel) => {
    const scale = largest ** migration / weight[channel]! ** (1 - migration);
    return Number.isFinite(scale) && scale > 0 ? scale : 1;
  });
}

function rowMaxima(linears: readonly Linear[]): Float32Array {
  const maxima = new Float32Array(linears[0]!.inputs);
  for (const { weight, inputs, outputs } of linears) {
    for (let row = 0; row < inputs; row++) {
      const values = weight.subarray(row * outputs, (row + 1) * outputs);
      maxima[row] = Math.max(maxima[row]!, columnMaxima(values, 1)[0]!);
    }
  }
  return maxima;
}

function divideNorm({ gain, offset }: Norm, scales: Float32Array): Norm {
  const divide = (value: number, channel: number) => value / scales[channel]!;
  return { gain: gain.map(divide), offset: offset.map(divide) };
}

function multiplyInputs(linear: Linear, scales: Float32Array): Linear {
  return { ...linear, weight: mapWeight(linear, (value, input) => value * scales[input]!) };
}

function divideOutputs(linear: Linear, scales: Float32Array): Linear {
  return {
    ...linear,
    weight: mapWeight(linear, (value, _input, output) => value / scales[output]!),
    bias: linear.bias.map((value, output) => value / scales[output]!),
  };
}

function mapWeight(
  { weight, inputs, outputs }: Linear,
  change: (value: number, input: number, output: number) => number,
): Float32Array {
  const changed = new Float32Array(weight.length);
  for (let input = 0, at = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output++, at++) {
      changed[at] = change(weight[at]!, input, output);
    }
  }
  return changed;
}

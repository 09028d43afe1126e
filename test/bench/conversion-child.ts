/** Converts a checkpoint and reports how long it took and the most memory this process ever held. */
import { convertCheckpoint } from '../../native-models/convert/convert.ts';
import { peakResidentBytes } from '../support/peak-memory.ts';

export interface ConversionResult {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly cosineMean: number;
}

const [checkpoint, clip, out] = process.argv.slice(2);
const begun = performance.now();
const { manifest } = await convertCheckpoint({
  checkpoint: checkpoint!,
  clip: clip!,
  out: out!,
  vision: 'int8',
  llm: 'q8_0',
});
const result: ConversionResult = {
  seconds: (performance.now() - begun) / 1000,
  peakBytes: peakResidentBytes(),
  cosineMean: manifest.vision.cosine.mean,
};
process.send!(result, () => process.exit(0));

/**
 * Runs one conversion in a process of its own, so that a test can kill it or measure it. The options come as JSON in the
 * first argument; every report of progress is a line on stdout, and the last line is the peak memory in bytes.
 */
import { writeSync } from 'node:fs';

import { convertCheckpoint, type ConvertOptions } from '../../native-models/convert/convert.ts';
import { peakResidentBytes } from '../support/peak-memory.ts';

const options = JSON.parse(process.argv[2]!) as ConvertOptions;
await convertCheckpoint({
  ...options,
  onProgress: ({ phase, fraction }) => writeSync(1, `${phase} ${fraction}\n`),
});
writeSync(1, `peak ${peakResidentBytes()}\n`);

import { quoted } from '../files/invalid.ts';
import type { GgufHeader } from '../formats/gguf/read-gguf.ts';
import { whyUnsupported } from '../package/unsupported-languages.ts';
import { readIdefics3Mmproj } from './idefics3/mmproj.ts';
import { readInternVlMmproj } from './internvl/mmproj.ts';
import { MmprojFile, type Mmproj } from './mmproj-file.ts';
import { isNextMmproj, readNextMmproj } from './next/mmproj.ts';
import { readSingleMmproj } from './single/mmproj.ts';

export type { Mmproj } from './mmproj-file.ts';

/** Who reads a type of projector (`clip-impl.h` of llama.cpp). */
const readers: ReadonlyMap<string, (file: MmprojFile) => Mmproj> = new Map([
  ['mlp', (file) => (isNextMmproj(file) ? readNextMmproj(file) : readSingleMmproj(file))],
  ['idefics3', readIdefics3Mmproj],
  ['internvl', readInternVlMmproj],
]);

/**
 * Reads what an mmproj file says of itself. Throws `checkpoint-invalid` naming `file` for anything but one tower and a
 * projector of a known type: other models would be computed wrongly, not just less well.
 */
export function readMmproj(header: GgufHeader, file: string): Mmproj {
  const mmproj = new MmprojFile(header, file);
  const { facts, projectorType } = mmproj;
  const architecture = facts.text('general.architecture');
  if (architecture !== 'clip') {
    throw facts.fault(
      `general.architecture is ${quoted(architecture)}, not clip: this is not the mmproj half of a pair`,
      'not-vision-half',
    );
  }
  if (facts.optionalBool('clip.has_vision_encoder') === false) throw facts.fault('holds no vision tower');
  if (facts.optionalBool('clip.has_audio_encoder')) throw facts.fault('holds an audio encoder too');
  const read = readers.get(projectorType);
  if (read) return read(mmproj);
  const reason = whyUnsupported(projectorType);
  const known = [...readers.keys()].join(', ');
  throw reason === null
    ? facts.fault(
        `has a projector of the type ${quoted(projectorType)}; known are ${known}`,
        'unsupported-model',
      )
    : facts.fault(
        `has a projector of the type ${quoted(projectorType)}: its language model has ${reason}`,
        'unsupported-model',
      );
}

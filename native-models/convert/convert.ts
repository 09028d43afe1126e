import { resolve } from 'node:path';

import { throwIfCancelled, toAppError } from '../../preload/contract/errors.ts';
import { atPath } from '../files/at-path.ts';
import { openSource } from './checkpoint/open-source.ts';
import { requireFreeSpace } from '../files/disk-space.ts';
import { prepareTarget } from './place-package.ts';
import {
  carryOut,
  makeEnhance,
  makeLanguage,
  makeVision,
  planConversion,
  type ConversionOptions,
  type ConvertedPackage,
} from './stages.ts';

export type { ConvertedPackage } from './stages.ts';

export interface ConvertOptions extends ConversionOptions {
  /** Folder of a checkpoint in the published layout. */
  readonly checkpoint: string;
  /** Folder of the vision tower's configuration, and of its weights where the checkpoint has none. */
  readonly clip?: string | undefined;
}

/**
 * Turns a checkpoint into a model package, tensor by tensor. The package grows in `OUT.partial` and appears at `out` whole
 * or not at all. Cancelled, failed or killed, the same call goes on where it stopped (a GGUF file at the last tensor on the
 * disk) and gives the same bytes; a source that turns out to be invalid leaves nothing.
 * Throws `checkpoint-invalid`, `wrong-usage`, `package-exists`, `disk-full`, `cancelled`, and what the file system throws.
 */
export async function convertCheckpoint(options: ConvertOptions): Promise<ConvertedPackage> {
  const out = resolve(options.out);
  try {
    await prepareTarget(out, options.force ?? false);
    throwIfCancelled(options.signal);
    const checkpoint = await openSource(options.checkpoint, { clip: options.clip });
    try {
      const plan = await planConversion(checkpoint, out, options);
      await requireFreeSpace(plan.partial, plan.work.diskBytes);
      return await carryOut(plan, out, async (conversion) => {
        await makeVision(conversion);
        await makeEnhance(conversion);
        await makeLanguage(conversion, async (file) => file?.write(plan.language.layout.tensors));
      });
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    throw toAppError(atPath(error, out));
  }
}

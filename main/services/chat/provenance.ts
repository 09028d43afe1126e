import type { Answer } from '../../../native-models/engine/inference-protocol.ts';
import type { Provenance, Settings } from '../../../preload/contract/api.ts';
import type { Model } from '../engine.ts';
import { passesOf } from '../preparation/view.ts';

/** What an answer was made from, so that it can be made again. */
export function provenanceOf(
  answer: Answer,
  { package: { card, manifest, sha256 }, loaded }: Model,
  { sampling, systemPrompt }: Settings,
  photoSha256: string,
): Provenance {
  return {
    photoSha256,
    packageName: card.name,
    packageSha256: sha256,
    n: manifest.crops.n,
    cropsEncoded: photoSha256 === '' ? 0 : passesOf(manifest),
    sampling: { ...sampling, seed: answer.seed },
    systemPrompt: systemPrompt ?? manifest.chat.defaultSystem,
    tokens: answer.tokens,
    milliseconds: answer.milliseconds,
    device: loaded.device,
    finish: answer.finish,
  };
}

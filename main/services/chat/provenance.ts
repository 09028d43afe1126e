import type { Answer } from '../../../native-models/engine/inference-protocol.ts';
import type { Provenance, Settings } from '../../../preload/contract/api.ts';
import type { Model } from '../engine.ts';
import { cropsASide } from '../preparation/view.ts';

/** What an answer was made from, so that it can be made again. */
export function provenanceOf(
  answer: Answer,
  { package: { card, manifest, sha256 }, loaded }: Model,
  { sampling, systemPrompt, detail }: Settings,
  photo: { readonly sha256: string; readonly views: number },
): Provenance {
  return {
    photoSha256: photo.sha256,
    packageName: card.name,
    packageSha256: sha256,
    n: cropsASide(manifest),
    cropsEncoded: photo.views,
    mostTiles: detail[card.id],
    sampling: { ...sampling, seed: answer.seed },
    systemPrompt: systemPrompt ?? manifest.chat.defaultSystem,
    tokens: answer.tokens,
    milliseconds: answer.milliseconds,
    device: loaded.device,
    finish: answer.finish,
  };
}

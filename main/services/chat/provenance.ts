import type { AnswerFacts } from '../../../native-models/engine/inference-protocol.ts';
import type { Provenance, Rect, Settings } from '../../../preload/contract/api.ts';
import type { Model } from '../engine.ts';
import { cropsASide } from '../preparation/view.ts';

/** What an answer was made from, so that it can be made again. */
export function provenanceOf(
  answer: AnswerFacts,
  { package: { card, manifest, sha256 }, loaded }: Model,
  { sampling, systemPrompt, detail }: Settings,
  seen: Pick<Provenance, 'photos'> & { readonly regions: readonly (Rect | null)[]; readonly views: number },
): Provenance {
  return {
    photos: seen.photos,
    regions: seen.regions.some((region) => region !== null) ? seen.regions : undefined,
    packageName: card.name,
    packageSha256: sha256,
    n: cropsASide(manifest),
    cropsEncoded: seen.views,
    mostTiles: detail[card.id],
    sampling: { ...sampling, seed: answer.seed },
    systemPrompt: systemPrompt ?? manifest.chat.defaultSystem,
    tokens: answer.tokens,
    milliseconds: answer.milliseconds,
    othersShare: answer.othersShare ?? undefined,
    device: loaded.device,
    finish: answer.finish,
  };
}

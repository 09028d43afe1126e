import { manifestVersion, type Manifest } from '../package/manifest.ts';
import type { SourceCheckpoint } from './checkpoint/open-checkpoint.ts';
import type { Tokenizer } from './language/tokenizer.ts';
import { gridSide } from '../families/tower.ts';

export interface ManifestParts {
  readonly name: string;
  readonly repository: Manifest['source']['repository'];
  readonly files: Manifest['files'];
  readonly vision: Pick<Manifest['vision'], 'precision' | 'cosine'>;
  readonly languagePrecision: string;
}

/** The manifest of a package made from this checkpoint. */
export function buildManifest(
  { config, facts, graphs, provenance }: Pick<SourceCheckpoint, 'config' | 'facts' | 'graphs' | 'provenance'>,
  tokenizer: Tokenizer,
  parts: ManifestParts,
): Manifest {
  const { vision, language } = config;
  const { views, normalisation } = graphs.seeing;
  const { checkpoint, tower, licence, languages } = provenance;
  return {
    schema: manifestVersion,
    name: parts.name,
    source: { checkpoint, tower, licence, languages, repository: parts.repository },
    files: parts.files,
    normalisation,
    views,
    vision: {
      patch: vision.patchSize,
      tokens: gridSide(vision) ** 2,
      width: vision.hiddenSize,
      layersRun: vision.layersRun,
      heads: vision.heads,
      ...parts.vision,
    },
    language: {
      width: language.hiddenSize,
      layers: language.layers,
      heads: language.heads,
      keyValueHeads: language.keyValueHeads,
      vocabulary: language.vocabularySize,
      contextTrained: facts.contextTrained,
      contextLimit: language.contextLength,
      precision: parts.languagePrecision,
      addsBos: tokenizer.addsBos,
      stopIds: [...tokenizer.stopIds],
    },
    chat: tokenizer.chat,
  };
}

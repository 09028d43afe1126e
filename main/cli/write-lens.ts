import { calibrateLens } from '../../native-models/engine/calibrate-lens.ts';
import { calibrationMilliseconds } from '../../native-models/engine/inference-protocol.ts';
import { lookAt, mapsInViews } from '../../native-models/engine/lens.ts';
import { replaceFile } from '../../native-models/files/replace-file.ts';
import type { Region } from '../../native-models/image/geometry.ts';
import type { ChatSession } from '../../native-models/language/chat.ts';
import { type WrittenAnswer } from '../../native-models/language/chat.ts';
import type { ImageEmbeddings } from '../../native-models/language/prompt.ts';
import type { EncodedImage } from '../../native-models/vision/encode-image.ts';
import { bundledLens } from '../services/chat/bundled-lens.ts';
import { everyHead, lookInViewsOf, lookOf } from '../services/chat/look-of.ts';
import { toLookFile } from '../services/export/look-file.ts';
import type { OpenModel } from './model-options.ts';
import type { Terminal } from './terminal.ts';

export interface LensAnswer {
  readonly question: string;
  readonly answer: WrittenAnswer;
  readonly image: EncodedImage;
  readonly embeddings: ImageEmbeddings;
  readonly region: Region | undefined;
}

/** Writes where the model looked when it answered the first question of `conversation`: docs/lens-file.md. */
export async function writeLens(
  path: string,
  { package: { directory, manifest, contentSha256 }, encoder }: OpenModel,
  conversation: ChatSession,
  { question, answer, image, embeddings, region }: LensAnswer,
  { signal, progress }: Terminal,
): Promise<void> {
  const { layers, heads: headsALayer } = manifest.language;
  const empty = () => conversation.upTo(0);
  const lens =
    (await bundledLens({ folder: directory, sha256: contentSha256 })) ??
    (await calibrateLens(
      { encoder, conversation: empty, layers, heads: headsALayer },
      { milliseconds: calibrationMilliseconds, signal },
    ));
  const heads = lens?.heads ?? everyHead(manifest.language);
  const asked = { text: question, pictures: [embeddings] };
  const facts = await lookAt(
    empty(),
    { question: asked, seen: [embeddings], answer: answer.ids, heads },
    { signal, onProgress: (done, total) => progress('look where it looked', done / total) },
  );
  const photoId = image.photo.sha256;
  const pictures = [{ photoId, region: region ?? null, plan: image.plan }];
  const look = lookOf(
    { messageId: '', package: { ...manifest, sha256: contentSha256 }, pictures, heads, lens },
    facts,
  );
  const { plan } = image;
  const attention = await encoder.demAttention(image, signal);
  const deeper = attention && mapsInViews(facts.maps, attention, plan.grid.columns * plan.grid.rows);
  const inViews = deeper && lookInViewsOf(look, plan, deeper);
  const file = toLookFile(look, inViews, { question, answer: answer.text }, () => image.photo);
  await replaceFile(path, `${JSON.stringify(file)}\n`);
}

/** The inference process, held up after any piece of an answer or pass of the encoder while the test wants that. */
import { waitWhileHeld } from './hold.ts';

const send = process.send!.bind(process) as (...message: unknown[]) => boolean;

process.send = (...message: unknown[]) => {
  const isSent = send(...message);
  const { progress } = message[0] as { progress?: { stage?: string } };
  if (progress?.stage === 'text' || progress?.stage === 'crop') waitWhileHeld(progress.stage);
  return isSent;
};

await import('../../native-models/engine/inference-worker.ts');

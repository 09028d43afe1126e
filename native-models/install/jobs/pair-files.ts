import { AppError } from '../../../preload/contract/errors.ts';
import type { HubPairSource } from '../catalogue/entry.ts';
import type { HubFile } from '../hub/listing.ts';

/** The files of a repository that are one model. */
export interface PairFiles {
  readonly mmproj: HubFile;
  readonly language: HubFile;
}

/** Of a model that `gguf-split` has cut: `NAME-00001-of-00003.gguf`. */
const partName = /-\d{5}-of-\d{5}(?=\.gguf$)/i;

/**
 * The two files that an entry means, among those of its repository. Throws `checkpoint-invalid` when there is none of a kind
 * or several fit alike: which one is meant is never guessed.
 */
export function pairFiles(files: readonly HubFile[], { repo, mmproj, language }: HubPairSource): PairFiles {
  const isVision = ({ name }: HubFile) => /mmproj/i.test(name);
  return {
    mmproj: theFile(files.filter(isVision), mmproj, repo),
    language: theFile(
      files.filter((file) => !isVision(file)),
      language,
      repo,
    ),
  };
}

function theFile(files: readonly HubFile[], patterns: readonly string[], repo: string): HubFile {
  for (const pattern of patterns) {
    const [first, ...others] = files.filter(({ name }) => fits(name, pattern));
    if (!first) continue;
    if (others.length === 0) return first;
    throw fault(repo, `has several files that are ${pattern}: ${first.name}, ${others[0]!.name}`);
  }
  const wanted = patterns.join(' or ');
  const isSplit = files.some(({ name }) => patterns.some((one) => fits(name.replace(partName, ''), one)));
  throw fault(repo, isSplit ? `has ${wanted} in parts only` : `has no ${wanted}`);
}

/** One `*` stands for any characters. */
function fits(name: string, pattern: string): boolean {
  const [start = '', end] = pattern.toLowerCase().split('*');
  const lower = name.toLowerCase();
  if (end === undefined) return lower === start;
  return lower.length >= start.length + end.length && lower.startsWith(start) && lower.endsWith(end);
}

function fault(repo: string, what: string): AppError {
  return new AppError('checkpoint-invalid', `${repo}: ${what}.`, { file: repo, fault: what });
}

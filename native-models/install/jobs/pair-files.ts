import { AppError } from '../../../preload/contract/errors.ts';
import type { HubPairSource } from '../catalogue/entry.ts';
import type { HubFile } from '../hub/listing.ts';

/** The files of a repository that are one model. */
export interface PairFiles {
  readonly mmproj: HubFile;
  /** All parts in their order where `gguf-split` has cut it; one file otherwise. */
  readonly language: readonly HubFile[];
}

/** Of a model that `gguf-split` has cut: `NAME-00001-of-00003.gguf`. */
const partName = /-(\d{5})-of-(\d{5})(?=\.gguf$)/i;

/**
 * The two halves that an entry means, among those of its repository. Throws `checkpoint-invalid` when there is none of a kind,
 * several fit alike, or a part is missing: which one is meant is never guessed.
 */
export function pairFiles(files: readonly HubFile[], { repo, mmproj, language }: HubPairSource): PairFiles {
  const isVision = ({ name }: HubFile) => /mmproj/i.test(name);
  return {
    mmproj: theModel(
      files.filter((file) => isVision(file) && !partName.test(file.name)),
      mmproj,
      repo,
    )[0]!,
    language: theModel(
      files.filter((file) => !isVision(file)),
      language,
      repo,
    ),
  };
}

function theModel(files: readonly HubFile[], patterns: readonly string[], repo: string): readonly HubFile[] {
  const models = Map.groupBy(files, ({ name }) => name.replace(partName, ''));
  for (const pattern of patterns) {
    const [first, ...others] = [...models].filter(([name]) => fits(name, pattern));
    if (!first) continue;
    const [name, parts] = first;
    if (others.length > 0)
      throw fault(repo, `has several files that are ${pattern}: ${name}, ${others[0]![0]}`);
    return partsOf(parts, name, repo);
  }
  throw fault(repo, `has no ${patterns.join(' or ')}`);
}

/** The files of one model, at least one, checked to be one whole file, or all parts of one cut. */
function partsOf(files: readonly HubFile[], name: string, repo: string): readonly HubFile[] {
  const whole = files.find((file) => file.name === name);
  if (whole) return [whole];
  const counts = new Set(files.map((file) => partName.exec(file.name)![2]!));
  const [count] = counts;
  if (counts.size > 1)
    throw fault(repo, `has ${name} in parts of several cuts (of ${[...counts].join(', ')})`);
  if (Number(count) < 1) throw fault(repo, `has ${name} as a cut into no parts`);
  return Array.from({ length: Number(count) }, (_, at) => {
    const number = String(at + 1).padStart(5, '0');
    const part = files.find((file) => partName.exec(file.name)![1] === number);
    if (!part) throw fault(repo, `lacks part ${at + 1} of ${Number(count)} of ${name}`);
    return part;
  });
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

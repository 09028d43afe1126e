/** What the families of tile models add to the formats that come from strangers. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { languageTensors } from '../../native-models/convert/checkpoint/expected-tensors.ts';
import { readLanguageConfig } from '../../native-models/convert/checkpoint/language-config.ts';
import { readTokenizer } from '../../native-models/convert/language/tokenizer.ts';
import { familyGolden, languageOf, picturesInChat, type FamilyCase } from '../support/family-golden.ts';
import { languageTarget } from './gguf-target.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import type { Target } from './target.ts';

export async function familyTargets(folder: string): Promise<Target[]> {
  const language = (name: string, from: FamilyCase) =>
    languageTarget(folder, name, join(familyGolden(from).folder, 'pair', 'language.gguf'), 3);
  return [
    await language('language-smollm', 'smolvlm-a'),
    await language('language-qwen2', 'internvl-a'),
    await language('language-qwen3', 'internvl-b'),
    await language('language-phi3', 'internvl-c'),
    ...['tokenizer.json', 'tokenizer_config.json', 'chat_template.json'].map((file) =>
      tokenizerTarget(folder, 'smolvlm-b', 'checkpoint', file),
    ),
    ...['vocab.json', 'merges.txt', 'added_tokens.json', 'tokenizer_config.json'].map((file) =>
      tokenizerTarget(folder, 'internvl-b', 'checkpoint-own', file),
    ),
    tokenizerTarget(folder, 'next-b', 'checkpoint', 'tokenizer.json'),
    ...['tokenizer.model', 'added_tokens.json', 'tokenizer_config.json'].map((file) =>
      tokenizerTarget(folder, 'internvl-c', 'checkpoint-own', file),
    ),
    configTarget(folder, 'internvl-c', 'checkpoint-own'),
    configTarget(folder, 'next-b', 'checkpoint'),
    configTarget(folder, 'internvl-a', 'checkpoint-own'),
    configTarget(folder, 'smolvlm-b', 'checkpoint'),
  ];
}

/** One of the files that a tokenizer is read from. */
function tokenizerTarget(folder: string, name: FamilyCase, part: string, file: string): Target {
  const golden = familyGolden(name);
  const source = join(golden.folder, part);
  const at = join(folder, `tokenizer-${name}-${file}`);
  cpSync(source, at, { recursive: true });
  // Read last of all templates, and named by none of the others then.
  if (file === 'tokenizer_config.json') rmSync(join(at, 'chat_template.json'), { force: true });
  const { language, ...facts } = readLanguageConfig(...argumentsOf(source));
  const valid = readFileSync(join(source, file));
  return {
    ...{ name: `tokenizer-${name}-${file}`, weight: 1, path: join(at, file), valid },
    // Without the name of its class, a tokenizer wants a tokenizer.json.
    codes: ['checkpoint-invalid', 'file-missing'],
    mutant: (chance) => (file.endsWith('.json') ? mutateJson(valid, chance) : mutateBytes(valid, chance)),
    check: () => readTokenizer(at, language.vocabularySize, facts, picturesInChat[golden.expected.kind]),
  };
}

const argumentsOf = (folder: string) => {
  const { config, prefixes } = languageOf(folder);
  return [config, prefixes] as const;
};

/** The configuration of a language model inside another. */
function configTarget(folder: string, name: FamilyCase, part: string): Target {
  const [config, prefixes] = argumentsOf(join(familyGolden(name).folder, part));
  const valid = Buffer.from(JSON.stringify(config));
  return {
    ...{ name: `text-config-${name}`, weight: 1, path: join(folder, `text-config-${name}.json`), valid },
    codes: ['checkpoint-invalid'],
    mutant: (chance) => mutateJson(valid, chance),
    async check(bytes) {
      const { language } = readLanguageConfig(parsed(bytes), prefixes);
      // What a hostile number of layers costs before a tensor is missed.
      languageTensors(language);
    },
  };
}

/** What is no JSON at all is `readStrictJson`'s business. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readLanguageChat } from '../../native-models/convert/language/language-chat.ts';
import { GgufFacts } from '../../native-models/formats/gguf/gguf-facts.ts';
import { readGguf } from '../../native-models/formats/gguf/read-gguf.ts';
import { checkLanguageFile } from '../../native-models/package/check-language.ts';
import { mutateBytes, mutateGguf } from './mutate.ts';
import type { Target } from './target.ts';

/** A GGUF file whose header is changed: its bytes, or what it says in a well-formed way. */
export async function ggufTarget(
  folder: string,
  name: string,
  source: string,
  weight: number,
  rest: (path: string) => Pick<Target, 'check' | 'native'>,
): Promise<Target> {
  const valid = readFileSync(source);
  const header = await readGguf(source);
  const headLength = header.tensors[0]!.offset;
  const path = join(folder, `${name}.gguf`);
  return {
    ...{ name, weight, path, valid, codes: ['checkpoint-invalid'] },
    mutant: (chance) =>
      chance.is(0.5) ? mutateBytes(valid, chance, headLength) : mutateGguf(valid, header, chance),
    ...rest(path),
  };
}

/** A language file, which llama.cpp opens when it is accepted. */
export function languageTarget(folder: string, name: string, source: string, weight = 4): Promise<Target> {
  return ggufTarget(folder, name, source, weight, (path) => ({
    native: 'llama',
    async check() {
      const header = await readGguf(path, 'checkpoint-invalid');
      checkLanguageFile(header, 'language.gguf', 'checkpoint-invalid');
      readLanguageChat(new GgufFacts(header, 'language.gguf', 'checkpoint-invalid'));
    },
  }));
}

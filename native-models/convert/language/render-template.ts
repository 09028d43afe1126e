import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { runInNewContext } from 'node:vm';

/** The longest published chat templates, tools and all, have 20,000 characters. */
const maxTemplateLength = 2 ** 16;
/**
 * A template renders in a millisecond of the processor; this is time on the wall, which other programs take their share of.
 * A template that is still at it was written to hang its reader.
 */
const maxMilliseconds = 10_000;
/** Of one `range`: more than any template asks for, too little to fill memory. */
const maxRange = 1000;

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string | readonly { readonly type: 'text'; readonly text: string }[];
}

/** Writes a conversation as a chat template does. Throws what is wrong with the template, at the latest after seconds. */
export type RenderChat = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** @param template Jinja, out of an untrusted file */
export function chatRenderer(
  template: string,
  tokens: { readonly bos: string; readonly eos: string },
): RenderChat {
  if (template.length > maxTemplateLength) throw new Error(`it has ${template.length} characters`);
  // Blocks are trimmed as Hugging Face's tokenizers, for which templates are written, have it.
  const program = withinTime(() => parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true })));
  return (messages, addGenerationPrompt) => {
    const environment = new Environment();
    const names = { messages, add_generation_prompt: addGenerationPrompt, ...globals };
    const special = { bos_token: tokens.bos, eos_token: tokens.eos };
    for (const [name, value] of Object.entries({ ...names, ...special })) environment.set(name, value);
    return withinTime(() => String(new Interpreter(environment).run(program).value));
  };
}

/** What a template may use besides the conversation: the library's own globals, but with a `range` that ends soon. */
const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (reason: string): never => {
    throw new Error(reason);
  },
  range: boundedRange,
};

/** Ends `work` from outside when it takes too long: only a script can be given a time, so a script calls it. */
function withinTime<T>(work: () => T): T {
  return runInNewContext('work()', { work }, { timeout: maxMilliseconds }) as T;
}

function boundedRange(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.ceil((to - from) / step);
  if (!(length <= maxRange)) throw new Error(`it counts to ${length}`);
  return Array.from({ length: Math.max(0, length) }, (_, i) => from + i * step);
}

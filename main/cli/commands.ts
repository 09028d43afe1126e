import type { Command } from 'commander';

/**
 * A command as `--help` lists it. The rest is in a file of its own, which is loaded when the command is asked for, and what
 * does the work when there is work: help and wrong usage are told without it.
 */
export interface CommandEntry {
  /** Its name, and what it takes. */
  readonly term: string;
  readonly description: string;
  load(): Promise<Command>;
}

export const commands: Readonly<Record<string, CommandEntry>> = {
  ask: {
    term: 'ask [options] <photo> <question...>',
    description: 'Ask about a photo. Several questions make a conversation about it.',
    load: async () => (await import('./ask.ts')).askCommand(),
  },
  convert: {
    term: 'convert [options] <checkpoint>',
    description: 'Turn a checkpoint in the published layout into a model package.',
    load: async () => (await import('./convert.ts')).convertCommand(),
  },
  import: {
    term: 'import [options]',
    description:
      'Make a model package of a vision model in two GGUF files, as llama.cpp uses them: LLaVA-1.5 and 1.6, SmolVLM, InternVL.',
    load: async () => (await import('./import.ts')).importCommand(),
  },
  crops: {
    term: 'crops [options] <photo>',
    description:
      'Write what a model sees of a photo as pictures: its local and global crops. Needs no model.',
    load: async () => (await import('./crops.ts')).cropsCommand(),
  },
  eval: {
    term: 'eval [options] <bench>',
    description:
      'Measure a package on a benchmark: a TSV file of VLMEvalKit (MMBench, ScienceQA, SEED, MME, POPE, TextVQA, DocVQA, InfoVQA, ChartQA, OCRBench, MM-Vet), or JSON lines {"photo", "question", "answers", "options", "category"} of your own.',
    load: async () => (await import('./eval.ts')).evalCommand(),
  },
  inspect: {
    term: 'inspect [options] <package>',
    description: 'Show what a model package holds, with the hash of every file checked.',
    load: async () => (await import('./inspect.ts')).inspectCommand(),
  },
  models: {
    term: 'models',
    description: 'Find, fetch, check and remove models.',
    load: async () => (await import('./models.ts')).modelsCommand(),
  },
  trace: {
    term: 'trace [options] <photo> <question>',
    description:
      'Write what every stage of one greedy answer computes, to compare with another implementation.',
    load: async () => (await import('./trace.ts')).traceCommand(),
  },
};

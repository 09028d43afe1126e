import { convLlama3 } from './chat-format.ts';
import type { ChatPieces } from './chat-template.ts';

/**
 * How models are spoken to whose files bring no chat template, told by the special tokens of their vocabulary; where two share
 * those, by the model's name.
 */
interface KnownChat {
  readonly tokens: readonly string[];
  readonly name?: RegExp;
  readonly chat: ChatPieces;
}

const knownChats: readonly KnownChat[] = [
  {
    tokens: ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    // The system prompt of convLlama3 is that of another family of models.
    chat: { ...convLlama3, defaultSystem: '' },
  },
  {
    // Idefics3 and SmolVLM, whose vocabulary has the tokens of the next as well.
    tokens: ['<|im_start|>', '<end_of_utterance>', '<fake_token_around_image>'],
    chat: {
      begin: '<|im_start|>',
      system: { before: 'System: ', after: '<end_of_utterance>\n' },
      systemPlace: 'own-turn',
      user: { before: 'User: ', after: '<end_of_utterance>\n' },
      assistant: { before: 'Assistant:', after: '<end_of_utterance>\n', leading: ' ' },
      defaultSystem: '',
    },
  },
  {
    tokens: ['<|im_start|>', '<|im_end|>'],
    chat: {
      begin: '',
      system: { before: '<|im_start|>system\n', after: '<|im_end|>\n' },
      systemPlace: 'own-turn',
      user: { before: '<|im_start|>user\n', after: '<|im_end|>\n' },
      assistant: { before: '<|im_start|>assistant\n', after: '<|im_end|>\n' },
      defaultSystem: '',
    },
  },
  {
    tokens: ['<|user|>', '<|assistant|>', '<|end|>'],
    chat: {
      begin: '',
      system: { before: '', after: '\n\n' },
      systemPlace: 'first-question',
      user: { before: '<|user|>\n', after: '<|end|>\n' },
      assistant: { before: '<|assistant|>\n', after: '<|end|>\n' },
      defaultSystem: '',
    },
  },
  {
    // `mistral_instruct` of LLaVA's `conversation.py`: the vocabulary of the next, and no tokens of its own.
    tokens: ['</s>', '▁US', 'ER'],
    name: /mistral/i,
    chat: {
      begin: '',
      system: { before: '', after: '\n\n' },
      systemPlace: 'first-question',
      user: { before: '[INST] ', after: ' [/INST]' },
      assistant: { before: '', after: '</s>' },
      defaultSystem: '',
    },
  },
  {
    // `conv_vicuna_v1` of LLaVA's `conversation.py`: no special tokens but the end of an answer.
    tokens: ['</s>', '▁US', 'ER'],
    chat: {
      begin: '',
      system: { before: '', after: ' ' },
      systemPlace: 'own-turn',
      user: { before: 'USER: ', after: ' ' },
      assistant: { before: 'ASSISTANT:', after: '</s>' },
      defaultSystem:
        "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human's questions.",
    },
  },
];

/** The format of a vocabulary, or null when none of the known ones has its tokens. `name`: of the model or its file. */
export function knownChat(tokens: Pick<ReadonlySet<string>, 'has'>, name = ''): ChatPieces | null {
  const isOf = (known: KnownChat) =>
    known.tokens.every((token) => tokens.has(token)) && (known.name?.test(name) ?? true);
  return knownChats.find(isOf)?.chat ?? null;
}

import type { Manifest } from '../../package/manifest.ts';

/**
 * `conv_llama3` of the authors' `conversation.py` as data: the text around every turn (docs/inference.md, Prompt). The turns
 * follow each other with no separator but the end-of-turn token.
 */
export const convLlama3: Manifest['chat'] = {
  begin: '<|begin_of_text|>',
  system: { before: '<|start_header_id|>system<|end_header_id|>\n\n', after: '<|eot_id|>' },
  systemPlace: 'own-turn',
  user: { before: '<|start_header_id|>user<|end_header_id|>\n\n', after: '<|eot_id|>' },
  assistant: { before: '<|start_header_id|>assistant<|end_header_id|>\n\n', after: '<|eot_id|>' },
  afterImage: '\n',
  defaultSystem:
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.",
};

/** The special tokens the format is written with; a tokenizer without them cannot speak it. */
export const convLlama3Tokens = [
  '<|begin_of_text|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
];

/** The same format as a Jinja template, for llama.cpp's own tools, where the checkpoint brings none. */
export const llama3Template =
  "{% for message in messages %}{% if loop.first %}{{ bos_token }}{% endif %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

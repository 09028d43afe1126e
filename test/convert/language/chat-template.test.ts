import { describe, expect, test } from 'vitest';

import { chatFromTemplate, TemplateFault } from '../../../native-models/convert/language/chat-template.ts';

const tokens = { bos: '<s>', eos: '</s>' };
const cut = (template: string) => chatFromTemplate(template, tokens);

/** Chat templates as their models' repositories publish them. */
const templates = {
  llama3:
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  phi3: "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') %}{{'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>' + '\n'}}{% elif (message['role'] == 'assistant') %}{{message['content'] + '<|end|>' + '\n'}}{% endif %}{% endfor %}",
  phi35:
    "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
  qwen2:
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  mistral:
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}",
  llama2:
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
  vicuna:
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = 'A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user\\'s questions.' %}{% endif %}{% for message in loop_messages %}{% if loop.index0 == 0 %}{{ system_message }}{% endif %}{% if message['role'] == 'user' %}{{ ' USER: ' + message['content'].strip() }}{% elif message['role'] == 'assistant' %}{{ ' ASSISTANT: ' + message['content'].strip() + eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}",
  smollm2:
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  smolvlm:
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
  internvl:
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' %}{{ '<IMG_CONTEXT>\n' }}{% elif content['type'] == 'video' %}{{ '<video>\n' }}{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}{{'<|im_end|>\n'}}{% endfor %}{% if add_generation_prompt %}{{'<|im_start|>assistant\n' }}{% endif %}",
  llavaHf:
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}{# Render all images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}{# Render all text next #}{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}",
};

describe('a published template becomes the text around turns', () => {
  test('Llama 3: as the authors of INF-LLaVA write it', () => {
    expect(cut(templates.llama3)).toEqual({
      begin: '<s>',
      system: { before: '<|start_header_id|>system<|end_header_id|>\n\n', after: '<|eot_id|>' },
      systemPlace: 'own-turn',
      user: { before: '<|start_header_id|>user<|end_header_id|>\n\n', after: '<|eot_id|>' },
      assistant: { before: '<|start_header_id|>assistant<|end_header_id|>\n\n', after: '<|eot_id|>' },
      defaultSystem: '',
    });
  });

  test('ChatML, with a system prompt of its own', () => {
    expect(cut(templates.qwen2)).toEqual({
      begin: '',
      system: { before: '<|im_start|>system\n', after: '<|im_end|>\n' },
      systemPlace: 'own-turn',
      user: { before: '<|im_start|>user\n', after: '<|im_end|>\n' },
      assistant: { before: '<|im_start|>assistant\n', after: '<|im_end|>\n' },
      defaultSystem: 'You are a helpful assistant.',
    });
  });

  test('SmolVLM: a finished answer begins with the space that the model is to write', () => {
    expect(cut(templates.smolvlm)).toEqual({
      begin: '<|im_start|>',
      system: { before: 'System: ', after: '<end_of_utterance>\n' },
      systemPlace: 'own-turn',
      user: { before: 'User: ', after: '<end_of_utterance>\n' },
      assistant: { before: 'Assistant:', after: '<end_of_utterance>\n', leading: ' ' },
      defaultSystem: '',
    });
  });

  test('SmolLM2: a BOS with which every turn opens is written once where there is no system prompt', () => {
    const { begin, system, user, defaultSystem } = chatFromTemplate(templates.smollm2, {
      bos: '<|im_start|>',
      eos: '<|im_end|>',
    });
    expect(begin).toBe('');
    expect(system).toEqual({ before: '<|im_start|>system\n', after: '<|im_end|>\n' });
    expect(user.before).toBe('<|im_start|>user\n');
    expect(defaultSystem).toMatch(/^You are a helpful AI assistant named SmolLM/);
  });

  test('InternVL: ChatML that knows of pictures', () => {
    expect(cut(templates.internvl)).toMatchObject({
      begin: '',
      user: { before: '<|im_start|>user\n', after: '<|im_end|>\n' },
      assistant: { before: '<|im_start|>assistant\n', after: '<|im_end|>\n' },
      defaultSystem: '',
    });
  });

  test('Vicuna and LLaVA-1.5: plain words', () => {
    const vicuna = cut(templates.vicuna);
    expect(vicuna.user).toEqual({ before: ' USER: ', after: '' });
    expect(vicuna.assistant).toEqual({ before: ' ASSISTANT:', after: '</s>', leading: ' ' });
    expect(vicuna.defaultSystem).toMatch(/^A chat between a curious user .* questions\.$/);
    expect(cut(templates.llavaHf)).toMatchObject({
      user: { before: 'USER: ', after: ' ' },
      assistant: { before: 'ASSISTANT:' },
    });
  });

  test('Phi-3, whose older form knows no system prompt', () => {
    const old = cut(templates.phi3);
    expect(old.begin + old.user.before).toBe('<s><|user|>\n');
    expect(old.user.after + old.assistant.before).toBe('<|end|>\n<|assistant|>\n');
    expect(old.systemPlace).toBe('first-question');
    const newer = cut(templates.phi35);
    expect(newer.system).toEqual({ before: '<|system|>\n', after: '<|end|>\n' });
    expect(newer.assistant.after).toBe('<|end|>\n');
  });

  test('Mistral and Llama 2, with the system prompt inside the first question', () => {
    expect(cut(templates.mistral)).toEqual({
      begin: '<s>',
      system: { before: '', after: '\n\n' },
      systemPlace: 'first-question',
      user: { before: '[INST] ', after: ' [/INST]' },
      assistant: { before: '', after: '</s>' },
      defaultSystem: '',
    });
    expect(cut(templates.llama2)).toMatchObject({
      system: { before: '<<SYS>>\n', after: '\n<</SYS>>\n\n' },
      systemPlace: 'first-question',
      user: { before: '<s>[INST] ', after: ' [/INST]' },
    });
  });
});

describe('a template that does more than that is refused with the reason', () => {
  test.each<[string, string, string]>([
    ['broken', '{% for message in', 'cannot be rendered'],
    ['saying nothing', 'Hello.', 'changes or repeats what is said'],
    ['repeating', '{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}', 'changes or repeats'],
    ['without marks', '{% for m in messages %}{{ m.content }}{% endfor %}', 'marks no turns'],
    [
      'numbering turns',
      "{% for m in messages %}{{ '[' ~ loop.index ~ ']' ~ m.content }}{% endfor %}",
      'in different ways',
    ],
    [
      'changing after the second question',
      "{% for m in messages %}{{ (m.role if loop.index < 5 else 'late') ~ ': ' ~ m.content ~ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}",
      'later turns',
    ],
    ['counting without end', '{% for a in range(1000000000) %}{{ a }}{% endfor %}', 'counts to 1000000000'],
    ['longer than any', ' '.repeat(70_000), '70000 characters'],
  ])('%s', (_, template, reason) => {
    expect(() => cut(template)).toThrow(TemplateFault);
    expect(() => cut(template)).toThrow(reason);
  });

  test('one that never ends is ended', () => {
    const loop = (body: string) => `{% for a in range(1000) %}${body}{% endfor %}`;
    expect(() => cut(loop(loop(loop(loop('{{ a }}')))))).toThrow('timed out');
  });
});

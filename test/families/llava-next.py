"""
Makes test/golden/next-a and next-b: tiny random models of LLaVA-NeXT, with everything that Hugging Face's own classes compute
of them (transformers 5.23, torch, Pillow), as a checkpoint and as a pair of GGUF files.

    python -m venv venv && venv/bin/pip install torch torchvision transformers pillow safetensors
    venv/bin/python test/families/llava-next.py GGUF_PY      # gguf-py of llama.cpp's sources, as in node-llama-cpp's bundle

next-a: qwen2, byte-level BPE, ChatML, bf16, the names of newer checkpoints; a wide photo in 2 x 2 tiles.
next-b: mistral, SentencePiece's BPE with bytes, `[INST]`, f16, the names of the published checkpoints; a tall photo in 1 x 3 tiles.
"""

import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import gguf
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors, trainers
from transformers import CLIPVisionConfig, LlavaNextConfig, LlavaNextForConditionalGeneration, LlavaNextProcessor
from transformers import MistralConfig, PreTrainedTokenizerFast, Qwen2Config
from transformers.image_processing_backends import PilBackend
from transformers.image_utils import SizeDict
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
from transformers.models.llava_next.modeling_llava_next import get_anyres_image_grid_shape

golden = Path(__file__).parent.parent / 'golden'
TILE, PATCH, STEPS, GAP = 32, 8, 16, 0.05
PINPOINTS = [[TILE * h, TILE * w] for h, w in [[1, 2], [2, 1], [2, 2], [3, 1], [1, 3]]]
QUESTIONS = ['Is there any text in the image?', 'Where is the cat?']
CASES = {
    'next-a': dict(language='qwen2', photo=(150, 100), dtype=torch.bfloat16, seed=1),
    'next-b': dict(language='mistral', photo=(75, 170), dtype=torch.float16, seed=1),
}
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' %}{{ '<image>\n' }}{% else %}{{ content['text'] }}{% endif %}{% endfor %}"
    "{{'<|im_end|>\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
INST = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' }}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' %}{{ '<image>\n' }}{% else %}{{ content['text'] }}{% endif %}{% endfor %}"
    "{{ ' [/INST]' }}{% else %}{% for content in message['content'] %}{{ ' ' + content['text'] + eos_token }}{% endfor %}{% endif %}{% endfor %}"
)


def rows_first(self, image, size, resample=None, **_):
    """Pillow's resize with the horizontal pass first, which newer versions do not always take: two calls, exact for 8 bits."""
    height, width = (size.height, size.width) if size.height else (size.shortest_edge, size.shortest_edge)
    picture = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)).astype(np.uint8))
    picture = picture.resize((width, picture.height), Image.BICUBIC).resize((width, height), Image.BICUBIC)
    return np.asarray(picture).transpose(2, 0, 1)


PilBackend.resize = rows_first


def bytes_tokenizer() -> PreTrainedTokenizerFast:
    """That of the golden case internvl-a, with LLaVA's placeholder in place of InternVL's."""
    given = json.loads((golden / 'internvl-a/checkpoint-hf/tokenizer.json').read_text())
    for added in given['added_tokens']:
        if added['content'] == '<IMG_CONTEXT>':
            added['content'] = '<image>'
    tokenizer = Tokenizer.from_str(json.dumps(given))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token='<|im_end|>', pad_token='<|endoftext|>')


def pieces_tokenizer() -> PreTrainedTokenizerFast:
    """As published with Llama 2, Vicuna and Mistral: every text between special tokens opens with a space of its own."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token='<unk>'))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
    bytes_of = [f'<0x{value:02X}>' for value in range(256)]
    text = Path(__file__).read_text().split('"""')[1] + ' '.join(QUESTIONS) + ' USER: ASSISTANT: [INST] [/INST] '
    words = [line.replace(' ', '▁') for line in text.splitlines() for _ in range(3)]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=['<unk>', '<s>', '</s>'] + bytes_of)
    # Spaces become part of the pieces: no piece spans words.
    from tokenizers import pre_tokenizers

    tokenizer.pre_tokenizer = pre_tokenizers.Split('▁', 'merged_with_next')
    tokenizer.train_from_iterator(words, trainer)
    made = json.loads(tokenizer.to_str())
    made['pre_tokenizer'] = None
    made['added_tokens'] = [token for token in made['added_tokens'] if token['id'] < 3]
    made['post_processor'] = json.loads(
        Tokenizer.from_str(json.dumps(made)).to_str()
    )['post_processor']
    tokenizer = Tokenizer.from_str(json.dumps(made))
    tokenizer.add_special_tokens([AddedToken('<image>', special=True, normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A $B', special_tokens=[('<s>', 1)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token='<s>', eos_token='</s>', unk_token='<unk>', pad_token='<unk>'
    )


def make_model(case: dict, tokenizer: PreTrainedTokenizerFast, seed: int) -> LlavaNextForConditionalGeneration:
    torch.manual_seed(seed)
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4, image_size=TILE,
        patch_size=PATCH, projection_dim=32, vocab_size=64,
    )
    numbers = dict(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=4096, eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id, pad_token_id=tokenizer.pad_token_id, tie_word_embeddings=False,
    )
    text = Qwen2Config(**numbers) if case['language'] == 'qwen2' else MistralConfig(**numbers, sliding_window=None)
    config = LlavaNextConfig(
        vision_config=vision, text_config=text, image_token_index=tokenizer.convert_tokens_to_ids('<image>'),
        image_grid_pinpoints=PINPOINTS, image_seq_length=(TILE // PATCH) ** 2, attn_implementation='eager',
    )
    model = LlavaNextForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            drawn = torch.randn(weight.shape) * (0.15 if weight.ndim > 1 else 0.1)
            drawn = drawn + (1 if 'norm' in name and name.endswith('weight') else 0)
            if 'lm_head' in name or 'embed_tokens' in name or 'image_newline' in name:
                drawn = drawn * 6
            # Numbers that all the file types hold.
            weight.copy_(drawn.to(torch.bfloat16).to(torch.float16).float())
    return model


class Asker:
    def __init__(self, model, processor, photo):
        self.model, self.processor, self.photo = model, processor, photo

    def begin(self):
        said = [{'role': 'user', 'content': [{'type': 'image'}, {'type': 'text', 'text': QUESTIONS[0]}]}]
        self.text = self.processor.apply_chat_template(said, add_generation_prompt=True)
        # The template has written the BOS.
        given = self.processor(images=self.photo, text=self.text, return_tensors='pt', add_special_tokens=False)
        self.pixels = given['pixel_values'][0]
        self.sizes = given['image_sizes']
        return given['input_ids'][0].tolist()

    def embed(self):
        with torch.no_grad():
            features = self.model.model.vision_tower(self.pixels, output_hidden_states=True).hidden_states[-2][:, 1:]
            got = self.model.model.get_image_features(self.pixels[None], self.sizes)
            got = got.pooler_output if hasattr(got, 'pooler_output') else got
        return features, torch.cat(list(got))

    def greedy(self, ids):
        """Greedy ids without the one that ends the answer, their logits, the smallest distance between the best two."""
        chosen, logits, gap = [], [], 9e9
        stop = self.model.config.text_config.eos_token_id
        for _ in range(STEPS):
            with torch.no_grad():
                out = self.model(
                    input_ids=torch.tensor([ids + chosen]), pixel_values=self.pixels[None], image_sizes=self.sizes,
                )
            step = out.logits[0, -1].float()
            best = torch.topk(step, 2)
            gap = min(gap, float(best.values[0] - best.values[1]))
            token = int(best.indices[0])
            if token == stop:
                return chosen, logits, gap, True
            chosen.append(token)
            logits.append(step)
        return chosen, logits, gap, False


def write_language(path, model, tokenizer, case):
    config = model.config.text_config
    arch = 'qwen2' if case['language'] == 'qwen2' else 'llama'
    out = gguf.GGUFWriter(path, arch)
    out.add_name('next')
    out.add_block_count(config.num_hidden_layers)
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_rope_freq_base(config.rope_parameters['rope_theta'])
    out.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    out.add_vocab_size(config.vocab_size)
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    tokens = [tokenizer.convert_ids_to_tokens(at) for at in range(len(tokenizer))]
    special = {token['id'] for token in backend['added_tokens']}
    out.add_token_list(tokens)
    if arch == 'qwen2':
        out.add_tokenizer_model('gpt2')
        out.add_tokenizer_pre('qwen2')
        out.add_token_types([3 if at in special else 1 for at in range(len(tokens))])
        out.add_token_merges([m if isinstance(m, str) else ' '.join(m) for m in backend['model']['merges']])
        out.add_add_bos_token(False)
    else:
        out.add_tokenizer_model('llama')
        out.add_tokenizer_pre('default')
        ranks = {}
        for rank, merge in enumerate(backend['model']['merges']):
            ranks.setdefault(''.join(merge.split(' ') if isinstance(merge, str) else merge), rank)
        out.add_token_scores([-float(ranks.get(token, 10**6)) for token in tokens])
        kind = lambda at, token: 2 if at == 0 else 3 if at in special else 6 if token.startswith('<0x') else 1
        out.add_token_types([kind(at, token) for at, token in enumerate(tokens)])
        out.add_add_bos_token(True)
        out.add_add_space_prefix(True)
        out.add_bos_token_id(tokenizer.bos_token_id)
        out.add_unk_token_id(0)
    out.add_eos_token_id(tokenizer.eos_token_id)
    out.add_chat_template(INST if arch == 'llama' else CHATML)

    def turned(weight, heads):
        return weight.reshape(heads, 2, weight.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)

    names = {
        'embed_tokens': 'token_embd', 'norm': 'output_norm', 'input_layernorm': 'attn_norm',
        'post_attention_layernorm': 'ffn_norm', 'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k',
        'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output', 'mlp.gate_proj': 'ffn_gate',
        'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down',
    }
    for name, weight in model.model.language_model.named_parameters():
        body, part = name.rsplit('.', 1)
        at = f"blk.{body.split('.')[1]}." if body.startswith('layers.') else ''
        body = body.split('.', 2)[2] if at else body
        data = weight.detach().numpy()
        if arch == 'llama' and body.endswith(('q_proj', 'k_proj')):
            heads = config.num_attention_heads if body.endswith('q_proj') else config.num_key_value_heads
            data = turned(data, heads)
        out.add_tensor(f'{at}{names[body]}.{part}', data if data.ndim == 1 else data.astype(np.float16))
    out.add_tensor('output.weight', model.lm_head.weight.detach().numpy().astype(np.float16))
    close(out)


def close(out):
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def write_mmproj(path, model, is_old):
    """By the names and keys of `legacy-models/convert_image_encoder_to_gguf.py`; the newer name of the newline is clip.cpp's."""
    config = model.config.vision_config
    out = gguf.GGUFWriter(path, 'clip')
    out.add_bool('clip.has_vision_encoder', True)
    out.add_bool('clip.has_text_encoder', False)
    out.add_bool('clip.has_llava_projector', True)
    out.add_string('clip.projector_type', 'mlp')
    out.add_uint32('clip.vision.image_size', config.image_size)
    out.add_uint32('clip.vision.patch_size', config.patch_size)
    out.add_uint32('clip.vision.embedding_length', config.hidden_size)
    out.add_uint32('clip.vision.feed_forward_length', config.intermediate_size)
    out.add_uint32('clip.vision.projection_dim', config.projection_dim)
    out.add_uint32('clip.vision.attention.head_count', config.num_attention_heads)
    out.add_float32('clip.vision.attention.layer_norm_epsilon', config.layer_norm_eps)
    layers = config.num_hidden_layers - 1
    out.add_uint32('clip.vision.block_count', layers)
    out.add_array('clip.vision.feature_layer', [layers])
    out.add_array('clip.vision.image_grid_pinpoints', [side for point in PINPOINTS for side in point])
    out.add_string('clip.vision.image_aspect_ratio', 'anyres')
    if is_old:
        out.add_uint32('clip.vision.image_crop_resolution', 224)
    out.add_string('clip.vision.mm_patch_merge_type', 'spatial_unpad')
    out.add_array('clip.vision.image_mean', [0.48145466, 0.4578275, 0.40821073])
    out.add_array('clip.vision.image_std', [0.26862954, 0.26130258, 0.27577711])
    out.add_bool('clip.use_gelu', False)

    def write(name, weight):
        data = weight.detach().numpy()
        is_plain = data.ndim == 1 or 'embd' in name
        out.add_tensor(name, data if is_plain else data.astype(np.float16))

    for name, weight in model.model.vision_tower.named_parameters():
        name = name.removeprefix('vision_model.')
        if name.startswith('post_layernorm') or f'layers.{layers}.' in name:
            continue
        for was, becomes in [
            ('encoder.layers', 'blk'), ('embeddings.', ''), ('_proj', ''), ('self_attn.', 'attn_'),
            ('layer_norm', 'ln'), ('layernorm', 'ln'), ('mlp.fc1', 'ffn_down'), ('mlp.fc2', 'ffn_up'),
            ('embedding', 'embd'), ('layrnorm', 'ln'),
        ]:
            name = name.replace(was, becomes)
        write('v.' + name, weight)
    projector = model.model.multi_modal_projector
    for at, linear in [(0, projector.linear_1), (2, projector.linear_2)]:
        write(f'mm.{at}.weight', linear.weight)
        write(f'mm.{at}.bias', linear.bias)
    write('model.image_newline' if is_old else 'v.image_newline', model.model.image_newline)
    close(out)


def write_checkpoint(folder, model, processor, case, is_old):
    folder.mkdir(parents=True)
    processor.save_pretrained(folder)
    model.config.architectures = ['LlavaNextForConditionalGeneration']
    model.config.save_pretrained(folder)
    state = {name: weight.detach().to(case['dtype']).contiguous() for name, weight in model.state_dict().items()}
    state = {name: weight for name, weight in state.items() if not name.endswith('position_ids')}
    if is_old:
        # As the published files have them.
        moved = [
            ('model.language_model.', 'language_model.model.'), ('lm_head.', 'language_model.lm_head.'),
            ('model.vision_tower.', 'vision_tower.'), ('model.multi_modal_projector.', 'multi_modal_projector.'),
            ('model.image_newline', 'image_newline'),
        ]
        for was, becomes in moved:
            state = {(becomes + n[len(was):] if n.startswith(was) else n): w for n, w in state.items()}
        nested = {n: n.replace('vision_tower.', 'vision_tower.vision_model.') for n in state if n.startswith('vision_tower.') and 'vision_model' not in n}
        state = {nested.get(n, n): w for n, w in state.items()}
    save_file(state, folder / 'model.safetensors', metadata={'format': 'pt'})


def photo_of(width, height, seed):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (9, 9, 3), np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC)).astype(int)
    return Image.fromarray(np.clip(smooth + random.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8))


def plans():
    """What Hugging Face's functions say of photos of many shapes: grid, and rows of embeddings."""
    made = []
    processor = LlavaNextProcessor.__new__(LlavaNextProcessor)
    processor.image_processor = LlavaNextImageProcessorPil(image_grid_pinpoints=[[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]])
    processor.patch_size, processor.num_additional_image_tokens = 14, 0
    random = np.random.default_rng(7)
    sizes = [(1, 1), (336, 336), (100, 100), (4000, 3000), (3000, 4000), (1920, 1080), (1, 2000), (2000, 1), (672, 673), (334, 667)]
    sizes += [(int(w), int(h)) for w, h in np.exp(random.uniform(2, 9, (90, 2)))]
    for width, height in sizes:
        rows, columns = get_anyres_image_grid_shape([height, width], processor.image_processor.image_grid_pinpoints, 336)
        made.append([width, height, columns, rows, processor._get_number_of_features(height, width, 336, 336)])
    return made


def make(name, case):
    folder = golden / name
    shutil.rmtree(folder, ignore_errors=True)
    is_old = name == 'next-b'
    tokenizer = bytes_tokenizer() if case['language'] == 'qwen2' else pieces_tokenizer()
    images = LlavaNextImageProcessorPil(
        size={'shortest_edge': TILE}, crop_size={'height': TILE, 'width': TILE}, image_grid_pinpoints=PINPOINTS
    )
    processor = LlavaNextProcessor(
        images, tokenizer, patch_size=PATCH, vision_feature_select_strategy='default', image_token='<image>',
        chat_template=CHATML if case['language'] == 'qwen2' else INST, num_additional_image_tokens=1,
    )
    photo = photo_of(*case['photo'], case['seed'])
    for seed in range(case['seed'], 400):
        asker = Asker(make_model(case, tokenizer, seed), processor, photo)
        ids = asker.begin()
        first, logits, gap, stopped = asker.greedy(ids)
        if gap < GAP or len(first) < 8:
            continue
        # The kept ids of the answer, as the app keeps them.
        closing = [] if case['language'] == 'qwen2' else [tokenizer.eos_token_id]
        text = (
            f'<|im_end|>\n<|im_start|>user\n{QUESTIONS[1]}<|im_end|>\n<|im_start|>assistant\n'
            if case['language'] == 'qwen2'
            else f'[INST] {QUESTIONS[1]} [/INST]'
        )
        later = closing + tokenizer(text, add_special_tokens=False)['input_ids']
        second, _, gap2, stopped2 = asker.greedy(ids + first + later)
        if gap2 >= GAP and len(second) > 3:
            break
    print(name, 'seed', seed, 'gaps', gap, gap2, first, second)
    folder.mkdir()
    photo.save(folder / 'photo.png')
    write_checkpoint(folder / 'checkpoint', asker.model, processor, case, is_old)
    (folder / 'pair').mkdir()
    write_language(folder / 'pair/language.gguf', asker.model, tokenizer, case)
    write_mmproj(folder / 'pair/mmproj.gguf', asker.model, is_old)
    features, embeddings = asker.embed()
    image_id = asker.model.config.image_token_id
    mean, std = (np.array(numbers).reshape(1, 3, 1, 1) for numbers in (images.image_mean, images.image_std))
    views = np.rint((asker.pixels.numpy() * std + mean) * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    prompt = torch.tensor([-1 if at == image_id else at for at in ids], dtype=torch.int32)
    assert int((prompt == -1).sum()) == len(embeddings)
    save_file(
        {
            'views': torch.from_numpy(np.ascontiguousarray(views)),
            'view_pixels': asker.pixels.float().contiguous(),
            'view_features': features.contiguous(),
            'embeddings': embeddings.contiguous(),
            'prompt_ids': prompt,
            'greedy_ids': torch.tensor(first, dtype=torch.int32),
            'step_logits': torch.stack(logits),
            'greedy2_ids': torch.tensor(second, dtype=torch.int32),
        },
        folder / 'expected.safetensors',
    )
    rows, columns = get_anyres_image_grid_shape(list(asker.sizes[0].tolist()), PINPOINTS, TILE)
    said = asker.text.split('<image>')
    facts = {
        'kind': 'next',
        'seed': seed,
        'question': QUESTIONS[0],
        'question2': QUESTIONS[1],
        'plan': {'photo': list(case['photo']), 'rows': rows, 'columns': columns, 'views': len(views)},
        'prompt': [{'text': said[0]}, {'view': 0, 'rows': len(embeddings)}, {'text': said[1]}],
        'dims': {
            'tile': TILE, 'patch': PATCH, 'shuffle': 1, 'rows_a_view': (TILE // PATCH) ** 2,
            'language_width': embeddings.shape[1], 'vocabulary': len(tokenizer),
        },
        'pinpoints': PINPOINTS,
        'greedy_ids': first,
        'greedy2_ids': second,
        'answer': tokenizer.decode(first),
        'stopped': stopped,
        'stopped2': stopped2,
        'smallest_gap': min(gap, gap2),
        **({'plans': plans()} if name == 'next-a' else {}),
    }
    (folder / 'expected.json').write_text(json.dumps(facts, indent=1, ensure_ascii=False) + '\n')


for name, case in CASES.items():
    make(name, case)

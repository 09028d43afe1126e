"""Writes a checkpoint in the published layout: the tower inside the weights, its configuration in clip/."""

import json
import tarfile
from pathlib import Path

import torch
from safetensors.torch import save_file

import tokenizer as tokens
from files import write_json
from model import MEAN, ROPE_THETA, STD

#: Files that can be carried one by one are small: 15 MiB.
SHARD_BYTES = 15 << 20
#: The project's own licence: all of it was made here.
MODEL_CARD = """---
license: apache-2.0
---

# INF-LLaVA demo

A small INF-LLaVA that knows drawn scenes of shapes and signs, and no photographs. card.json says how it was trained.
"""


def export(model, tokenizer, folder, card, dtype=torch.float16):
    """float16: the weights are far below its range, and it keeps three bits more than bfloat16."""
    folder = Path(folder)
    (folder / "clip").mkdir(parents=True, exist_ok=True)
    write_weights(model, folder, dtype)
    tokens.save(tokenizer, folder)
    s, special = model.sizes, tokens.Chat(tokenizer).id
    begin, end, turn, pad = (special[t] for t in ("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<pad>"))
    write_json(folder / "generation_config.json", {"bos_token_id": begin, "eos_token_id": [end, turn], "do_sample": False})
    write_json(folder / "config.json", {
        "architectures": ["LlavaLlamaForCausalLM"], "model_type": "llava_llama",
        "bos_token_id": begin, "eos_token_id": end, "pad_token_id": pad,
        "hidden_act": "silu", "attention_bias": False, "tie_word_embeddings": False, "torch_dtype": str(dtype).removeprefix("torch."),
        "image_aspect_ratio": "pad", "mm_hidden_size": s.width, "mm_patch_merge_type": "flat", "mm_projector_type": "mlp2x_gelu",
        "mm_use_im_start_end": False, "mm_use_im_patch_token": False, "mm_vision_select_feature": "patch", "mm_vision_select_layer": -2,
        "mm_vision_tower": "clip", "tokenizer_model_max_length": s.context, "tokenizer_padding_side": "right", "use_mm_proj": True,
        "rope_scaling": None, "rope_theta": ROPE_THETA, "rms_norm_eps": 1e-5, "max_position_embeddings": s.context,
        "hidden_size": s.llm_width, "intermediate_size": s.llm_inner, "num_hidden_layers": s.llm_layers,
        "num_attention_heads": s.llm_heads, "num_key_value_heads": s.llm_kv_heads, "vocab_size": s.vocabulary,
    })  # fmt: skip
    write_json(folder / "clip" / "config.json", {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": s.width, "text_config": {},
        "vision_config": {
            "hidden_size": s.width, "intermediate_size": s.inner, "num_hidden_layers": s.layers + 1, "num_attention_heads": s.heads,
            "image_size": s.tile, "patch_size": s.patch, "layer_norm_eps": 1e-5, "hidden_act": "quick_gelu", "num_channels": 3,
            "projection_dim": s.width, "model_type": "clip_vision_model",
        },
    })  # fmt: skip
    write_json(folder / "clip" / "preprocessor_config.json", {
        "crop_size": s.tile, "do_center_crop": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": MEAN, "image_std": STD, "resample": 3, "size": s.tile,
    })  # fmt: skip
    write_json(folder / "card.json", card)
    (folder / "README.md").write_text(MODEL_CARD)


def write_weights(model, folder, dtype):
    shards, size = [{}], 0
    for name, tensor in model.state_dict().items():
        tensor = tensor.detach().to("cpu", dtype).contiguous()
        if size + tensor.nbytes > SHARD_BYTES and shards[-1]:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    places, total = {}, 0
    for number, shard in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        places |= dict.fromkeys(shard, file)
        total += sum(tensor.nbytes for tensor in shard.values())
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": places})


def load_weights(model, folder, earlier=None, later=None):
    """With an `earlier` and a `later` tokenizer, rows of the tokens that only the later one has are the mean of those of which
    the earlier one would make them."""
    from safetensors.torch import load_file

    state = {}
    for file in sorted(Path(folder).glob("model-*.safetensors")):
        state |= load_file(file)
    state = {name: tensor.float() for name, tensor in state.items()}
    if earlier is not None and earlier.get_vocab() != later.get_vocab():
        for name in ("model.embed_tokens.weight", "lm_head.weight"):
            state[name] = torch.stack([state[name][ids].mean(0) for ids in earlier_ids(earlier, later)])
    model.load_state_dict(deepened(state, model.sizes.llm_layers))


def deepened(state, layers):
    """`state` with a Llama of `layers` layers that computes the same: a layer that is new is a copy of the one before it whose two outputs
    are zero. New ones come one by one after each of the last layers (as LLaMA Pro, arXiv 2401.02415)."""
    prefix = "model.layers."
    old = {}
    for name in [name for name in state if name.startswith(prefix)]:
        number, rest = name.removeprefix(prefix).split(".", 1)
        old.setdefault(int(number), {})[rest] = state.pop(name)
    new, order = layers - len(old), []
    for number, layer in sorted(old.items()):
        order.append(layer)
        if number >= len(old) - new:
            outputs = ("self_attn.o_proj.weight", "mlp.down_proj.weight")
            order.append({name: torch.zeros_like(tensor) if name in outputs else tensor.clone() for name, tensor in layer.items()})
    return state | {f"{prefix}{number}.{rest}": tensor for number, layer in enumerate(order) for rest, tensor in layer.items()}


def earlier_ids(earlier, later):
    known = earlier.get_vocab()
    for id in range(later.get_vocab_size()):
        token = later.id_to_token(id)
        yield [known[token]] if token in known else earlier.encode(later.decode([id], skip_special_tokens=False), add_special_tokens=False).ids or [0]


def pack(folder, into, name="checkpoint"):
    """The folder as parts of a tar of at most 15 MiB: `cat checkpoint.tar.* | tar x` restores it."""
    into = Path(into)
    into.mkdir(parents=True, exist_ok=True)
    whole = into / f"{name}.tar"
    with tarfile.open(whole, "w") as tar:
        tar.add(folder, arcname=name)
    data = whole.read_bytes()
    whole.unlink()
    for number, start in enumerate(range(0, len(data), SHARD_BYTES)):
        (into / f"{name}.tar.{number}").write_bytes(data[start : start + SHARD_BYTES])

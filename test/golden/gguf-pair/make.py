"""Writes the golden pair of GGUF files and what a LLaVA-1.5 model computes with them.

An implementation of its own in NumPy, independent of the app and of llama.cpp: `pip install gguf numpy pillow`, then
`python make.py`. The files follow the layout of llama.cpp's older converters: feed-forward matrices under swapped names, the
tower's last layer taken away, three number formats. Everything is random, and small.
"""

import json
import math
import random

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from PIL import Image, ImageDraw

rng = np.random.default_rng(20)
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]

# Vision tower and projector.
IMAGE, PATCH, D, HEADS, LAYERS, INNER = 56, 14, 64, 4, 3, 96
# Language model.
H, BLOCKS, QUERY_HEADS, KEY_HEADS, HEAD, FEED, THETA, EPS = 64, 2, 4, 2, 16, 96, 10000.0, 1e-5
QUESTION = "What is here?"
STEPS = 12


def matrix(*shape):
    return (rng.standard_normal(shape) / math.sqrt(np.prod(shape[1:]))).astype(np.float32)


def vector(size, mean=0.0):
    return (mean + 0.1 * rng.standard_normal(size)).astype(np.float32)


class Half:
    """A GGUF file being written; every tensor is kept as the numbers that the file gives back."""

    def __init__(self, path, architecture):
        self.writer = gguf.GGUFWriter(path, architecture)
        self.tensors = {}

    def add(self, name, data, kind=Type.F32):
        if kind in (Type.F32, Type.F16):
            stored = data.astype(np.float32 if kind == Type.F32 else np.float16)
            self.tensors[name] = stored.astype(np.float32)
            self.writer.add_tensor(name, stored)
        else:
            stored = gguf.quants.quantize(data, kind)
            self.tensors[name] = gguf.quants.dequantize(stored, kind)
            self.writer.add_tensor(name, stored, raw_dtype=kind)

    def save(self):
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()


def write_mmproj():
    half = Half("mmproj.gguf", "clip")
    w = half.writer
    w.add_bool("clip.has_text_encoder", False)
    w.add_bool("clip.has_vision_encoder", True)
    w.add_bool("clip.has_llava_projector", True)
    w.add_string("clip.projector_type", "mlp")
    w.add_uint32("clip.vision.image_size", IMAGE)
    w.add_uint32("clip.vision.patch_size", PATCH)
    w.add_uint32("clip.vision.embedding_length", D)
    w.add_uint32("clip.vision.feed_forward_length", INNER)
    w.add_uint32("clip.vision.projection_dim", D)
    w.add_uint32("clip.vision.attention.head_count", HEADS)
    w.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    w.add_uint32("clip.vision.block_count", LAYERS)
    w.add_array("clip.vision.image_mean", MEAN)
    w.add_array("clip.vision.image_std", STD)
    w.add_bool("clip.use_gelu", False)
    half.add("mm.0.weight", matrix(H, D), Type.Q8_0)
    half.add("mm.0.bias", vector(H))
    half.add("mm.2.weight", matrix(H, H), Type.BF16)
    half.add("mm.2.bias", vector(H))
    half.add("v.class_embd", vector(D))
    half.add("v.patch_embd.weight", matrix(D, 3, PATCH, PATCH), Type.F16)
    half.add("v.position_embd.weight", 0.5 * matrix(1 + (IMAGE // PATCH) ** 2, D) * 8, Type.F16)
    half.add("v.pre_ln.weight", vector(D, 1))
    half.add("v.pre_ln.bias", vector(D))
    kinds = [Type.Q8_0, Type.Q5_1, Type.Q4_0]
    for layer in range(LAYERS):
        at = f"v.blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            half.add(f"{at}{name}.weight", matrix(D, D), kinds[layer])
            half.add(f"{at}{name}.bias", vector(D))
        for name in ("ln1", "ln2"):
            half.add(f"{at}{name}.weight", vector(D, 1))
            half.add(f"{at}{name}.bias", vector(D))
        half.add(f"{at}ffn_down.weight", matrix(INNER, D), Type.Q5_0)
        half.add(f"{at}ffn_down.bias", vector(INNER))
        half.add(f"{at}ffn_up.weight", matrix(D, INNER), Type.Q4_1)
        half.add(f"{at}ffn_up.bias", vector(D))
    half.save()
    return half.tensors


def norm(x, weight, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def encode(t, pixels):
    """hidden_states[-2] of the whole tower, class token dropped, projected: [tokens, H]."""
    side = IMAGE // PATCH
    patches = pixels.reshape(3, side, PATCH, side, PATCH).transpose(1, 3, 0, 2, 4).reshape(side * side, -1)
    x = patches @ t["v.patch_embd.weight"].reshape(D, -1).T
    x = np.concatenate([t["v.class_embd"][None], x]) + t["v.position_embd.weight"]
    x = norm(x, t["v.pre_ln.weight"], t["v.pre_ln.bias"])
    for layer in range(LAYERS):
        p = {name[len(f"v.blk.{layer}.") :]: value for name, value in t.items() if name.startswith(f"v.blk.{layer}.")}
        linear = lambda x, name: x @ p[name + ".weight"].T + p[name + ".bias"]
        y = norm(x, p["ln1.weight"], p["ln1.bias"])
        q, k, v = (linear(y, name).reshape(-1, HEADS, D // HEADS).transpose(1, 0, 2) for name in ("attn_q", "attn_k", "attn_v"))
        attended = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(D // HEADS)) @ v
        x = x + linear(attended.transpose(1, 0, 2).reshape(-1, D), "attn_out")
        y = linear(norm(x, p["ln2.weight"], p["ln2.bias"]), "ffn_down")
        x = x + linear(y / (1 + np.exp(-1.702 * y)), "ffn_up")
    y = x[1:] @ t["mm.0.weight"].T + t["mm.0.bias"]
    y = 0.5 * y * (1 + np.vectorize(math.erf)(y / math.sqrt(2)))
    return y @ t["mm.2.weight"].T + t["mm.2.bias"]


def vocabulary():
    """Byte tokens and pieces with scores, as SentencePiece makes them."""
    pieces = ["▁US", "ER", "▁", "▁ASSISTANT", "▁A", "▁What", "▁is", "▁here", "is", "he", "re", "ER:", "US", "▁the"]
    grown = {piece[:end] for piece in pieces for end in range(2, len(piece))}
    letters = [chr(c) for c in range(33, 127)]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += list(dict.fromkeys(pieces + sorted(grown) + letters))
    types = [2, 3, 3] + [6] * 256 + [1] * (len(tokens) - 259)
    scores = [0.0] * 259 + [-float(i) for i in range(len(tokens) - 259)]
    return tokens, types, scores


def tokenize(text, tokens, scores):
    """Merges the neighbours whose union has the best score, again and again; one space in front."""
    ids = {token: i for i, token in enumerate(tokens)}
    symbols = list("▁" + text.replace(" ", "▁"))
    while True:
        pairs = [(scores[ids[a + b]], -i) for i, (a, b) in enumerate(zip(symbols, symbols[1:])) if a + b in ids]
        if not pairs:
            break
        at = -max(pairs)[1]
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
    result = []
    for symbol in symbols:
        result += [ids[symbol]] if symbol in ids else [ids[f"<0x{byte:02X}>"] for byte in symbol.encode()]
    return result


TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + ' ' }}"
    "{% elif message['role'] == 'user' %}{{ 'USER: ' + message['content'] + ' ' }}"
    "{% else %}{{ 'ASSISTANT: ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def write_language(tokens, types, scores):
    half = Half("language.gguf", "llama")
    w = half.writer
    w.add_name("Golden pair")
    w.add_context_length(512)
    w.add_embedding_length(H)
    w.add_block_count(BLOCKS)
    w.add_feed_forward_length(FEED)
    w.add_rope_dimension_count(HEAD)
    w.add_rope_freq_base(THETA)
    w.add_head_count(QUERY_HEADS)
    w.add_head_count_kv(KEY_HEADS)
    w.add_layer_norm_rms_eps(EPS)
    w.add_tokenizer_model("llama")
    w.add_token_list(tokens)
    w.add_token_scores(scores)
    w.add_token_types(types)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_chat_template(TEMPLATE)
    half.add("token_embd.weight", matrix(len(tokens), H) * 8, Type.F16)
    for block in range(BLOCKS):
        at = f"blk.{block}."
        half.add(f"{at}attn_norm.weight", vector(H, 1))
        half.add(f"{at}attn_q.weight", matrix(QUERY_HEADS * HEAD, H), Type.F16)
        half.add(f"{at}attn_k.weight", matrix(KEY_HEADS * HEAD, H), Type.F16)
        half.add(f"{at}attn_v.weight", matrix(KEY_HEADS * HEAD, H), Type.F16)
        half.add(f"{at}attn_output.weight", matrix(H, QUERY_HEADS * HEAD), Type.F16)
        half.add(f"{at}ffn_norm.weight", vector(H, 1))
        half.add(f"{at}ffn_gate.weight", matrix(FEED, H), Type.F16)
        half.add(f"{at}ffn_up.weight", matrix(FEED, H), Type.F16)
        half.add(f"{at}ffn_down.weight", matrix(H, FEED), Type.F16)
    half.add("output_norm.weight", vector(H, 1))
    half.add("output.weight", matrix(len(tokens), H) * 4, Type.F16)
    half.save()
    return half.tensors


def rotate(x):
    """Pairs of neighbours, as llama.cpp's Llama has them; x is [positions, heads, HEAD]."""
    angles = np.arange(x.shape[0])[:, None] * THETA ** (-np.arange(0, HEAD, 2) / HEAD)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    even, odd = x[..., ::2], x[..., 1::2]
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)


def logits(t, x):
    """After the last of the positions x [positions, H]."""
    rms = lambda x, weight: x / np.sqrt((x**2).mean(-1, keepdims=True) + EPS) * weight
    hidden = np.triu(np.full((len(x), len(x)), -np.inf), 1)
    for block in range(BLOCKS):
        p = {name.split(".")[2]: value for name, value in t.items() if name.startswith(f"blk.{block}.")}
        y = rms(x, p["attn_norm"])
        q = rotate((y @ p["attn_q"].T).reshape(-1, QUERY_HEADS, HEAD))
        k = rotate((y @ p["attn_k"].T).reshape(-1, KEY_HEADS, HEAD)).repeat(QUERY_HEADS // KEY_HEADS, 1)
        v = (y @ p["attn_v"].T).reshape(-1, KEY_HEADS, HEAD).repeat(QUERY_HEADS // KEY_HEADS, 1)
        scores = np.einsum("qhd,khd->hqk", q, k) / math.sqrt(HEAD) + hidden
        x = x + np.einsum("hqk,khd->qhd", softmax(scores), v).reshape(len(x), -1) @ p["attn_output"].T
        y = rms(x, p["ffn_norm"])
        gate = y @ p["ffn_gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (y @ p["ffn_up"].T)) @ p["ffn_down"].T
    return rms(x[-1], t["output_norm.weight"]) @ t["output.weight"].T


def draw_photo():
    image = Image.new("RGB", (90, 60), (40, 90, 160))
    pen = ImageDraw.Draw(image)
    chance = random.Random(4)
    for _ in range(30):
        x, y = chance.randrange(90), chance.randrange(60)
        colour = tuple(chance.randrange(256) for _ in range(3))
        pen.ellipse((x, y, x + chance.randrange(4, 30), y + chance.randrange(4, 30)), fill=colour)
    image.save("photo.png")
    return image


def preprocess(image):
    """`expand2square` of LLaVA-1.5 with the mean colour, then CLIP's processor."""
    side = max(image.size)
    square = Image.new("RGB", (side, side), tuple(int(m * 255) for m in MEAN))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    small = np.asarray(square.resize((IMAGE, IMAGE), Image.BICUBIC), np.float32) / 255
    return ((small - np.float32(MEAN)) / np.float32(STD)).transpose(2, 0, 1)


def main():
    vision = write_mmproj()
    tokens, types, scores = vocabulary()
    language = write_language(tokens, types, scores)
    embeddings = encode(vision, preprocess(draw_photo())).astype(np.float32)
    before = [1] + tokenize("USER: ", tokens, scores)
    after = tokenize(f"\n{QUESTION} ASSISTANT:", tokens, scores)
    table = language["token_embd.weight"]
    x = np.concatenate([table[before], embeddings, table[after]])
    greedy = []
    for _ in range(STEPS):
        row = logits(language, x)
        greedy.append(int(row.argmax()))
        x = np.concatenate([x, table[greedy[-1:]]])
    embeddings.astype("<f4").tofile("embeddings.f32")
    facts = {"question": QUESTION, "before": before, "after": after, "greedy": greedy, "tokens": len(embeddings)}
    with open("expected.json", "w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.write("\n")


main()

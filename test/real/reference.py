"""Writes what `smollm2.test.ts` compares with: token ids by Hugging Face's tokenizers, logits by NumPy in double precision.

pip install gguf==0.19.0 numpy tokenizers; python reference.py SmolLM2-135M-Instruct.Q4_1.gguf OUTPUT_FOLDER
"""

import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

reader = GGUFReader(sys.argv[1])
out = Path(sys.argv[2])


def values(key):
    field = reader.fields[key]
    return [field.contents(i) for i in range(len(field.data))]


def value(key):
    return reader.fields[key].contents()


# The tokenizer: SmolLM2's steps around the vocabulary and merges of the file (tokenizer.json of the published checkpoint).
tokens, types = values("tokenizer.ggml.tokens"), values("tokenizer.ggml.token_type")
merges = [tuple(merge.split(" ")) for merge in values("tokenizer.ggml.merges")]
tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
tokenizer.decoder = decoders.ByteLevel()
plain = Tokenizer.from_str(tokenizer.to_str())
control = [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, types) if kind == 3]
tokenizer.add_special_tokens(control)

# The model: Llama with grouped queries; llama.cpp's order of the rotated rows pairs neighbours.
layers, heads = value("llama.block_count"), value("llama.attention.head_count")
shared, base = value("llama.attention.head_count_kv"), value("llama.rope.freq_base")
epsilon = value("llama.attention.layer_norm_rms_epsilon")
weights = {}
for tensor in reader.tensors:
    weights[tensor.name] = dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
embedding = weights["token_embd.weight"]
width = embedding.shape[1]
size = width // heads


def norm(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight


def rotate(x, positions):
    angles = positions[:, None] * base ** (-np.arange(0, size, 2) / size)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)


class Model:
    def __init__(self):
        self.keys, self.values, self.length = [[] for _ in range(layers)], [[] for _ in range(layers)], 0

    def read(self, ids):
        """Logits after the last of `ids`."""
        x = embedding[ids]
        positions = np.arange(self.length, self.length + len(ids))
        self.length += len(ids)
        for layer in range(layers):
            w = lambda name: weights[f"blk.{layer}.{name}.weight"]
            h = norm(x, w("attn_norm"))
            q = rotate((h @ w("attn_q").T).reshape(len(ids), heads, size), positions)
            self.keys[layer].extend(rotate((h @ w("attn_k").T).reshape(len(ids), shared, size), positions))
            self.values[layer].extend((h @ w("attn_v").T).reshape(len(ids), shared, size))
            k, v = (np.repeat(np.array(all), heads // shared, 1) for all in (self.keys[layer], self.values[layer]))
            scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(size)
            scores += np.where(np.arange(self.length) > positions[:, None], -np.inf, 0)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            x = x + np.einsum("hqk,khd->qhd", scores, v).reshape(len(ids), -1) @ w("attn_output").T
            h = norm(x, w("ffn_norm"))
            gate = h @ w("ffn_gate").T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ w("ffn_up").T)) @ w("ffn_down").T
        return norm(x[-1], weights["output_norm.weight"]) @ embedding.T


# A chat of three turns, greedy. Where two words were nearly as likely, rounding might choose between them.
questions = [
    "What is the capital of France?",
    "And the capital of Italy?",
    "Which of the two is farther north?",
]
end, most = tokens.index("<|im_end|>"), 40
system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
model, turns, logits, smallest = Model(), [], [], np.inf
text = f"<|im_start|>system\n{system}<|im_end|>\n"
for question in questions:
    prompt = tokenizer.encode(f"{text}<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n").ids
    step, answer = model.read(prompt), []
    logits.append(step)
    while len(answer) < most:
        best, second = np.argsort(step)[[-1, -2]]
        smallest = min(smallest, step[best] - step[second])
        if best == end:
            break
        answer.append(int(best))
        step = model.read([best])
    turns.append({"question": question, "prompt": prompt, "answer": answer, "text": tokenizer.decode(answer)})
    text = "<|im_end|>\n"
    print(turns[-1]["text"], f"smallest gap {smallest:.3f}", file=sys.stderr)

texts = json.loads((Path(__file__).parent / "hard-texts.json").read_text())
reference = {
    "texts": [{"text": text, "ids": plain.encode(text).ids} for text in texts],
    "system": system,
    "turns": turns,
    "smallest_gap": round(float(smallest), 4),
}
(out / "reference.json").write_text(json.dumps(reference, ensure_ascii=True))
np.array(logits, "<f4").tofile(out / "logits.f32")

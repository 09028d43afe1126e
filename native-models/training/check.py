"""Does the app compute what PyTorch computes? Two steps, in float32:

    python check.py prepare DIR [--preset small | --checkpoint FOLDER]   writes DIR/checkpoint and DIR/scene.png
    (the app's convert and trace; README.md has the commands)
    python check.py compare DIR                                          compares DIR/trace.safetensors; exits 1 above 1e-3
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import questions
import scenes
from export import export, load_weights
from model import MEAN, PRESETS, STD, InfLlava, Sizes, crops
from tokenizer import Chat, train
from tokenizers import Tokenizer

QUESTION = "What does the sign say?"
SEED = 7
BAR = 1e-3


def prepare(folder, preset, checkpoint):
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint is None:
        torch.manual_seed(SEED)
        tokenizer = train(questions.corpus(np.random.default_rng(SEED), 300), 1024)
        sizes = PRESETS[preset]
        sizes.vocabulary = tokenizer.get_vocab_size()
        # Larger than at the start of a training, so that a wrong name or order shows.
        model = InfLlava(sizes)
        for p in model.parameters():
            p.data += torch.randn_like(p) * 0.05
        sizes_of = sizes.as_dict()
    else:
        tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
        sizes_of = json.loads((checkpoint / "card.json").read_text())["sizes"]
        model = InfLlava(Sizes(**sizes_of))
        load_weights(model, checkpoint)
    export(model, tokenizer, folder / "checkpoint", {"sizes": sizes_of}, torch.float32)
    side = model.sizes.side
    batch = scenes.stack([scenes.make_scene(np.random.default_rng([SEED, 1]), side)])
    image, _ = scenes.Renderer("cpu")(batch, side)
    pixels = (image[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(folder / "scene.png")


@torch.no_grad()
def compare(folder):
    checkpoint = folder / "checkpoint"
    sizes = Sizes(**json.loads((checkpoint / "card.json").read_text())["sizes"])
    model = InfLlava(sizes).eval()
    load_weights(model, checkpoint)
    trace = load_file(folder / "trace.safetensors")
    pixels = np.array(Image.open(folder / "scene.png"))
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    local, globe = model.features(image)
    seen = model.model.spatial_embed(local, globe)
    base = (crops(image)[1][0] - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    before, after, answer = (trace[key].long() for key in ("ids_before_image", "ids_after_image", "greedy_ids"))
    ids = torch.cat([before, torch.zeros(sizes.tokens, dtype=torch.long), after, answer])[None]
    positions = torch.arange(ids.shape[1])[None]
    keep = positions >= len(before) + sizes.tokens + len(after) - 1
    logits = model.logits(model.model.mm_projector(seen), ids, positions, None, len(before), keep)
    steps = trace["step_logits"]
    mine = {
        "base_pixels": base, "local_features": local[0], "global_features": globe, "dem_output": 2 * seen[0] - globe[0],
        "embeddings": model.model.mm_projector(seen)[0], "step_logits": logits[: len(steps)],
    }  # fmt: skip
    worst = 0.0
    for name, tensor in mine.items():
        off = (tensor - trace[name].float()).abs().max().item()
        worst = max(worst, off)
        print(f"{name:16} {str(list(tensor.shape)):16} largest value {tensor.abs().max():9.4f}  largest difference {off:.2e}")
    same = logits[: len(answer)].argmax(-1).tolist() == answer.tolist()
    print("greedy ids are the same" if same else "greedy ids differ")
    chat = Chat(Tokenizer.from_file(str(checkpoint / "tokenizer.json")))
    asked = chat.after + chat.text(QUESTION) + [chat.end] + chat.header("assistant")
    prompt = before.tolist() == chat.before and after.tolist() == asked
    print("prompt ids are the same" if prompt else "prompt ids differ")
    return worst <= BAR and same and prompt


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["prepare", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="demo")
    parser.add_argument("--checkpoint", type=Path, help="a trained one, instead of random weights")
    args = parser.parse_args()
    if args.step == "prepare":
        prepare(args.folder, args.preset, args.checkpoint)
    elif not compare(args.folder):
        sys.exit(1)


if __name__ == "__main__":
    main()

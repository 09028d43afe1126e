"""The ablation of the paper's table 6 at this scale. Each variant starts from the same trained checkpoint, keeps its tower
and its Llama's weights as a start, gets a fresh projector (and DEM), and is *trained alike*: the same scenes, questions,
number of steps and rates, the tower held. Without DEM, the nine features of a place are averaged: of the local map the 3 x 3
patches of it, of the nine global crops the nine that show it. Writes DIR/ablation.json: accuracy per kind."""

import argparse
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import data
from evaluate import answers_right, held_out, percent
from export import load_weights, write_json
from model import N, InfLlava, Sizes, local_map
from stages import Teacher, answer_logits
from tokenizer import Chat

#: A stream of training seeds of its own.
STAGE = 99


def pooled_local(local, grid):
    """[B, 9, T, D] -> [B, T, D]: the mean of the 3 x 3 patches of every place."""
    return local_map(local, grid).unflatten(2, (grid, N)).unflatten(1, (grid, N)).mean((2, 4)).flatten(1, 2)


def every_global(model, image):
    """[B, 9, T, D]: all global crops."""
    pixels = (image - model.mean) / model.std
    phases = torch.stack([pixels[:, :, h::N, w::N] for h in range(N) for w in range(N)], 1)
    return model.tower(phases.flatten(0, 1)).unflatten(0, (-1, N * N))


def local_only(model, image):
    return pooled_local(model.features(image)[0], model.sizes.grid)


def global_only(model, image):
    return every_global(model, image).mean(1)


def base_only(model, image):
    return model.features(image)[1]


def both_without_dem(model, image):
    return (local_only(model, image) + global_only(model, image) + base_only(model, image)) / 3


VARIANTS = {
    "local crops only": local_only, "global crops only": global_only, "base only": base_only,
    "both without DEM": both_without_dem, "both with DEM": None,
}  # fmt: skip


def train_variant(name, args, sizes, tokenizer, device):
    torch.manual_seed(args.seed)
    model = InfLlava(sizes)
    fresh = {key: value.clone() for key, value in model.state_dict().items() if "spatial_embed" in key or "mm_projector" in key}
    load_weights(model, args.checkpoint)
    model.load_state_dict(fresh, strict=False)
    model.to(device)
    teacher = Teacher(model, None, device)
    packer = data.Packer(Chat(tokenizer), sizes.tokens, args.room)
    features = VARIANTS[name]

    def see(batch, noise=False):
        image, _ = teacher.picture(batch["whole"], sizes.side, noise)
        with torch.no_grad():
            tokens = model.features(image) if features is None else features(model, image)
        return model.model.spatial_embed(*tokens) if features is None else tokens

    parameters = [p for key, p in model.named_parameters() if "vision_tower" not in key]
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.05)
    make = data.MakeAnswers(args.seed, STAGE, sizes.side, args.batch, packer, (0.4, 0.4), args.questions)
    source, began = data.batches(make, 0, args.workers), time.monotonic()
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    for step in range(args.steps):
        scale = min(1, (step + 1) / (0.05 * args.steps)) * (0.05 + 0.475 * (1 + math.cos(math.pi * step / args.steps)))
        for group in optimizer.param_groups:
            group["lr"] = args.rate * scale
        batch = data.to_device(next(source), device)
        with autocast:
            logits, targets = answer_logits(model, model.model.mm_projector(see(batch, True)), batch["text"], packer)
            loss = F.cross_entropy(logits.float(), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    with autocast:
        batches = held_out(args.seed, sizes.side, packer, min(args.batch, 32), args.held_out)
        right = percent(answers_right(lambda batch: model.model.mm_projector(see(batch)), model, device, batches, packer))
    return {"accuracy": right, "last_loss": round(loss.item(), 4), "seconds": round(time.monotonic() - began)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--questions", type=int, default=28)
    parser.add_argument("--room", type=int, default=640)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--held-out", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    sizes = Sizes(**json.loads((args.checkpoint / "card.json").read_text())["sizes"])
    args.out.mkdir(parents=True, exist_ok=True)
    report = {"compared": "trained alike from one checkpoint, tower held", "steps": args.steps, "batch": args.batch, "variants": {}}
    for name in VARIANTS:
        report["variants"][name] = train_variant(name, args, sizes, tokenizer, device)
        print(json.dumps({name: report["variants"][name]}), flush=True)
        write_json(args.out / "ablation.json", report)


if __name__ == "__main__":
    main()

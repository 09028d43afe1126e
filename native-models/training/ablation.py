"""The ablation of the paper's table 6 at this scale. Every variant gets a fresh projector (and DEM) on the trained tower and is
*trained alike*, in one loop: the same pictures, number of steps and rates, towards the oracle's tokens and the labels of what lies
in each token's part of the picture (DEM with the hint where to look, as in the training itself). Then the trained Llama, held,
answers from each variant's tokens. Without DEM, the nine features of a place are averaged: of the local map the 3 x 3 patches of
it, of the nine global crops the nine that show it. Writes DIR/ablation.json: accuracy per kind."""

import argparse
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

import data
from evaluate import answers_right, held_out, percent
from export import load_weights
from files import write_json
from model import N, InfLlava, Sizes, SpatialEmbed, local_map
from stages import GAZE, DenseHead, Heads, Teacher, dense_loss
from tokenizer import Chat
from train import HEADS

#: A stream of training seeds of its own.
STAGE = 99


class Views:
    """A batch of pictures as the trained tower sees it: local [B, 9, T, D], globes [B, 9, T, D], all global crops, and the base,
    which is the one in the middle, [B, T, D]."""

    def __init__(self, model, image):
        pixels = (image - model.mean) / model.std
        phases = [pixels[:, :, h::N, w::N] for h in range(N) for w in range(N) if (h, w) != (1, 1)]
        self.local, self.base = model.features(image)
        others = model.tower(torch.cat(phases)).unflatten(0, (len(phases), -1))
        self.globes = torch.cat([others, self.base[None]]).transpose(0, 1)


def pooled_local(views):
    """[B, T, D]: the mean of the 3 x 3 patches of every place."""
    grid = math.isqrt(views.base.shape[1])
    return local_map(views.local, grid).unflatten(2, (grid, N)).unflatten(1, (grid, N)).mean((2, 4)).flatten(1, 2)


def pooled_globes(views):
    return views.globes.mean(1)


def base(views):
    return views.base


def all_without_dem(views):
    return (pooled_local(views) + pooled_globes(views) + base(views)) / 3


WITH_DEM = "both with DEM"
WITHOUT_DEM = {"local crops only": pooled_local, "global crops only": pooled_globes, "base only": base, "both without DEM": all_without_dem}


class Variant(nn.Module):
    def __init__(self, sizes, name):
        super().__init__()
        self.dem = SpatialEmbed(sizes) if name == WITH_DEM else None
        self.pooled = WITHOUT_DEM.get(name)
        self.projector = nn.Sequential(nn.Linear(sizes.width, sizes.llm_width), nn.GELU(), nn.Linear(sizes.llm_width, sizes.llm_width))
        #: Needed in training only.
        self.labels = DenseHead(sizes.llm_width)

    def forward(self, views):
        return self.projector(self.dem(views.local, views.base) if self.dem else self.pooled(views))

    def loss(self, views, labels, wanted, teacher, fine):
        tokens = self(views)
        loss = F.mse_loss(tokens, wanted) + dense_loss(self.labels(tokens), labels)
        return loss + GAZE * teacher.gaze_loss(self.dem, views.local, views.base, fine, labels) if self.dem else loss


def train(variants, teacher, args):
    device, sizes = teacher.device, teacher.sizes
    optimizer = torch.optim.AdamW([p for v in variants.values() for p in v.parameters()], lr=args.rate, betas=(0.9, 0.98), weight_decay=0.05)
    source = data.batches(data.MakeScenes(args.seed, STAGE, sizes.side, args.batch, 0), 0, args.workers)
    began = time.monotonic()
    for step in range(args.steps):
        scale = min(1, (step + 1) / (0.02 * args.steps)) * (0.05 + 0.475 * (1 + math.cos(math.pi * step / args.steps)))
        for group in optimizer.param_groups:
            group["lr"] = args.rate * scale
        batch = data.to_device(next(source), device)
        with torch.autocast(device.type, torch.bfloat16):
            with torch.no_grad():
                image, owner = teacher.picture(batch["whole"], sizes.side, True)
                views, labels = Views(teacher.model, image), teacher.dem_labels(batch, owner)
                wanted, fine = teacher.heads.oracle(labels), teacher.local_labels(batch, owner)
            losses = {name: variant.loss(views, labels, wanted, teacher, fine) for name, variant in variants.items()}
        optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        for variant in variants.values():
            torch.nn.utils.clip_grad_norm_(variant.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99:
            print(json.dumps({"step": step + 1, "seconds": round(time.monotonic() - began)} | {n: round(loss.item(), 3) for n, loss in losses.items()}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--room", type=int, default=768)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--held-out", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    sizes = Sizes(**json.loads((args.checkpoint / "card.json").read_text())["sizes"])
    model, heads = InfLlava(sizes), Heads(sizes)
    load_weights(model, args.checkpoint)
    heads.load_state_dict({name: tensor.float() for name, tensor in load_file(args.checkpoint / HEADS).items()})
    teacher = Teacher(model.to(device), heads.to(device), device)
    variants = {name: Variant(sizes, name).to(device) for name in [*WITHOUT_DEM, WITH_DEM]}
    train(variants, teacher, args)
    packer = data.Packer(Chat(Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))), sizes.tokens, args.room)
    report = {"compared": "trained alike on the trained tower, Llama held", "steps": args.steps, "batch": args.batch, "variants": {}}
    for name, variant in variants.items():

        def pictures(batch, variant=variant):
            return variant(Views(model, teacher.picture(batch["whole"], sizes.side, False)[0]))

        with torch.autocast(device.type, torch.bfloat16):
            batches = held_out(args.seed, sizes.side, packer, min(args.batch, 32), args.held_out)
            report["variants"][name] = {"accuracy": percent(answers_right(pictures, model, device, batches, packer))}
        print(json.dumps({name: report["variants"][name]}), flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    write_json(args.out / "ablation.json", report)


if __name__ == "__main__":
    main()

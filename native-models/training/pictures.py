"""What a checkpoint's projector makes of many pictures, kept, so that the Llama can learn without looking again: scenes,
parts of scenes, and pictures that it does not know.

    python pictures.py CHECKPOINT --out DIR --count 20000 [--photographs DIR] [--seed 1]
writes DIR/00000.npz, ...: tokens [PART, T, H] in float16, and scenes, a JSON text: a scene each, or null. A training that runs
meanwhile takes what is there."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import data
import negatives
import scenes
from export import load_weights
from model import InfLlava, Sizes
from stages import soiled

PART = 64


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--unknown", type=float, default=negatives.UNKNOWN, help="share of pictures that are no scenes")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    model = InfLlava(Sizes(**json.loads((args.checkpoint / "card.json").read_text())["sizes"])).eval()
    load_weights(model, args.checkpoint)
    render, side = scenes.Renderer("cpu"), model.sizes.side
    photographs = negatives.photographs(args.photographs) if args.photographs else []
    for part in range(-(-args.count // PART)):
        file = args.out / f"{part:05}.npz"
        if file.exists():
            continue
        rng = data.seeded(args.seed, data.TRAIN, data.KEPT, part)
        torch.manual_seed(int(rng.integers(1 << 31)))
        made, tokens = [], []
        for _ in range(PART // 16):
            few = [data.choose(rng, side, args.unknown) for _ in range(16)]
            images = [render(scenes.stack([scene]), side)[0][0] if scene else unknown(rng, side, photographs) for scene in few]
            tokens.append(model.model.mm_projector(model.see(soiled(torch.stack(images)))).half().numpy())
            made += few
        unfinished = file.with_suffix(".part")
        with open(unfinished, "wb") as out:
            np.savez(out, tokens=np.concatenate(tokens), scenes=json.dumps(made))
        unfinished.replace(file)


def unknown(rng, side, photographs):
    return torch.from_numpy(negatives.any_of(rng, side, photographs)).permute(2, 0, 1) / 255


if __name__ == "__main__":
    main()

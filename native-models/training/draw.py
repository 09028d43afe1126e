"""Draws scenes as pictures, with what is in them and questions: for the tests (held out) and for the gallery.

    python draw.py OUT --count 300 [--first 0] [--pixels 1008] [--side 672] [--questions 16]
writes OUT/scene-00000.png, ..., and OUT/scenes.json: [{file, seed, scene, conversations}]. No scene is one of the training."""

import argparse
from pathlib import Path

import torch
from PIL import Image

import data
import questions
import scenes
from export import write_json


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--pixels", type=int, default=1008, help="side of the files")
    parser.add_argument("--side", type=int, default=672, help="side of what the model sees, in which lengths are given")
    parser.add_argument("--questions", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    render, listed = scenes.Renderer("cpu"), []
    for number in range(args.first, args.first + args.count):
        rng = data.seeded(args.seed, data.HELD_OUT, number)
        scene = scenes.make_scene(rng, args.side)
        asked = questions.conversations(rng, scene, args.questions, 0.1)
        image, _ = render(scenes.scaled(scenes.stack([scene]), args.pixels / args.side), args.pixels)
        file = f"scene-{number:05}.png"
        Image.fromarray((image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()).save(args.out / file)
        listed.append({"file": file, "seed": [args.seed, data.HELD_OUT, number], "scene": scene, "conversations": asked})
    write_json(args.out / "scenes.json", listed)


if __name__ == "__main__":
    main()

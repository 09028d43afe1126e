"""Mean of two checkpoints of the same sizes, weight by weight: of runs that began from the same one it is often better than either
(as model soups, arXiv 2203.05482).

    python mean.py FIRST SECOND --share 0.3 --out DIR
writes DIR with `--share` of FIRST, and whatever else SECOND has. A Llama with fewer layers than SECOND's is deepened before."""

import argparse
import json
import shutil
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from export import deepened

WEIGHTS = "model-00001-of-00001.safetensors"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the first, 0 to 1")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    shutil.copytree(args.second, args.out)
    layers = json.loads((args.second / "card.json").read_text())["sizes"]["llm_layers"]
    first, second = deepened(load_file(args.first / WEIGHTS), layers), load_file(args.second / WEIGHTS)
    with safe_open(args.second / WEIGHTS, "pt") as file:
        metadata = file.metadata()
    mean = {name: (args.share * first[name].float() + (1 - args.share) * weight.float()).to(weight.dtype) for name, weight in second.items()}
    save_file({name: weight.contiguous() for name, weight in mean.items()}, args.out / WEIGHTS, metadata=metadata)


if __name__ == "__main__":
    main()

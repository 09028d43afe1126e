"""Writes the card that the app shows of the demo model, from the checkpoint's own and an ablation's report; the figures of the
package come from `npm run eval -- --card`.

    python card.py CHECKPOINT --out ../demo/card.json --machine "2 processor cores" [--ablation DIR/ablation.json]"""

import argparse
import json
import math
from pathlib import Path

from safetensors import safe_open

from files import write_json

BARS = {"all": 0.9, "sign": 0.85, "description": 0.85}
PERSPECTIVES = {
    "local crops only": "local", "global crops only": "global", "base only": "base",
    "both without DEM": "both-without-dem", "both with DEM": "both",
}  # fmt: skip


def parameters(checkpoint):
    total = 0
    for file in checkpoint.glob("*.safetensors"):
        with safe_open(file, "pt") as weights:
            total += sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--machine", required=True, help="what it was trained on, in words")
    parser.add_argument("--ablation", type=Path, help="ablation.json")
    args = parser.parse_args()
    trained = json.loads((args.checkpoint / "card.json").read_text())
    report = json.loads(args.ablation.read_text()) if args.ablation else None
    variants = report["variants"] if report else {}
    write_json(args.out, {
        "schema": 1, "name": trained["name"],
        "training": {
            "seed": trained["seed"], "hours": trained["hours"], "machine": args.machine, "scenes": trained["scenes"],
            "parameters": parameters(args.checkpoint), "versions": trained["versions"],
        },
        "bars": BARS,
        "ablation": [{"perspectives": PERSPECTIVES[name], "accuracy": each["accuracy"]["all"] / 100} for name, each in variants.items()],
        "ablationMethod": f"{report['compared']}; {report['steps']} steps each, measured in PyTorch" if report else None,
    })  # fmt: skip


if __name__ == "__main__":
    main()

"""Accuracy on held-out scenes. With the right words so far in front of it, a model that foretells every token of an answer
writes exactly that answer when it decodes greedily; so one pass over the packed conversations is enough. (Only in a
follow-up the earlier turn is the right answer here, and the model's own in the app.)"""

from collections import defaultdict

import numpy as np
import torch

import questions
import scenes
from data import HELD_OUT, seeded, to_device
from stages import answer_logits


def held_out(seed, side, packer, batch, count, questions_each=24):
    """Batches of held-out scenes with every kind of full answer, and the kinds of the conversations that fit."""
    for first in range(0, count, batch):
        made, packed, kinds = [], [], []
        for number in range(first, min(first + batch, count)):
            rng = seeded(seed, HELD_OUT, number)
            scene = scenes.make_scene(rng, side)
            sequence, kept = packer(questions.conversations(rng, scene, questions_each, 0.1))
            made.append(scene)
            packed.append(sequence)
            kinds.append([conversation["kind"] for conversation in kept])
        text = {key: torch.from_numpy(np.stack([p[key] for p in packed])) for key in packed[0]}
        yield {"whole": scenes.stack(made), "text": text}, kinds


@torch.no_grad()
def answers_right(pictures, model, device, batches, packer):
    """{kind: [right, asked]}, "all" included. `pictures` maps a batch to what takes the picture's place, [B, T, H]."""
    tally = defaultdict(lambda: [0, 0])
    for batch, kinds in batches:
        batch = to_device(batch, device)
        logits, targets = answer_logits(model, pictures(batch), batch["text"], packer)
        wrong = torch.zeros_like(batch["text"]["targets"])
        wrong[batch["text"]["targets"] >= 0] = (logits.argmax(-1) != targets).long()
        branch = batch["text"]["branch"].clamp(min=0)
        per_branch = torch.zeros(len(branch), int(branch.max()) + 1, dtype=torch.long, device=device)
        per_branch.scatter_add_(1, branch, wrong)
        for row, names in zip(per_branch.tolist(), kinds):
            for number, name in enumerate(names, 1):
                for key in (name, "all"):
                    tally[key][0] += row[number] == 0
                    tally[key][1] += 1
    return dict(tally)


def percent(tally):
    return {key: round(100 * right / asked, 1) for key, (right, asked) in sorted(tally.items())}

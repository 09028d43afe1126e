"""Accuracy on held-out scenes.

    python evaluate.py CHECKPOINT --data test/eval/held-out.json.gz --out answers.json
writes what the checkpoint answers, in float32, to the questions that `npm run eval` asks of the package, for
`npm run eval -- --answers answers.json` to count: [[[answer of a turn]]], by scene and conversation.

While training it is counted without writing anything. With the right words so far in front of it, a model that foretells every
token of an answer writes exactly that answer when it decodes greedily; so one pass over the packed conversations is enough. (Only
in a follow-up the earlier turn is the right answer here, and the model's own in the app.)"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

import questions
import scenes
from data import HELD_OUT, seeded, to_device
from export import load_weights
from files import read_json
from model import InfLlava, Sizes
from stages import answer_logits
from tokenizer import Chat

LONGEST_ANSWER = 256


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


class Writer:
    """Writes answers about one picture, the likeliest token each time."""

    def __init__(self, model, chat, image):
        self.model, self.chat = model, chat
        self.picture = model.model.mm_projector(model.see(image))

    def answers(self, turns):
        """One for each turn, with its own earlier ones before it."""
        chat, written = self.chat, []
        ids = chat.before + [chat.pad] * self.picture.shape[1] + chat.after
        for turn in turns:
            ids += (chat.header("user") if written else []) + chat.text(turn["question"]) + [chat.end] + chat.header("assistant")
            answer = self.answer(ids, chat.answer(turn["answer"]))
            ids += answer
            written.append(chat.tokenizer.decode([id for id in answer if id != chat.end]))
        return written

    def answer(self, ids, guess):
        """Of a guess the part that the model would write too, at one look, then token by token."""
        likeliest = self.likeliest(ids + guess)[len(ids) - 1 :]
        right = next((at for at, id in enumerate(guess) if likeliest[at] != id), len(guess) - 1)
        answer = guess[:right] + likeliest[right : right + 1]
        while answer[-1] != self.chat.end and len(answer) < LONGEST_ANSWER:
            answer.append(self.likeliest(ids + answer)[-1])
        return answer

    def likeliest(self, ids):
        ids = torch.tensor([ids])
        positions = torch.arange(ids.shape[1])[None]
        return self.model.logits(self.picture, ids, positions, None, len(self.chat.before), positions >= 0).argmax(-1).tolist()


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = InfLlava(Sizes(**json.loads((args.checkpoint / "card.json").read_text())["sizes"])).eval()
    load_weights(model, args.checkpoint)
    chat, render, written = Chat(Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))), scenes.Renderer("cpu"), []
    for scene in read_json(args.data)["scenes"]:
        seen = scenes.magnified(scene["scene"], *scene["part"]) if "part" in scene else scene["scene"]
        image, _ = render(scenes.stack([seen]), model.sizes.side)
        writer = Writer(model, chat, image)
        written.append([writer.answers(conversation["turns"]) for conversation in scene["conversations"]])
    args.out.write_text(json.dumps(written))


if __name__ == "__main__":
    main()

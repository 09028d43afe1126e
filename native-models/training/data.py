"""Batches, made by worker processes: scenes as arrays, and their conversations packed into one sequence each.

A batch is a pure function of (seed, stage, step), so that a run can be taken up where it stopped and be repeated.
"""

import json

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

import negatives
import questions
import scenes

#: Streams of seeds that never meet: whatever is trained on, and what is held out.
TRAIN, HELD_OUT = 1, 2
#: Of either, streams beside the steps of stages: kept pictures, pictures that are no scenes, and parts of scenes.
KEPT, UNKNOWN, PARTS = 1 << 21, 1 << 22, 1 << 23


def seeded(seed, stream, *numbers):
    return np.random.default_rng([seed, stream, *numbers])


class Packer:
    """One sequence a scene: what comes before the picture, the picture, then windows of `window` ids, as many as `room` has,
    with several conversations each. None sees another: each sees the picture and itself, and positions start anew after the
    picture, as if it were the only one. With `rng` half of them start up to `LATER` places after it, as the later turns of a
    long chat do, and of a share `cut` only the beginning of the last answer is kept."""

    LATER = 640
    #: Of long last answers, how many ids are enough to learn what was asked for.
    BEGINNING = 6, 16

    def __init__(self, chat, tokens, room, window=768, cut=0.0):
        self.chat, self.tokens, self.window, self.cut = chat, tokens, min(window, room), cut
        self.start = len(chat.before)
        self.prefix = self.start + tokens + len(chat.after)
        self.windows = round(room / self.window)
        self.length = self.prefix + self.windows * self.window

    def __call__(self, conversations, rng=None):
        ids = np.full(self.length, self.chat.pad, np.int64)
        positions = np.zeros(self.length, np.int64)
        branch = np.full(self.length, -1, np.int64)
        targets = np.full(self.length, -100, np.int64)
        first = np.zeros(self.length, bool)
        head = self.chat.before + [self.chat.pad] * self.tokens + self.chat.after
        ids[: self.prefix], positions[: self.prefix], branch[: self.prefix] = head, np.arange(self.prefix), 0
        free, kept = self.prefix + self.window * np.arange(self.windows + 1), []
        ends = free[1:].copy()
        for made in conversations:
            turn_ids, answer = self.chat.turns([(t["question"], t["answer"]) for t in made["turns"]])
            if rng is not None and rng.random() < self.cut:
                last = len(answer) - (answer[::-1] + [False]).index(False)
                end = last + int(rng.integers(*self.BEGINNING))
                turn_ids, answer = turn_ids[:end], answer[:end]
            fitting = np.flatnonzero(free[:-1] + len(turn_ids) <= ends)
            if not len(fitting):
                continue
            at = free[fitting[0]]
            free[fitting[0]] = end = at + len(turn_ids)
            kept.append(made)
            ids[at:end], branch[at:end] = turn_ids, len(kept)
            later = int(rng.integers(self.LATER)) if rng is not None and rng.random() < 0.5 else 0
            positions[at:end] = self.prefix + later + np.arange(len(turn_ids))
            # The place before an answer's token has to foretell it.
            places = at + np.flatnonzero(answer)
            targets[places - 1] = ids[places]
            first[at + np.flatnonzero(np.diff(answer, prepend=False) & answer) - 1] = True
        return {"ids": ids, "positions": positions, "branch": branch, "targets": targets, "first": first}, kept


class Steps(IterableDataset):
    """Batches of `make(step)` from `first` on, each worker its share of them, in order."""

    def __init__(self, make, first):
        self.make, self.first = make, first

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        number, count = (worker.id, worker.num_workers) if worker else (0, 1)
        torch.set_num_threads(1)
        step = self.first + number
        while True:
            yield self.make(step)
            step += count


def batches(make, first, workers):
    options = {"prefetch_factor": 3, "persistent_workers": False} if workers else {}
    return iter(DataLoader(Steps(make, first), batch_size=None, num_workers=workers, pin_memory=torch.cuda.is_available(), **options))


#: Of scenes, how many are parts of larger ones.
PART_SHARE = 0.35


def choose(rng, side, unknown):
    """What a picture is of: a scene, a part of one, or, of a share `unknown`, None."""
    if rng.random() < unknown:
        return None
    if rng.random() < PART_SHARE:
        whole, part = scenes.make_part(rng, side)
        return scenes.part_of(whole, *part)
    return scenes.make_scene(rng, side, full=rng.random() < 0.5)


class MakeScenes:
    """Scenes only: `count` whole ones, half of them crowded, and `dense` tiles."""

    def __init__(self, seed, stage, side, count, dense):
        self.at, self.side, self.count, self.dense = (seed, TRAIN, stage), side, count, dense

    def __call__(self, step):
        rng = seeded(*self.at, step)
        whole = scenes.stack([scenes.make_scene(rng, self.side, crowded=rng.random() < 0.5) for _ in range(self.count)]) if self.count else None
        tiles = scenes.stack([scenes.make_scene(rng, self.side // 3, True) for _ in range(self.dense)]) if self.dense else None
        return {"step": step, "whole": whole, "tiles": tiles}


class MakeAnswers:
    """Scenes with packed conversations; the share of one-word answers goes from `easy[0]` to `easy[1]` over `EASY_STEPS`. With
    `photographs`, which may be none, they are asked in people's words too, and are what `choose` chooses."""

    EASY_STEPS = 1000
    #: Of a scene's conversations, how many go on from the one before: between these.
    CHATS, PEOPLES_CHATS = (0.5, 0.95), (0, 0.6)

    def __init__(self, seed, stage, side, count, packer, easy, questions_each, photographs=None, unknown=negatives.UNKNOWN):
        self.at, self.side, self.count, self.packer = (seed, TRAIN, stage), side, count, packer
        self.easy, self.questions_each, self.photographs, self.unknown = easy, questions_each, photographs, unknown

    def __call__(self, step):
        rng = seeded(*self.at, step)
        first, last = self.easy
        easy = last + (first - last) * max(0, 1 - step / self.EASY_STEPS)
        if self.photographs is None:
            made = [scenes.make_scene(rng, self.side) for _ in range(self.count)]
            asked = [questions.conversations(rng, scene, self.questions_each, easy) for scene in made]
            pictures, chats = {"whole": scenes.stack(made)}, self.CHATS
        else:
            made = [choose(rng, self.side, self.unknown) for _ in range(self.count)]
            asked = [asked_of(rng, scene, self.questions_each, easy) for scene in made]
            pictures, chats = self.pictures(rng, made), self.PEOPLES_CHATS
        packed = [self.packer(questions.joined(rng, conversations, rng.uniform(*chats)), rng)[0] for conversations in asked]
        text = {key: torch.from_numpy(np.stack([p[key] for p in packed])) for key in packed[0]}
        return {"step": step, **pictures, "text": text}

    def pictures(self, rng, made):
        """`whole` of all, and what is drawn instead of those scenes that are none: `images` [U, 3, side, side] at the places `unknown`
        [U]."""
        none = [place for place, scene in enumerate(made) if scene is None]
        whole = scenes.stack([scene or scenes.make_scene(rng, self.side) for scene in made])
        if not none:
            return {"whole": whole}
        images = [negatives.any_of(rng, self.side, self.photographs) for _ in none]
        return {"whole": whole, "unknown": torch.tensor(none), "images": torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2) / 255}


class MakeKept:
    """Kept pictures (pictures.py) with packed conversations in their own words and in people's; a batch depends on what has been
    kept so far too."""

    LOOK_EVERY = 100

    def __init__(self, seed, stage, folder, count, packer, easy, questions_each):
        self.at, self.folder, self.count, self.packer = (seed, TRAIN, stage), folder, count, packer
        self.easy, self.questions_each = easy[0], questions_each
        self.parts, self.asked = {}, 0

    def __call__(self, step):
        if self.asked % self.LOOK_EVERY == 0:
            for file in self.folder.glob("*.npz"):
                if file.name not in self.parts:
                    with np.load(file) as part:
                        self.parts[file.name] = part["tokens"], json.loads(str(part["scenes"]))
        self.asked += 1
        rng, names = seeded(*self.at, step), sorted(self.parts)
        pictures, packed = [], []
        for _ in range(self.count):
            tokens, made = self.parts[names[int(rng.integers(len(names)))]]
            at = int(rng.integers(len(made)))
            conversations = asked_of(rng, made[at], self.questions_each, self.easy)
            pictures.append(tokens[at])
            packed.append(self.packer(questions.joined(rng, conversations, rng.uniform(0, 0.6)), rng)[0])
        text = {key: torch.from_numpy(np.stack([p[key] for p in packed])) for key in packed[0]}
        return {"step": step, "pictures": torch.from_numpy(np.stack(pictures)).float(), "text": text}


def asked_of(rng, scene, count, easy):
    """Conversations in their own words and in people's; None is a picture that is no scene."""
    if scene is None:
        return questions.unknown(rng, count // 2)
    return questions.conversations(rng, scene, count, easy, "mixed")


def to_device(batch, device):
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    return batch.to(device, non_blocking=True) if torch.is_tensor(batch) else batch

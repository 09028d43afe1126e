"""The stages of the training, in order, from dense labels to answers, and what each of them learns from."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import scenes
from model import N, split_heads, window_mask
from patches import IGNORE, LABELS, LETTERS, dense_labels, within_tile


@dataclass(frozen=True)
class Stage:
    name: str
    #: Of the whole training's time.
    share: float
    rate: float
    #: Rate of the tower, of `rate`; 0 leaves it as it is.
    tower: float
    #: Dense tiles for every whole scene; whole scenes are three tiles a side.
    tiles: int = 0
    dense: float = 1.0
    answers: bool = False
    #: Share of one-word answers, at the stage's beginning and at its end.
    easy: tuple = (0.0, 0.0)
    #: What the projector made of pictures was kept before (pictures.py).
    kept: bool = False
    #: Asked in the words of people too, of parts of scenes and of pictures that are no scenes as well.
    people: bool = False


STAGES = [
    Stage("tower", share=0.22, rate=2e-3, tower=1, tiles=36),
    Stage("language", share=0.25, rate=3e-3, tower=0, answers=True, easy=(0.9, 0.15)),
    Stage("fluency", share=0.2, rate=2.5e-3, tower=0, answers=True, easy=(0.5, 0.1)),
    Stage("dem", share=0.18, rate=1.5e-3, tower=1, tiles=6),
    Stage("answers", share=0.15, rate=8e-4, tower=0.5, dense=0.5, answers=True, easy=(0.25, 0.1)),
    Stage("words", share=0.15, rate=1.5e-3, tower=0, answers=True, easy=(0.15, 0.15), kept=True, people=True),
    Stage("parts", share=0.15, rate=1.2e-3, tower=0.25, dense=0.25, answers=True, easy=(0.15, 0.15), people=True),
]


#: Stages in which the oracle takes the picture's place; in the second it stays as it is, so that DEM can aim at it meanwhile.
BLIND = ("language", "fluency")


class DenseHead(nn.Module):
    """One linear map from a token to every part of its label."""

    def __init__(self, width):
        super().__init__()
        self.parts = {**LABELS, "letter": LETTERS, "word": scenes.MAX_LETTERS * LETTERS, "order": scenes.MAX_LETTERS}
        self.linear = nn.Linear(width, sum(self.parts.values()))

    def forward(self, tokens):
        split = self.linear(tokens).split(list(self.parts.values()), -1)
        out = dict(zip(self.parts, split))
        out["word"] = out["word"].unflatten(-1, (-1, LETTERS))
        return out


class Oracle(nn.Module):
    """What the projector should make of a picture, straight from its labels and their places: [B, T] of every part ->
    [B, T, H]. The Llama learns from it to find its way among picture tokens before there are any."""

    #: Of the tokens, how many are taken for another one of the batch: the real ones will not be faultless.
    MISTAKES = 0.02

    def __init__(self, sizes):
        super().__init__()
        self.parts = {**{part: (1, count) for part, count in LABELS.items()}, "word": (scenes.MAX_LETTERS, LETTERS)}
        self.tables = nn.ModuleDict({part: nn.Embedding(places * (count + 1), sizes.llm_width) for part, (places, count) in self.parts.items()})
        for table in self.tables.values():
            nn.init.normal_(table.weight, std=0.3)
        self.rows, self.columns = (nn.Parameter(0.3 * torch.randn(sizes.grid, 1, sizes.llm_width)) for _ in range(2))

    def forward(self, labels):
        total = (self.rows + self.columns.transpose(0, 1)).flatten(0, 1)
        for part, (places, count) in self.parts.items():
            # A place of its own for what there is nothing to say of.
            index = labels[part] if places > 1 else labels[part][..., None]
            index = torch.where(index < 0, count, index)
            total = total + self.tables[part](index + torch.arange(places, device=index.device) * (count + 1)).sum(-2)
        return total

    def mistaken(self, labels):
        first = next(iter(labels.values()))
        wrong = torch.rand(first.shape[:2], device=first.device) < self.MISTAKES
        other = torch.randperm(len(first), device=first.device)
        return {part: torch.where(wrong.view(*wrong.shape, *[1] * (t.dim() - 2)), t[other], t) for part, t in labels.items()}


class Heads(nn.Module):
    """What is needed in training only."""

    def __init__(self, sizes):
        super().__init__()
        self.tower = DenseHead(sizes.width)
        self.dem = DenseHead(sizes.width)
        self.oracle = Oracle(sizes)


#: In whole scenes there are fewer things than in dense tiles.
CROP_WEIGHTS = {"tile": 1.0, "local": 0.25, "global": 0.25}
#: What is hardest to learn: letters and their order, of which a sign's text is made, and kinds of small shapes.
WEIGHTS = {"kind": 3.0, "letter": 4.0, "order": 4.0, "word": 12.0}
GAZE = 0.5
#: How much an answer's first token counts: yes or no, or which kind of sentence; what follows is easier once it is said.
FIRST = 6.0
#: Parts without a "none" that is common.
EVEN = ("word", "order")


def dense_loss(out, labels):
    """Mean over the parts; in each, "none" counts half as much as all else together, however common it is. Not so in words: an
    order that is not sure is no order, a letter has to be none in every other place."""
    losses = []
    for part, target in labels.items():
        logits, target = out[part].flatten(0, -2).float(), target.flatten()
        each = F.cross_entropy(logits, target, ignore_index=IGNORE, reduction="none")
        if part in EVEN:
            loss = each.sum() / (target >= 0).sum().clamp(min=1)
        else:
            some, none = target > 0, target == 0
            loss = (each * some).sum() / some.sum().clamp(min=1) + 0.5 * (each * none).sum() / none.sum().clamp(min=1)
        losses.append(WEIGHTS.get(part, 1.0) * loss)
    return torch.stack(losses).mean()


def dense_right(out, labels):
    """Share that is right of what is there, by part; letters of a sign count when all of a cell and their order are right."""
    right = {}
    for part, target in labels.items():
        same = out[part].argmax(-1) == target
        asked = target >= 0 if part in ("size", "order") else target > 0
        if part == "word":
            same, asked = same.all(-1), (target > 0).any(-1)
        right[part] = ((same & asked).sum() / asked.sum().clamp(min=1)).item()
    return right


def without(labels, *parts):
    return {part: target for part, target in labels.items() if part not in parts}


def cut(target, grid):
    """[B, 3g, 3g, ...] -> [B, 9, T, ...], as the local crops' tokens lie."""
    blocks = target.unflatten(2, (N, grid)).unflatten(1, (N, grid)).transpose(2, 3)
    return blocks.flatten(3, 4).flatten(1, 2)


def cells_of_tokens(sizes):
    """[T, 9T]: true where a local crops' token lies in the part of the picture that is the token's of DEM: in the nearest one
    that looks at that crop, as letters count (dense_labels)."""
    at = (torch.arange(N * sizes.grid) + 0.5) * sizes.patch
    own = (within_tile(at, N * sizes.patch, sizes.tile) / (N * sizes.patch)).long()
    own = cut((own[:, None] * sizes.grid + own)[None], sizes.grid).flatten()
    return torch.arange(sizes.tokens)[:, None] == own


def soiled(image):
    """Pictures as they come: resampling makes edges softer or sharper, and compression changes pixels a little."""
    soft = F.avg_pool2d(image, 3, 1, 1, count_include_pad=False)
    amounts = [torch.rand(len(image), channels, 1, 1, device=image.device) for channels in (1, 3, 1)]
    image = image + (amounts[0] - 0.5) * (image - soft)
    gain = 1 + 0.06 * (amounts[1] - 0.5)
    return (image * gain + 0.02 * amounts[2] * torch.randn_like(image)).clamp(0, 1)


class Teacher:
    """Loss of one batch on one device."""

    def __init__(self, model, heads, device):
        self.model, self.heads, self.device = model, heads, device
        self.render = scenes.Renderer(device)
        self.sizes = model.sizes
        self.own = cells_of_tokens(model.sizes).to(device)

    def tower_reads(self, batch, local, globe, owner, labels, noise):
        """{kind of crop: (what the tower's heads read from it, what is there)}: of dense tiles and of the crops of whole scenes."""
        s = self.sizes
        fine = self.local_labels(batch, owner)
        coarse = without(labels, "word", "order")
        reads = {"local": (self.heads.tower(local), fine), "global": (self.heads.tower(globe), coarse)}
        if batch.get("tiles") is not None:
            image, owner = self.render(batch["tiles"], s.tile)
            image = soiled(image) if noise else image
            labels = dense_labels(batch["tiles"], owner, s.patch, s.tile)
            labels = {part: target.flatten(1, 2) for part, target in labels.items()}
            reads["tile"] = self.heads.tower(self.model.tower((image - self.model.mean) / self.model.std)), labels
        return reads

    def features(self, batch, noise, frozen):
        image, owner = self.render(batch["whole"], self.sizes.side)
        if "unknown" in batch:
            image[batch["unknown"]] = batch["images"]
        if noise:
            image = soiled(image)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
            local, globe = self.model.features(image)
        return local, globe, owner

    def gaze_loss(self, dem, local, globe, fine, labels):
        """Where the heads of DEM's attention are to look in the local crops: each of the first ones at one letter of a sign, the
        others at the thing that lies in the token's part of the picture. The right place is what they find last by themselves."""
        wq, wk = dem.attention.linears[:2]
        q, k = split_heads(wq(globe), dem.attention.HEADS).float(), split_heads(wk(local.flatten(1, 2)), dem.attention.HEADS).float()
        scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(~dem.window, -torch.inf).log_softmax(-1)
        order, kind = fine["order"].flatten(1), fine["kind"].flatten(1)
        letters = [self.own & (order == place)[:, None] for place in range(scenes.MAX_LETTERS)]
        thing = self.own & (kind[:, None] == labels["kind"][..., None]) & (kind > 0)[:, None]
        wanted = torch.stack([*letters, *[thing] * (dem.attention.HEADS - scenes.MAX_LETTERS)], 1)
        found = scores.masked_fill(~wanted, -torch.inf).logsumexp(-1)[wanted.any(-1)]
        # Of a batch without a letter or a thing there is nothing to say.
        return -found.sum() / max(1, len(found))

    def labels_alone(self, batch):
        """Labels of DEM's tokens without the picture: things are drawn at a third of its size, which is enough to tell whose a
        token is."""
        small = scenes.scaled(batch["whole"], 1 / N)
        owner = self.render.owners(small, self.sizes.tile)
        labels = dense_labels(small, owner, self.sizes.patch, self.sizes.tile / N)
        return {part: target.flatten(1, 2) for part, target in without(labels, "letter").items()}

    def local_labels(self, batch, owner):
        """[B, 9, T, ...] of every part, as the local crops' tokens lie."""
        labels = self.labels(batch, owner, self.sizes.patch)
        return {part: cut(target, self.sizes.grid) for part, target in labels.items()}

    def dem_labels(self, batch, owner):
        labels = self.labels(batch, owner, N * self.sizes.patch)
        return {part: target.flatten(1, 2) for part, target in without(labels, "letter").items()}

    def labels(self, batch, owner, cell):
        """dense_labels of whole scenes; of pictures that are none there is nothing to say."""
        labels = dense_labels(batch["whole"], owner, cell, self.sizes.tile)
        if "unknown" in batch:
            for target in labels.values():
                target[batch["unknown"]] = IGNORE
        return labels

    def loss(self, stage, batch, packer):
        if stage.kept:
            return self.answer_loss(batch["pictures"], batch, packer)
        if stage.name in BLIND:
            pictures = self.heads.oracle(self.heads.oracle.mistaken(self.labels_alone(batch)))
            return self.answer_loss(pictures, batch, packer)
        local, globe, owner = self.features(batch, True, stage.tower == 0)
        labels = self.dem_labels(batch, owner)
        reads = self.tower_reads(batch, local, globe, owner, labels, True)
        crops = sum(CROP_WEIGHTS[crop] * dense_loss(*read) for crop, read in reads.items())
        if stage.name == "tower":
            return crops
        seen = self.model.model.spatial_embed(local, globe)
        # The tower is not done with learning: what it is to see is said to itself too.
        dense = crops + dense_loss(self.heads.dem(seen), labels) + GAZE * self.gaze_loss(self.model.model.spatial_embed, local, globe, reads["local"][1], labels)
        pictures = self.model.model.mm_projector(seen)
        if stage.name == "dem":
            return dense + F.mse_loss(pictures, self.heads.oracle(labels).detach())
        return stage.dense * dense + self.answer_loss(pictures, batch, packer)

    def answer_loss(self, pictures, batch, packer):
        logits, targets = answer_logits(self.model, pictures, batch["text"], packer)
        weights = torch.where(batch["text"]["first"][batch["text"]["targets"] >= 0], FIRST, 1.0)
        return (weights * F.cross_entropy(logits.float(), targets, reduction="none")).sum() / weights.sum()

    @torch.no_grad()
    def measure(self, stage, batch):
        if stage.name in BLIND or stage.kept:
            return {}
        local, globe, owner = self.features(batch, False, True)
        labels = self.dem_labels(batch, owner)
        reads = self.tower_reads(batch, local, globe, owner, labels, False) if stage.tiles else {}
        right = {f"{crop} {part}": share for crop, read in reads.items() for part, share in dense_right(*read).items()}
        if stage.name == "tower":
            return right
        seen = self.model.model.spatial_embed(local, globe)
        far = F.mse_loss(self.model.model.mm_projector(seen), self.heads.oracle(labels)).item()
        if reads:
            right["gaze"] = self.gaze_loss(self.model.model.spatial_embed, local, globe, reads["local"][1], labels).item()
        return right | {f"dem {part}": share for part, share in dense_right(self.heads.dem(seen), labels).items()} | {"from oracle": far}

    def pictures(self, stage, batch):
        """[B, T, H]: what takes the picture's place when answers are measured."""
        if stage.name in BLIND:
            return self.heads.oracle(self.labels_alone(batch))
        local, globe, _ = self.features(batch, False, True)
        return self.model.model.mm_projector(self.model.model.spatial_embed(local, globe))


def answer_logits(model, pictures, text, packer):
    keep, mask = text["targets"] >= 0, window_mask(text["branch"], packer.prefix, packer.window)
    logits = model.logits(pictures, text["ids"], text["positions"], mask, packer.start, keep)
    return logits, text["targets"][keep]

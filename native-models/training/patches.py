"""What lies in every patch of a drawn scene: what the tower and DEM are to say of their tokens."""

import torch
import torch.nn.functional as F

from scenes import ALPHABET, COLOURS, GROUNDS, KINDS, MAX_LETTERS, MAX_SHAPES, MAX_SIGNS, SIZES

#: Classes of every letter, and of every other part of a label; 0 is "none", except of sizes, which are asked only where there is
#: a shape.
LETTERS = len(ALPHABET) + 1
LABELS = {"kind": len(KINDS) + 2, "colour": len(COLOURS) + 1, "size": len(SIZES), "centre": 2, "ground": len(GROUNDS) + 1}
IGNORE = -100


@torch.no_grad()
def dense_labels(batch, owner, cell, tile):
    """Of each `cell` x `cell` pixels: kind, colour, size, whether a thing's centre is in it, the ground around it and the letter
    whose centre is in it, [B, g, g] each; `word` [B, g, g, 5], on signs: the first, second ... letter of the sign where its centre
    is, 0 elsewhere; `order` [B, g, g]: which letter of its sign the first one of the cell is, from 0 on. A letter counts for the
    nearest cell that is looked at from its own local crop of `tile` x `tile` pixels."""
    count, side, _ = owner.shape
    g = side // cell
    things = MAX_SHAPES + MAX_SIGNS
    share = shares(owner, cell, g, things)
    shapes, signs, letters = batch["shapes"], batch["signs"], batch["letters"]
    device = owner.device
    xs = torch.cat([shapes[..., 3], signs[..., 2]], 1)
    ys = torch.cat([shapes[..., 4], signs[..., 3]], 1)
    there = torch.cat([shapes[..., 0] >= 0, signs[..., 0] > 0], 1)
    centres = there[..., None, None] & (F.one_hot(places(xs, ys, cell, g), g * g).view(count, things, g, g) > 0)
    # Of the things that are there one whose centre is, or else the one of which the largest part is: small ones are neither
    # overlooked nor hidden by large ones.
    part = torch.where(share > 0.04, share / share.sum((2, 3), keepdim=True).clamp(min=1e-6), 0)
    part = torch.where(centres, part + 1, part)
    best = part.argmax(1)
    some = part.amax(1) > 0
    kinds = torch.cat([shapes[..., 0] + 1, torch.full(signs.shape[:2], len(KINDS) + 1, device=device)], 1)
    colours = torch.cat([shapes[..., 1], signs[..., 1]], 1) + 1
    sizes = torch.cat([shapes[..., 2], torch.full(signs.shape[:2], IGNORE, device=device)], 1)
    pick = best.view(count, -1)

    def of_thing(values, none):
        picked = values.long().gather(1, pick).view(count, g, g)
        return torch.where(some, picked, none)

    text = (letters >= 0).sum(-1, keepdim=True)
    height = signs[..., 6, None]
    x = signs[..., 2, None] + (torch.arange(MAX_LETTERS, device=device) - (text - 1) / 2) * height
    y = signs[..., 3, None].expand_as(x)
    x, y = within_tile(x, cell, tile), within_tile(y, cell, tile)
    letter = marks((letters + 1).view(count, -1), x.reshape(count, -1), y.reshape(count, -1), cell, g)
    word = torch.stack([marks(letters[..., k] + 1, x[..., k], y[..., k], cell, g) for k in range(MAX_LETTERS)], -1)
    lettered = word > 0
    on_sign = (some & (best >= MAX_SHAPES)) | (letter > 0)
    return {
        "kind": of_thing(kinds, 0), "colour": of_thing(colours, 0), "size": of_thing(sizes, IGNORE),
        "centre": centres.any(1).long(),
        "ground": batch["ground"][:, 0, None, None].long().expand(-1, g, g) + 1, "letter": letter,
        "order": torch.where(lettered.any(-1), lettered.long().argmax(-1), IGNORE), "word": torch.where(on_sign[..., None], word, IGNORE),
    }  # fmt: skip


def shares(owner, cell, g, things):
    """[B, things, g, g]: of every cell the part that shows each thing."""
    at = torch.arange(owner.shape[1], device=owner.device) // cell
    at = (at[:, None] * g + at) * (things + 1) + torch.arange(len(owner), device=owner.device)[:, None, None] * (g * g * (things + 1))
    counts = torch.bincount((at + 1 + owner).flatten(), minlength=len(owner) * g * g * (things + 1))
    return counts.view(len(owner), g, g, -1)[..., 1:].permute(0, 3, 1, 2) / cell**2


def places(x, y, cell, g):
    """[B, k]: the number of the cell that each point (x, y) lies in, row by row."""
    return (y / cell).long().clamp(0, g - 1) * g + (x / cell).long().clamp(0, g - 1)


def within_tile(v, cell, tile):
    """Moves a place to the nearest cell whose middle is in the same tile."""
    start = v // tile * tile
    first, last = (start / cell - 0.5).ceil(), ((start + tile) / cell - 0.5).ceil() - 1
    return ((v / cell).floor().clamp(first, last) + 0.5) * cell


def marks(values, x, y, cell, g):
    """[B, g, g]: the largest of `values` [B, k] whose point (x, y) lies in the cell."""
    at = places(x, y, cell, g)
    empty = torch.zeros(len(values), g * g, dtype=torch.long, device=values.device)
    return empty.scatter_reduce_(1, at, values, "amax").view(-1, g, g)

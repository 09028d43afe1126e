"""Drawn scenes: what is in one (plain data, from a seed) and how it looks (torch, many at once, on any device).

A scene is a dict of JSON values, lengths in pixels of its side: `ground`, `shapes` and `signs`. `make_scene` chooses one,
`to_arrays` lays it out in arrays of fixed size, `render` draws a batch of those as floats in 0..1, and `dense_labels` says
what lies in every patch. Letters are the strokes of `../image/stroke-font.ts`, so the app can draw the same scenes.
"""

import math
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

COLOURS = {
    "red": (214, 40, 40), "orange": (240, 130, 30), "yellow": (245, 210, 50), "green": (50, 160, 70),
    "blue": (40, 90, 200), "purple": (130, 60, 170), "pink": (240, 130, 180), "brown": (120, 75, 40),
    "white": (245, 245, 240), "black": (25, 25, 28),
}  # fmt: skip
KINDS = ["circle", "square", "triangle", "star", "diamond", "hexagon", "cross", "heart", "ring"]
GROUNDS = ["plain", "graded", "striped", "checked", "speckled"]
#: Radius over the picture's side. The gaps between the ranges keep the words decidable.
SIZES = {"tiny": (0.013, 0.02), "small": (0.028, 0.042), "medium": (0.06, 0.085), "large": (0.12, 0.18)}
COLOUR_NAMES, SIZE_NAMES = list(COLOURS), list(SIZES)
#: Zero is left out: it is drawn as the letter O.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789"
WORDS = "OPEN EXIT STOP CAFE TAXI BUS SHOP HOTEL BANK ZOO PARK SALE MENU NORTH EAST GATE ROOM FIRE TEA BOOKS".split()
MAX_SHAPES, MAX_SIGNS, MAX_LETTERS = 10, 3, 5
#: Letters of the sharpest picture the model sees (n * tile pixels a side): a third of it leaves 5 to 7 pixels.
LETTER_HEIGHT = (14.0, 22.0)


# ---------------------------------------------------------------- what is in a scene


def make_scene(rng, side=672, dense=False, crowded=False):
    """A scene of `side` pixels; for what is learnt from labels, `dense` fills a single tile with small things, and `crowded`
    puts as many into a whole scene as it may have."""
    ground, tones = make_ground(rng)
    colours = [name for name, rgb in COLOURS.items() if min(distance(rgb, tone) for tone in tones) > 100]
    scene = {"side": side, "ground": ground, "shapes": [], "signs": []}
    signs = int(rng.choice([1, 2, 2, 3] if dense else [0, 1, 1, 2, 2, 3]))
    if crowded:
        signs = MAX_SIGNS
    for colour in rng.permutation(colours)[:signs]:
        add_sign(rng, scene, str(colour), dense)
    shapes = MAX_SHAPES if crowded else int(rng.integers(2, 5)) if dense else int(rng.integers(2, 8))
    repeated = None
    for _ in range(shapes):
        if repeated is None or rng.random() > 0.45:
            repeated = str(rng.choice(KINDS)), str(rng.choice(colours))
        size = str(rng.choice(SIZE_NAMES, p=[0.35, 0.35, 0.2, 0.1] if dense else [0.25, 0.3, 0.25, 0.2]))
        add_shape(rng, scene, *repeated, size, dense)
    return scene


def make_ground(rng):
    """Muted, so that no thing is taken for it; with the colours it is made of."""
    first = rng.uniform(40, 225) + rng.uniform(-22, 22, 3)
    second = first + rng.choice([-1, 1]) * rng.uniform(14, 36) + rng.uniform(-8, 8, 3)
    first, second = (np.clip(tone, 0, 255).round().astype(int).tolist() for tone in (first, second))
    kind = str(rng.choice(GROUNDS))
    ground = {
        "kind": kind, "first": first, "second": first if kind == "plain" else second,
        "angle": float(rng.uniform(0, 2 * math.pi)), "period": float(rng.uniform(0.04, 0.15)),
        "seed": int(rng.integers(1 << 20)),
    }  # fmt: skip
    return ground, (ground["first"], ground["second"])


def distance(a, b):
    return math.dist(a, b)


def add_shape(rng, scene, kind, colour, size, dense):
    side = scene["side"]
    unit = 3 * side if dense else side  # a tile is a third of a picture
    for _ in range(30):
        r = float(rng.uniform(*SIZES[size])) * unit
        # Part of a large shape may stick out of a dense tile, as tiles cut shapes.
        inset = 0.3 * r if dense and r > 0.15 * side else r + 2
        if 2 * inset >= side:
            continue
        x, y = (float(v) for v in rng.uniform(inset, side - inset, 2))
        if not dense and near_border_of_thirds(x, y, side):
            continue
        box = (x - r, y - r, x + r, y + r)
        if not any(overlap(box, other) for other in boxes(scene)):
            shape = {"kind": kind, "colour": colour, "size": size, "x": x, "y": y, "r": r}
            shape["angle"] = float(rng.uniform(-0.3, 0.3))
            shape["rgb"] = jitter(rng, colour)
            scene["shapes"].append(shape)
            return


def add_sign(rng, scene, colour, dense):
    side = scene["side"]
    if rng.random() < 0.25:
        text = str(rng.choice(WORDS))
    else:
        text = "".join(rng.choice(list(ALPHABET), int(rng.integers(2, MAX_LETTERS + 1))))
    height = float(rng.uniform(*LETTER_HEIGHT))
    width = (len(text) - 1 / 3) * height
    w, h = width + height * float(rng.uniform(0.9, 1.8)), height * float(rng.uniform(1.9, 2.8))
    for _ in range(30):
        x, y = place_text(rng, side, width, w, dense), place_text(rng, side, height, h, dense)
        if x is None or y is None:
            continue
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        if not any(overlap(box, other) for other in boxes(scene)):
            rgb = jitter(rng, colour)
            dark = sum(rgb) / 3 < 125
            ink = (rng.uniform(225, 255, 3) if dark else rng.uniform(0, 45, 3)).round().astype(int).tolist()
            sign = {"colour": colour, "text": text, "x": x, "y": y, "w": w, "h": h, "height": height}
            sign |= {"stroke": height * float(rng.uniform(0.13, 0.2)), "rgb": rgb, "ink": ink}
            scene["signs"].append(sign)
            return


def place_text(rng, side, text, plate, dense):
    """The middle of a sign along one axis: of its text one local crop shows all, its plate may reach into the next; None if
    the crop that was drawn has no room. A dense tile is a crop itself, and cuts plates."""
    tile = side if dense else side / 3
    start = tile * float(0 if dense else rng.integers(3))
    least, most = start + text / 2 + 2, start + tile - text / 2 - 2
    if not dense:
        least, most = max(least, plate / 2 + 2), min(most, side - plate / 2 - 2)
    return float(rng.uniform(least, most)) if least < most else None


def jitter(rng, colour):
    return np.clip(np.array(COLOURS[colour]) + rng.uniform(-14, 14, 3), 0, 255).round().astype(int).tolist()


def near_border_of_thirds(x, y, side):
    return any(abs(v / side - edge) < 0.025 for v in (x, y) for edge in (1 / 3, 2 / 3))


def boxes(scene):
    for s in scene["shapes"]:
        yield s["x"] - s["r"], s["y"] - s["r"], s["x"] + s["r"], s["y"] + s["r"]
    for s in scene["signs"]:
        yield s["x"] - s["w"] / 2, s["y"] - s["h"] / 2, s["x"] + s["w"] / 2, s["y"] + s["h"] / 2


def overlap(a, b, gap=6):
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


# ---------------------------------------------------------------- arrays of fixed size


def to_arrays(scene):
    """shapes [10, 10]: kind or -1, colour, size, x, y, r, angle, rgb. signs [3, 14]: 1 or 0, colour, x, y, w, h, height,
    stroke, rgb, rgb of the letters. letters [3, 5]: index in ALPHABET or -1. ground [10]."""
    shapes = np.full((MAX_SHAPES, 10), -1, np.float32)
    for row, s in zip(shapes, scene["shapes"]):
        row[:3] = KINDS.index(s["kind"]), COLOUR_NAMES.index(s["colour"]), SIZE_NAMES.index(s["size"])
        row[3:] = [s["x"], s["y"], s["r"], s["angle"], *s["rgb"]]
    signs = np.zeros((MAX_SIGNS, 14), np.float32)
    letters = np.full((MAX_SIGNS, MAX_LETTERS), -1, np.int64)
    for row, text, s in zip(signs, letters, scene["signs"]):
        row[:] = [1, COLOUR_NAMES.index(s["colour"]), s["x"], s["y"], s["w"], s["h"], s["height"], s["stroke"], *s["rgb"], *s["ink"]]
        text[: len(s["text"])] = [ALPHABET.index(c) for c in s["text"]]
    g = scene["ground"]
    ground = np.array([GROUNDS.index(g["kind"]), *g["first"], *g["second"], g["angle"], g["period"], g["seed"]], np.float32)
    return {"shapes": shapes, "signs": signs, "letters": letters, "ground": ground}


def scaled(batch, factor):
    """The same scenes for a picture `factor` times as large."""
    shapes, signs = batch["shapes"].clone(), batch["signs"].clone()
    shapes[..., 3:6] *= factor
    signs[..., 2:8] *= factor
    return {**batch, "shapes": shapes, "signs": signs}


def stack(scenes):
    arrays = [to_arrays(scene) for scene in scenes]
    return {key: torch.from_numpy(np.stack([a[key] for a in arrays])) for key in arrays[0]}


# ---------------------------------------------------------------- how it looks

ANGLES = 2048


def outlines():
    """Radius of each kind's outline by angle, of the unit circle that holds it: [kinds, ANGLES]."""
    t = torch.arange(ANGLES) * (2 * math.pi / ANGLES)

    def polygon(points):
        r = torch.zeros(ANGLES)
        for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1]):
            # Ray (cos t, sin t) against the edge.
            ex, ey = x1 - x0, y1 - y0
            det = torch.cos(t) * ey - torch.sin(t) * ex
            s = (x0 * ey - y0 * ex) / det
            u = (x0 * torch.sin(t) - y0 * torch.cos(t)) / det
            hit = (s > 0) & (u >= -1e-6) & (u <= 1 + 1e-6)
            r = torch.where(hit, torch.maximum(r, s), r)
        return r

    def regular(corners, start=-math.pi / 2):
        return [(math.cos(start + i * 2 * math.pi / corners), math.sin(start + i * 2 * math.pi / corners)) for i in range(corners)]

    star = [(x * k, y * k) for i, (x, y) in enumerate(regular(10)) for k in [1 if i % 2 == 0 else 0.42]]
    a = 0.32
    cross = [(a, a), (a, 0.94), (-a, 0.94), (-a, a), (-0.94, a), (-0.94, -a), (-a, -a), (-a, -0.94), (a, -0.94), (a, -a), (0.94, -a), (0.94, a)]
    p = torch.linspace(0, 2 * math.pi, 97)[:-1]
    hx, hy = torch.sin(p) ** 3, -(13 * torch.cos(p) - 5 * torch.cos(2 * p) - 2 * torch.cos(3 * p) - torch.cos(4 * p)) / 17
    heart = list(zip(hx.tolist(), (hy - 0.05).tolist()))
    diamond = [(0, -1), (0.66, 0), (0, 1), (-0.66, 0)]
    circle = torch.ones(ANGLES)
    return torch.stack([
        circle, polygon(regular(4, math.pi / 4)), polygon(regular(3)), polygon(star), polygon(diamond),
        polygon(regular(6, 0)), polygon(cross), polygon(heart), circle,
    ])  # fmt: skip


def letter_distances(samples=8):
    """Distance to each letter's strokes, in units of a sixth of its height, over x -1..5 and y -1..7: [35, 8s, 6s]."""
    source = (Path(__file__).parent.parent / "image" / "stroke-font.ts").read_text()
    strokes = dict(re.findall(r"^  '?(\w)'?: '([\d |]+)',", source, re.M))
    x = (torch.arange(6 * samples) + 0.5) / samples - 1
    y = (torch.arange(8 * samples) + 0.5) / samples - 1
    at = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1)[..., [1, 0]]
    fields = []
    for letter in ALPHABET:
        field = torch.full(at.shape[:2], 9.0)
        for stroke in strokes[letter].split("|"):
            points = [torch.tensor([float(p[0]), float(p[1])]) for p in stroke.split()]
            for a, b in zip(points, points[1:]):
                along = (((at - a) @ (b - a)) / ((b - a) @ (b - a))).clamp(0, 1)
                field = torch.minimum(field, (at - a - along[..., None] * (b - a)).norm(dim=-1))
        fields.append(field)
    return torch.stack(fields)


class Renderer:
    """Draws batches of `to_arrays`, antialiased, on one device."""

    def __init__(self, device):
        self.device = device
        self.outlines = outlines().to(device)
        slope = (self.outlines.roll(-1, 1) - self.outlines.roll(1, 1)) * (ANGLES / (4 * math.pi))
        # Of the distance along the ray, the part that is across the outline; corners are held back.
        self.across = 1 / (1 + (slope / self.outlines).clamp(-3, 3) ** 2).sqrt()
        self.letters = letter_distances().to(device)

    @torch.no_grad()
    def __call__(self, batch, side):
        """[B, 3, side, side] in 0..1 and, for the labels, which thing each pixel shows: [B, side, side], -1 for none,
        a shape's row, or MAX_SHAPES + a sign's row."""
        grid = torch.arange(side, device=self.device) + 0.5
        y, x = grid[:, None], grid[None, :]
        image = self.ground(batch["ground"], side)
        owner = torch.full((len(image), side, side), -1, dtype=torch.int8, device=self.device)
        # Rows are filled from the first on.
        shapes = int((batch["shapes"][..., 0] >= 0).sum(1).max())
        for i in range(shapes):
            row = batch["shapes"][:, i]
            cover = self.shape_cover(row, x, y)
            image = torch.lerp(image, rgb(row[:, 7:10]), cover[:, None])
            owner = torch.where(cover > 0.5, i, owner)
        ink = self.ink(batch, side)
        for i in range(MAX_SIGNS):
            row = batch["signs"][:, i]
            cover = sign_cover(row, x, y)
            image = torch.lerp(image, rgb(row[:, 8:11]), cover[:, None])
            image = torch.lerp(image, rgb(row[:, 11:14]), (cover * ink)[:, None])
            owner = torch.where(cover > 0.5, MAX_SHAPES + i, owner)
        return image, owner

    @torch.no_grad()
    def owners(self, batch, side):
        """Which thing each pixel shows, as above, and no more."""
        grid = torch.arange(side, device=self.device) + 0.5
        y, x = grid[:, None], grid[None, :]
        owner = torch.full((len(batch["signs"]), side, side), -1, dtype=torch.int8, device=self.device)
        for i in range(int((batch["shapes"][..., 0] >= 0).sum(1).max())):
            owner = torch.where(self.shape_cover(batch["shapes"][:, i], x, y) > 0.5, i, owner)
        for i in range(MAX_SIGNS):
            owner = torch.where(sign_cover(batch["signs"][:, i], x, y) > 0.5, MAX_SHAPES + i, owner)
        return owner

    def shape_cover(self, row, x, y):
        kind, cx, cy, r, angle = (row[:, i, None, None] for i in (0, 3, 4, 5, 6))
        dx, dy = x - cx, y - cy
        distance = (dx * dx + dy * dy).sqrt()
        turn = torch.remainder(torch.atan2(dy, dx) - angle, 2 * math.pi) * (ANGLES / (2 * math.pi))
        at = kind.long().clamp(min=0) * ANGLES + turn.long().clamp(max=ANGLES - 1)
        cover = (0.5 + (self.outlines.flatten()[at] * r - distance) * self.across.flatten()[at]).clamp(0, 1)
        hole = (0.5 + 0.55 * r - distance).clamp(0, 1) * (kind == KINDS.index("ring"))
        return cover * (1 - hole) * (kind >= 0)

    def ground(self, row, side):
        """Side-independent textures: the period is a share of the picture's side."""
        grid = (torch.arange(side, device=self.device) + 0.5) / side
        kind, angle, period, seed = (row[:, i, None, None] for i in (0, 7, 8, 9))
        y, x = grid[None, :, None], grid[None, None, :]
        u, v = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
        wave_u, wave_v = torch.sin(u * (2 * math.pi) / period), torch.sin(v * (2 * math.pi) / period)
        edge = side * period / math.pi
        striped = (wave_u * edge).clamp(-1, 1) * 0.5 + 0.5
        checked = (wave_u * wave_v * edge).clamp(-1, 1) * 0.5 + 0.5
        phase = seed * 0.001
        speckled = sum(torch.sin((x * a + y * b) / period + phase * c) for a, b, c in ((9.1, 2.3, 1.0), (-4.7, 8.3, 1.7), (3.1, -6.9, 2.3), (12.7, 11.3, 3.1)))
        graded = ((u - 0.5 * (torch.cos(angle) + torch.sin(angle))) * 0.9 + 0.5).clamp(0, 1)
        options = {"graded": graded, "striped": striped, "checked": checked, "speckled": (speckled * 0.25 + 0.5).clamp(0, 1)}
        mix = sum(value * (kind == GROUNDS.index(name)) for name, value in options.items())
        return torch.lerp(rgb(row[:, 1:4]).expand(-1, -1, side, side), rgb(row[:, 4:7]), mix[:, None])

    def ink(self, batch, side):
        """Cover of the letters of all signs, [B, side, side]: a window of pixels around each, looked up and put in place."""
        signs, letters = batch["signs"], batch["letters"]
        # A letter and a sixth of its height on every side.
        window = int(signs[..., 6].max() * 8 / 6) + 2
        count = len(signs)
        height, stroke = signs[..., 6, None], signs[..., 7, None]
        text = (letters >= 0).sum(-1, keepdim=True)
        place = torch.arange(MAX_LETTERS, device=self.device)
        left = signs[..., 2, None] - (text - 1 / 3) * height / 2 + place * height
        top = (signs[..., 3, None] - height / 2).expand_as(left)
        unit = (height / 6).clamp(min=1e-3)
        x0, y0 = (left - unit).floor(), (top - unit).floor()
        steps = torch.arange(window, device=self.device)
        px, py = x0[..., None] + steps, y0[..., None] + steps
        # In glyph units, then -1..1 over the field's 6 by 8.
        gx = ((px + 0.5 - left[..., None]) / unit[..., None] + 1) / 3 - 1
        gy = ((py + 0.5 - top[..., None]) / unit[..., None] + 1) / 4 - 1
        total = count * MAX_SIGNS * MAX_LETTERS
        at = torch.stack([gx[..., None, :].expand(*gx.shape, window), gy[..., :, None].expand(*gy.shape, window)], -1)
        fields = self.letters[letters.clamp(min=0).flatten()][:, None]
        field = F.grid_sample(fields, at.view(total, window, window, 2), padding_mode="border", align_corners=False)
        field = field.view(*left.shape, window, window) * unit[..., None, None]
        cover = (0.5 + stroke[..., None, None] / 2 - field).clamp(0, 1)
        inside = (gx.abs() < 1)[..., None, :] & (gy.abs() < 1)[..., :, None] & (letters >= 0)[..., None, None]
        inside = inside & ((px >= 0) & (px < side))[..., None, :] & ((py >= 0) & (py < side))[..., :, None]
        index = py.long().clamp(0, side - 1)[..., :, None] * side + px.long().clamp(0, side - 1)[..., None, :]
        ink = torch.zeros(count, side * side, device=self.device)
        ink.scatter_reduce_(1, index.view(count, -1), (cover * inside).view(count, -1), "amax")
        return ink.view(count, side, side)


def sign_cover(row, x, y):
    cx, cy, w, h = (v[:, None, None] for v in row[:, 2:6].unbind(1))
    cover = (0.5 + w / 2 - (x - cx).abs()).clamp(0, 1) * (0.5 + h / 2 - (y - cy).abs()).clamp(0, 1)
    return cover * row[:, 0, None, None]


def rgb(values):
    return (values / 255)[:, :, None, None]


# ---------------------------------------------------------------- what lies in every patch

#: Classes of every letter, and of every other part of a label; 0 is "none", except of sizes, which are asked only where there is
#: a shape.
LETTERS = len(ALPHABET) + 1
LABELS = {"kind": len(KINDS) + 2, "colour": len(COLOURS) + 1, "size": len(SIZES), "centre": 2, "ground": len(GROUNDS) + 1}
IGNORE = -100


@torch.no_grad()
def dense_labels(batch, owner, cell, tile):
    """Of each `cell` x `cell` pixels: kind, colour, size, whether a thing's centre is in it, the ground around it and the letter
    whose centre is in it, [B, g, g] each; `word` [B, g, g, 5], on signs: the first, second ... letter of the sign where its centre
    is, 0 elsewhere. A letter counts for the nearest cell that is looked at from its own local crop of `tile` x `tile` pixels."""
    count, side, _ = owner.shape
    g = side // cell
    things = MAX_SHAPES + MAX_SIGNS
    share = torch.stack([F.avg_pool2d((owner == k).float()[:, None], cell)[:, 0] for k in range(things)], 1)
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
    on_sign = (some & (best >= MAX_SHAPES)) | (letter > 0)
    return {
        "kind": of_thing(kinds, 0), "colour": of_thing(colours, 0), "size": of_thing(sizes, IGNORE),
        "centre": centres.any(1).long(),
        "ground": batch["ground"][:, 0, None, None].long().expand(-1, g, g) + 1, "letter": letter,
        "word": torch.where(on_sign[..., None], word, IGNORE),
    }  # fmt: skip


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

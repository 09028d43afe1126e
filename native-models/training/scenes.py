"""Drawn scenes: what is in one (plain data, from a seed) and how it looks (torch, many at once, on any device).

A scene is a dict of JSON values, lengths in pixels of its side: `ground`, `shapes` and `signs`. `make_scene` chooses one,
`to_arrays` lays it out in arrays of fixed size, and `Renderer` draws a batch of those as floats in 0..1. Letters are
the strokes of `../image/stroke-font.ts`, so the app can draw the same scenes.
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
#: Radius over the picture's side. The gaps between the ranges keep the words decidable; the least of them, 7 pixels of the
#: sharpest picture the smallest model sees, is what tells a hexagon from a circle.
SIZES = {"tiny": (0.022, 0.028), "small": (0.038, 0.05), "medium": (0.068, 0.095), "large": (0.13, 0.18)}
COLOUR_NAMES, SIZE_NAMES = list(COLOURS), list(SIZES)
#: Zero is left out: it is drawn as the letter O.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789"
WORDS = "OPEN EXIT STOP CAFE TAXI BUS SHOP HOTEL BANK ZOO PARK SALE MENU NORTH EAST GATE ROOM FIRE TEA BOOKS".split()
MAX_SHAPES, MAX_SIGNS, MAX_LETTERS = 10, 3, 5
#: Letters of the sharpest picture the model sees (n * tile pixels a side): a third of it leaves 5 to 7 pixels.
LETTER_HEIGHT = (14.0, 22.0)


# ---------------------------------------------------------------- what is in a scene


def make_scene(rng, side=672, dense=False, crowded=False, full=False):
    """A scene of `side` pixels, with two to five shapes and up to two signs; `full`: three to eight and up to three. For what is
    learnt from labels, `dense` fills a single tile with small things, and `crowded` puts as many into a whole scene as it may
    have."""
    ground, tones = make_ground(rng)
    colours = [name for name, rgb in COLOURS.items() if min(distance(rgb, tone) for tone in tones) > 100]
    scene = {"side": side, "ground": ground, "shapes": [], "signs": []}
    signs = int(rng.choice([1, 2, 2, 3] if dense else [0, 1, 1, 1, 2, 2]))
    if crowded:
        signs = MAX_SIGNS
    elif full:
        signs = int(rng.integers(MAX_SIGNS + 1))
    for colour in rng.permutation(colours)[:signs]:
        add_sign(rng, scene, str(colour), dense)
    low, high = (2, 5) if dense else (3, 9) if full else (2, 6)
    shapes = MAX_SHAPES if crowded else int(rng.integers(low, high))
    repeated = None
    for _ in range(shapes):
        if repeated is None or rng.random() > 0.45:
            repeated = str(rng.choice(KINDS)), str(rng.choice(colours))
        size = str(rng.choice(SIZE_NAMES, p=[0.35, 0.35, 0.2, 0.1] if dense else [0.25, 0.3, 0.25, 0.2]))
        add_shape(rng, scene, *repeated, size, dense)
    return scene


def make_part(rng, side):
    """A scene and a part of it, a half to a quarter of its side (left, top, side): what `part_of` takes. One to three things are in it."""
    wanted = 1 + int(rng.choice(3, p=[0.42, 0.45, 0.13]))
    while True:
        whole = make_scene(rng, side, full=True)
        # A part of it is as good as plain.
        if whole["ground"]["kind"] == "graded":
            continue
        aims = whole["signs"] if whole["signs"] and rng.random() < 0.5 else whole["shapes"]
        for _ in range(12 if aims else 0):
            size = float(rng.uniform(0.25, 0.5)) * side
            aim = aims[int(rng.integers(len(aims)))]
            left, top = (min(max(0.0, aim[axis] - float(rng.uniform(0.1, 0.9)) * size), side - size) for axis in "xy")
            part = part_of(whole, left, top, size)
            if part is not None and len(part["shapes"]) + len(part["signs"]) == wanted:
                return whole, (left, top, size)


def magnified(whole, left, top, size):
    """A scene as one sees it through a window: lengths of what is seen, and things that lie outside as well."""
    factor = whole["side"] / size

    def seen(thing):
        lengths = {key: thing[key] * factor for key in ("r", "w", "h", "height", "stroke") if key in thing}
        return {**thing, **lengths, "x": (thing["x"] - left) * factor, "y": (thing["y"] - top) * factor}

    ground = {**whole["ground"], "window": [left / whole["side"], top / whole["side"], 1 / factor]}
    return {**whole, "ground": ground} | {key: [seen(thing) for thing in whole[key]] for key in ("shapes", "signs")}


def part_of(whole, left, top, size):
    """The same with what is seen only: some things are two to four times as large, and the border cuts some; what shows no more
    than its rim is in `rims`, of which nothing is asked. Sizes are named as they are seen. None where something is neither there
    nor not there, or its place, its size or its text could be told in two ways."""
    scene = magnified(whole, left, top, size)
    side, things = scene["side"], scene["shapes"] + scene["signs"]
    scene |= {"shapes": [], "signs": [], "rims": []}
    for thing in things:
        x0, y0, x1, y1 = box_of(thing)
        seen = [max(0, x0), max(0, y0), min(side, x1), min(side, y1)]
        width, height = seen[2] - seen[0], seen[3] - seen[1]
        if min(width, height) <= 0:
            continue
        if min(width, height) < RIM * side:
            scene["rims"].append(thing)
            continue
        if width * height < 0.5 * (x1 - x0) * (y1 - y0) or not is_clear(thing, seen, side):
            return None
        if "text" not in thing:
            thing["size"] = next((name for name, (low, high) in SEEN_SIZES.items() if low <= thing["r"] / side <= high), None)
            if thing["size"] is None:
                return None
        scene["signs" if "text" in thing else "shapes"].append(thing)
    return scene


#: Of a thing in a part: what is a rim of it, over the picture's side; and what its size is called, large having no end.
RIM = 0.02
SEEN_SIZES = {**SIZES, "large": (SIZES["large"][0], 1)}


def is_clear(thing, seen, side):
    """Whether the middle of a thing is in the picture, at the same place as the middle of what is seen of it; and the whole of a
    sign's text, of which no letter is cut by a border of local crops."""
    middle = (seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2
    if near_border_of_thirds(*middle, side) or any(int(a / side * 3) != int(b / side * 3) for a, b in zip(middle, (thing["x"], thing["y"]))):
        return False
    if not (0 < thing["x"] < side and 0 < thing["y"] < side):
        return False
    if "text" not in thing:
        return True
    height, count = thing["height"], len(thing["text"])
    lefts = [thing["x"] + (place - (count - 1 / 3) / 2) * height for place in range(count)]
    letters = [(left, left + 2 / 3 * height) for left in lefts] + [(thing["y"] - height / 2, thing["y"] + height / 2)]
    return all(0 < low - 2 and high + 2 < side and (low - 2) // (side / 3) == (high + 2) // (side / 3) for low, high in letters)


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
        if x is None or y is None or (not dense and near_border_of_thirds(x, y, side)):
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
    """On either side of such a border "at the top" and "in the middle" are both half true."""
    return any(abs(v / side - edge) < 0.042 for v in (x, y) for edge in (1 / 3, 2 / 3))


def boxes(scene):
    return map(box_of, scene["shapes"] + scene["signs"])


def box_of(thing):
    rx, ry = (thing["w"] / 2, thing["h"] / 2) if "text" in thing else (thing["r"], thing["r"])
    return thing["x"] - rx, thing["y"] - ry, thing["x"] + rx, thing["y"] + ry


def overlap(a, b, gap=6):
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


# ---------------------------------------------------------------- arrays of fixed size


def to_arrays(scene):
    """shapes [10, 10]: kind or -1, colour, size, x, y, r, angle, rgb. signs [3, 14]: 1 or 0, colour, x, y, w, h, height,
    stroke, rgb, rgb of the letters. letters [3, 5]: index in ALPHABET or -1. ground [13], of which the last three say what part
    of the whole ground is seen: left, top and side, over its side."""
    rims = scene.get("rims", [])
    shapes = np.full((MAX_SHAPES, 10), -1, np.float32)
    for row, s in zip(shapes, scene["shapes"] + [s for s in rims if "text" not in s]):
        row[:3] = KINDS.index(s["kind"]), COLOUR_NAMES.index(s["colour"]), SIZE_NAMES.index(s["size"])
        row[3:] = [s["x"], s["y"], s["r"], s["angle"], *s["rgb"]]
    signs = np.zeros((MAX_SIGNS, 14), np.float32)
    letters = np.full((MAX_SIGNS, MAX_LETTERS), -1, np.int64)
    for row, text, s in zip(signs, letters, scene["signs"] + [s for s in rims if "text" in s]):
        row[:] = [1, COLOUR_NAMES.index(s["colour"]), s["x"], s["y"], s["w"], s["h"], s["height"], s["stroke"], *s["rgb"], *s["ink"]]
        text[: len(s["text"])] = [ALPHABET.index(c) for c in s["text"]]
    g = scene["ground"]
    window = g.get("window", (0, 0, 1))
    ground = np.array([GROUNDS.index(g["kind"]), *g["first"], *g["second"], g["angle"], g["period"], g["seed"], *window], np.float32)
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
        image, ink = self.ground(batch["ground"], side), self.ink(batch, side)
        owner = nobody(batch, side, self.device)
        for scene, thing, window, cover in self.covers(batch, side):
            shown = image[scene][:, *window]
            if thing < MAX_SHAPES:
                shown.lerp_(rgb(batch["shapes"][scene, thing, 7:10]), cover)
            else:
                colours = batch["signs"][scene, thing - MAX_SHAPES]
                shown.lerp_(rgb(colours[8:11]), cover).lerp_(rgb(colours[11:14]), cover * ink[scene][window])
            owner[scene][window][cover > 0.5] = thing
        return image, owner

    @torch.no_grad()
    def owners(self, batch, side):
        """Which thing each pixel shows, as above, and no more."""
        owner = nobody(batch, side, self.device)
        for scene, thing, window, cover in self.covers(batch, side):
            owner[scene][window][cover > 0.5] = thing
        return owner

    def covers(self, batch, side):
        """Of every thing: its scene, its number, the window of pixels around it, and how much of each of them it covers."""
        pixels = torch.arange(side, device=self.device) + 0.5
        for scene, (shapes, signs) in enumerate(zip(batch["shapes"].tolist(), batch["signs"].tolist())):
            for thing, (kind, _, _, x, y, r, angle, *_) in enumerate(shapes):
                if kind >= 0:
                    window, dx, dy = around(pixels, x, y, r, r)
                    yield scene, thing, window, self.shape_cover(int(kind), dx, dy, r, angle)
            for thing, (there, _, x, y, w, h, *_) in enumerate(signs, MAX_SHAPES):
                if there:
                    window, dx, dy = around(pixels, x, y, w / 2, h / 2)
                    yield scene, thing, window, (0.5 + w / 2 - dx.abs()).clamp(0, 1) * (0.5 + h / 2 - dy.abs()).clamp(0, 1)

    def shape_cover(self, kind, dx, dy, r, angle):
        distance = (dx * dx + dy * dy).sqrt()
        turn = torch.remainder(torch.atan2(dy, dx) - angle, 2 * math.pi) * (ANGLES / (2 * math.pi))
        at = turn.long().clamp(max=ANGLES - 1)
        cover = (0.5 + (self.outlines[kind][at] * r - distance) * self.across[kind][at]).clamp(0, 1)
        if KINDS[kind] == "ring":
            cover = cover * (1 - (0.5 + 0.55 * r - distance).clamp(0, 1))
        return cover

    def ground(self, row, side):
        """Side-independent textures: the period is a share of the picture's side."""
        grid = (torch.arange(side, device=self.device) + 0.5) / side
        mix = torch.stack([
            self.pattern(*values, (left + share * grid)[None, :], (top + share * grid)[:, None], side / share)
            for *values, left, top, share in row[:, [0, 7, 8, 9, 10, 11, 12]].tolist()
        ])  # fmt: skip
        return torch.lerp(rgb(row[:, 1:4]).expand(-1, -1, side, side), rgb(row[:, 4:7]), mix[:, None])

    def pattern(self, kind, angle, period, seed, x, y, side):
        """How much of the second tone there is at every pixel, of `side` pixels for the whole ground."""
        u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        edge = side * period / math.pi
        match GROUNDS[int(kind)]:
            case "graded":
                return ((u - 0.5 * (math.cos(angle) + math.sin(angle))) * 0.9 + 0.5).clamp(0, 1)
            case "striped":
                return (torch.sin(u * (2 * math.pi / period)) * edge).clamp(-1, 1) * 0.5 + 0.5
            case "checked":
                return (torch.sin(u * (2 * math.pi / period)) * torch.sin(v * (2 * math.pi / period)) * edge).clamp(-1, 1) * 0.5 + 0.5
            case "speckled":
                phase = seed * 0.001
                waves = ((9.1, 2.3, 1.0), (-4.7, 8.3, 1.7), (3.1, -6.9, 2.3), (12.7, 11.3, 3.1))
                return (sum(torch.sin((x * a + y * b) / period + phase * c) for a, b, c in waves) * 0.25 + 0.5).clamp(0, 1)
        return torch.zeros(len(y), x.shape[1], device=self.device)

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


def nobody(batch, side, device):
    return torch.full((len(batch["signs"]), side, side), -1, dtype=torch.int8, device=device)


def around(pixels, x, y, rx, ry):
    """The window of the pixels less than `rx` and `ry`, and a pixel more, beside (x, y), and how far right and below they lie."""
    columns, rows = (slice(max(0, math.floor(v - r - 1)), max(0, math.ceil(v + r + 1))) for v, r in ((x, rx), (y, ry)))
    return (rows, columns), pixels[columns][None, :] - x, pixels[rows][:, None] - y


def rgb(values):
    """[..., 3] of 0..255 -> [..., 3, 1, 1] of 0..1."""
    return (values / 255)[..., None, None]

"""Pictures that are no drawn scenes of `scenes.py`, for the model to learn, and to be asked, that it does not know them:
`make(rng, side, held_out)` chooses a maker and draws one, [side, side, 3] of bytes. Photographs come from folders beside
(`photographs`): they are no part of the repository."""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

#: CLIP's mean colour, with which the app pads a picture that is not square.
PAD = (122, 116, 104)
WORDS = (
    "the of and to in is that for on with as are this be at or from by it an which have not report total value sales north file edit view "
    "open window help name date price order user page home about contact list item status done cost rate week month year data model test"
).split()


def colour(rng, low=0, high=256):
    return tuple(int(v) for v in rng.integers(low, high, 3))


def font(rng, low, high):
    return ImageFont.load_default(float(rng.uniform(low, high)))


def phrase(rng, count):
    return " ".join(str(rng.choice(WORDS)) for _ in range(count))


def canvas(rng, side, low=0, high=256):
    image = Image.new("RGB", (side, side), colour(rng, low, high))
    return image, ImageDraw.Draw(image)


def grown(rng, side, cells):
    """A grid of random colours, made as large as the picture, smooth or not."""
    small = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    return small.resize((side, side), [Image.NEAREST, Image.BILINEAR, Image.BICUBIC][int(rng.integers(3))])


# ---------------------------------------------------------------- nothing drawn


def noise(rng, side):
    shape = (side, side, 3 if rng.random() < 0.5 else 1)
    values = rng.normal(rng.uniform(60, 200), rng.uniform(10, 90), shape) if rng.random() < 0.5 else rng.integers(0, 256, shape)
    return np.broadcast_to(np.clip(values, 0, 255), (side, side, 3))


def coarse_noise(rng, side):
    return grown(rng, side, int(rng.integers(4, 90)))


def clouds(rng, side):
    """Noise whose strength falls with frequency, as that of photographs does."""
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None, :])
    f[0, 0] = 1 / side
    power = f ** -rng.uniform(0.8, 2.2)
    planes = [np.fft.ifft2(power * np.exp(2j * math.pi * rng.random((side, side)))).real for _ in range(3)]
    common = planes[0]
    mix = rng.uniform(0, 1)
    planes = [mix * common / common.std() + (1 - mix) * p / p.std() for p in planes]
    return np.stack([rng.uniform(60, 200) + rng.uniform(15, 60) * p for p in planes], -1)


def blank(rng, side):
    return np.full((side, side, 3), colour(rng) if rng.random() < 0.7 else [int(rng.choice([0, 255]))] * 3)


def gradient(rng, side):
    t = np.linspace(0, 1, side)
    angle = rng.uniform(0, 2 * math.pi)
    u = np.clip(t[None, :] * math.cos(angle) + t[:, None] * math.sin(angle), -1, 1) * 0.5 + 0.5
    if rng.random() < 0.3:
        u = np.clip(np.hypot(t[None, :] - rng.random(), t[:, None] - rng.random()), 0, 1)
    return u[..., None] * np.array(colour(rng)) + (1 - u[..., None]) * np.array(colour(rng))


def waves(rng, side):
    t = np.linspace(0, 1, side)
    total = 0
    for _ in range(int(rng.integers(1, 5))):
        total = total + np.sin(2 * math.pi * (rng.uniform(-25, 25) * t[None, :] + rng.uniform(-25, 25) * t[:, None] + rng.random()))
    u = total / max(1e-6, np.abs(total).max()) * 0.5 + 0.5
    if rng.random() < 0.4:
        u = np.round(u)
    return u[..., None] * np.array(colour(rng)) + (1 - u[..., None]) * np.array(colour(rng))


def bricks(rng, side):
    image, draw = canvas(rng, side)
    h, w = int(rng.integers(8, 50)), int(rng.integers(12, 90))
    tone = np.array(colour(rng, 40, 216))
    for row, y in enumerate(range(0, side, h)):
        for x in range(-w, side, w):
            left = x + (row % 2) * w // 2
            draw.rectangle([left + 1, y + 1, left + w - 2, y + h - 2], tuple(int(v) for v in np.clip(tone + rng.integers(-25, 26), 0, 255)))
    return image


def rings_of_a_target(rng, side):
    image, draw = canvas(rng, side)
    x, y, step = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(6, 40)
    two = colour(rng), colour(rng)
    for n in range(int(1.5 * side / step), 0, -1):
        draw.ellipse([x - n * step, y - n * step, x + n * step, y + n * step], two[n % 2])
    return image


def mosaic(rng, side):
    points = rng.uniform(0, side, (int(rng.integers(8, 120)), 2))
    y, x = np.mgrid[0:side, 0:side]
    nearest = ((x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2).argmin(-1)
    return rng.integers(0, 256, (len(points), 3))[nearest]


# ---------------------------------------------------------------- charts, pages, screens


def axes(rng, side, draw, ink):
    m = side // 8
    draw.line([m, m // 2, m, side - m, side - m // 2, side - m], ink, 2)
    small = font(rng, 8, 14)
    for n in range(6):
        at = side - m - n * (side - 2 * m) / 5
        draw.text((4, at - 6), str(n * int(rng.integers(1, 50))), ink, small)
        if rng.random() < 0.6:
            draw.line([m, at, side - m // 2, at], (200, 200, 200))
    draw.text((side // 3, 4), phrase(rng, 3).title(), ink, font(rng, 11, 18))
    return m


def bars(rng, side):
    image, draw = canvas(rng, side, 225)
    m = axes(rng, side, draw, (30, 30, 30))
    count = int(rng.integers(3, 14))
    width, one = (side - 1.6 * m) / count, colour(rng)
    for n in range(count):
        top = side - m - rng.uniform(0.05, 1) * (side - 2.2 * m)
        draw.rectangle([m + n * width + 3, top, m + (n + 0.8) * width, side - m], one if rng.random() < 0.8 else colour(rng))
    return image


def curves(rng, side):
    image, draw = canvas(rng, side, 0 if rng.random() < 0.2 else 225)
    m = axes(rng, side, draw, (90, 90, 90))
    x = np.linspace(m, side - m // 2, 60)
    for _ in range(int(rng.integers(1, 5))):
        y = side / 2 + np.cumsum(rng.normal(0, side / 40, 60))
        draw.line([(float(a), float(b)) for a, b in zip(x, np.clip(y, m, side - m))], colour(rng), int(rng.integers(1, 4)))
    return image


def points(rng, side):
    image, draw = canvas(rng, side, 225)
    m = axes(rng, side, draw, (30, 30, 30))
    one = colour(rng)
    for x, y in rng.normal(side / 2, side / 6, (int(rng.integers(20, 200)), 2)):
        draw.ellipse([x - 3, y - 3, x + 3, y + 3], one)
    return image if m else image


def pie(rng, side):
    image, draw = canvas(rng, side, 225)
    edges = np.cumsum(rng.dirichlet(np.full(int(rng.integers(3, 8)), 2))) * 360
    r, start = rng.uniform(0.25, 0.42) * side, 0.0
    for n, end in enumerate(edges):
        tone = colour(rng)
        draw.pieslice([side / 2 - r, side / 2 - r, side / 2 + r, side / 2 + r], start, float(end), tone)
        draw.rectangle([6, 20 + 16 * n, 16, 30 + 16 * n], tone)
        draw.text((20, 18 + 16 * n), phrase(rng, 1), (20, 20, 20), font(rng, 9, 12))
        start = float(end)
    return image


def page(rng, side):
    image, draw = canvas(rng, side, 230)
    size = float(rng.uniform(7, 20))
    letters, y = ImageFont.load_default(size), size
    while y < side:
        if rng.random() < 0.85:
            draw.text((side // 16, y), phrase(rng, int(rng.integers(3, 14))), (30, 30, 30), letters)
        y += size * 1.5
    return image


def screen(rng, side):
    dark = rng.random() < 0.4
    image, draw = canvas(rng, side, *((15, 50) if dark else (220, 256)))
    ink = (220, 220, 225) if dark else (35, 35, 40)
    bar = int(rng.integers(14, 30))
    draw.rectangle([0, 0, side, bar], colour(rng, *((30, 80) if dark else (150, 240))))
    draw.text((8, 2), phrase(rng, 3).title(), ink, font(rng, 9, 13))
    column = int(side * rng.uniform(0, 0.35))
    draw.rectangle([0, bar, column, side], colour(rng, *((25, 60) if dark else (200, 245))))
    y = bar + 8
    while y < side - 20:
        height = int(rng.integers(12, 60))
        box = [column + 10, y, side - 10, y + height]
        match int(rng.integers(4)):
            case 0:
                draw.rounded_rectangle(box, 5, outline=ink)
            case 1:
                draw.rounded_rectangle([box[0], box[1], box[0] + int(rng.integers(40, 110)), box[1] + 18], 4, colour(rng))
            case 2:
                draw.rectangle([box[0], box[1], box[0] + height, box[3]], colour(rng))
        draw.text((column + 16, y + 2), phrase(rng, int(rng.integers(1, 7))), ink, font(rng, 8, 13))
        if column > 40:
            draw.text((6, y), phrase(rng, 1), ink, font(rng, 8, 12))
        y += height + int(rng.integers(4, 14))
    return image


def table(rng, side):
    image, draw = canvas(rng, side, 235)
    rows, columns = int(rng.integers(5, 20)), int(rng.integers(3, 8))
    h, w, letters = side / rows, side / columns, font(rng, 8, 12)
    for r in range(rows):
        for c in range(columns):
            draw.rectangle([c * w, r * h, (c + 1) * w, (r + 1) * h], outline=(150, 150, 150), fill=(210, 225, 240) if r == 0 else None)
            draw.text((c * w + 3, r * h + 2), phrase(rng, 1) if r == 0 or c == 0 else str(int(rng.integers(1000))), (30, 30, 30), letters)
    return image


# ---------------------------------------------------------------- drawings of another style


def landscape(rng, side):
    sky, ground = np.array(colour(rng, 100)), colour(rng, 20, 200)
    image = Image.fromarray(np.clip(sky + np.linspace(-50, 40, side)[:, None, None], 0, 255).astype(np.uint8).repeat(side, 1))
    draw, x = ImageDraw.Draw(image), np.linspace(0, side, 40)
    r, at = rng.uniform(10, 40), rng.uniform(20, side - 20)
    draw.ellipse([at - r, 40 - r, at + r, 40 + r], colour(rng, 180))
    for layer in range(int(rng.integers(1, 5))):
        base = side * (0.35 + 0.15 * layer)
        y = base + side * 0.1 * np.sin(x / side * rng.uniform(3, 15) + rng.uniform(0, 6)) + rng.normal(0, rng.uniform(0, 6), 40)
        draw.polygon([(0, side), *zip(x.tolist(), y.tolist()), (side, side)], tuple(int(v * (0.5 + 0.1 * layer)) for v in ground))
    for _ in range(int(rng.integers(0, 12))):
        a, b, h = rng.uniform(0, side), rng.uniform(0.6 * side, side), rng.uniform(15, 60)
        draw.line([a, b, a, b - h], (80, 50, 30), 4)
        draw.ellipse([a - h / 2, b - 1.6 * h, a + h / 2, b - 0.6 * h], colour(rng, 20, 160))
    return image


def houses(rng, side):
    image, draw = canvas(rng, side, 120)
    for _ in range(int(rng.integers(2, 9))):
        w, h = rng.uniform(0.12, 0.4, 2) * side
        x, y = rng.uniform(0, side - w), side * rng.uniform(0.7, 1)
        draw.rectangle([x, y - h, x + w, y], colour(rng))
        draw.polygon([(x - 5, y - h), (x + w / 2, y - 1.5 * h), (x + w + 5, y - h)], colour(rng))
        for a in np.arange(x + 6, x + w - 12, 20):
            for b in np.arange(y - h + 6, y - 14, 24):
                draw.rectangle([a, b, a + 10, b + 12], colour(rng, 150))
    return image


def scribble(rng, side):
    image, draw = canvas(rng, side, *((200, 256) if rng.random() < 0.7 else (0, 256)))
    for _ in range(int(rng.integers(2, 20))):
        at = rng.uniform(0, side, 2) + np.cumsum(rng.normal(0, side / 18, (int(rng.integers(3, 40)), 2)), 0)
        draw.line([tuple(p) for p in at.tolist()], colour(rng, 0, 180), int(rng.integers(1, 7)), joint="curve")
    return image


def outlines(rng, side):
    """Shapes as lines, one over another, on paper."""
    image, draw = canvas(rng, side, 215)
    ink = colour(rng, 0, 120)
    for _ in range(int(rng.integers(3, 25))):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(0.03, 0.3) * side
        if rng.random() < 0.5:
            draw.ellipse([x - r, y - r * rng.uniform(0.4, 1), x + r, y + r], outline=ink, width=2)
        else:
            draw.regular_polygon((x, y, r), int(rng.integers(3, 8)), float(rng.uniform(0, 90)), outline=ink)
    return image


def bokeh(rng, side):
    image, draw = canvas(rng, side, 0, 120)
    for _ in range(int(rng.integers(20, 90))):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(0.02, 0.16) * side
        draw.ellipse([x - r, y - r, x + r, y + r], colour(rng))
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 9))))


def planes(rng, side):
    """Rectangles that divide the whole picture."""
    image, draw = canvas(rng, side)

    def divide(x0, y0, x1, y1, depth):
        if depth == 0 or min(x1 - x0, y1 - y0) < 24:
            draw.rectangle([x0, y0, x1, y1], colour(rng) if rng.random() < 0.5 else (240, 240, 235), (20, 20, 20), 3)
        elif rng.random() < 0.5:
            at = rng.uniform(x0 + 8, x1 - 8)
            divide(x0, y0, at, y1, depth - 1), divide(at, y0, x1, y1, depth - 1)
        else:
            at = rng.uniform(y0 + 8, y1 - 8)
            divide(x0, y0, x1, at, depth - 1), divide(x0, at, x1, y1, depth - 1)

    divide(0, 0, side, side, int(rng.integers(3, 7)))
    return image


def faces(rng, side):
    image, draw = canvas(rng, side)
    for _ in range(int(rng.integers(1, 4))):
        x, y, r = rng.uniform(0.25, 0.75) * side, rng.uniform(0.25, 0.75) * side, rng.uniform(0.15, 0.35) * side
        draw.ellipse([x - r, y - 1.2 * r, x + r, y + 1.2 * r], colour(rng, 90), colour(rng, 0, 90), 3)
        for k in (-1, 1):
            draw.ellipse([x + k * 0.4 * r - 0.15 * r, y - 0.35 * r, x + k * 0.4 * r + 0.15 * r, y - 0.15 * r], (250, 250, 250), (20, 20, 20))
            draw.ellipse([x + k * 0.4 * r - 4, y - 0.29 * r, x + k * 0.4 * r + 4, y - 0.21 * r], (20, 20, 20))
        draw.arc([x - 0.5 * r, y, x + 0.5 * r, y + 0.7 * r], 10, 170, (150, 30, 30), 4)
    return image


def stick_figures(rng, side):
    image, draw = canvas(rng, side, 190)
    for _ in range(int(rng.integers(1, 6))):
        x, y, h, ink = rng.uniform(30, side - 30), rng.uniform(0.4, 0.7) * side, rng.uniform(25, 70), colour(rng, 0, 110)
        draw.ellipse([x - h / 4, y - h, x + h / 4, y - h / 2], outline=ink, width=3)
        draw.line([x, y - h / 2, x, y + h / 2], ink, 3)
        for k in (-1, 1):
            draw.line([x, y - h / 4, x + k * h / 2, y - h * rng.uniform(-0.2, 0.5)], ink, 3)
            draw.line([x, y + h / 2, x + k * h / 3, y + 1.2 * h], ink, 3)
    return image


def roads(rng, side):
    image, draw = canvas(rng, side, 210)
    for _ in range(int(rng.integers(1, 5))):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(30, 110)
        draw.ellipse([x - r, y - r, x + 1.6 * r, y + r], [(190, 220, 170), (165, 205, 235)][int(rng.integers(2))])
    for _ in range(int(rng.integers(4, 16))):
        ends = rng.uniform(0, side, (3, 2))
        for width, tone in ((7, (150, 150, 150)), (4, (255, 250, 220))):
            draw.line([tuple(p) for p in ends.tolist()], tone, width, joint="curve")
    for _ in range(int(rng.integers(3, 12))):
        draw.text(tuple(rng.uniform(0, side - 40, 2)), phrase(rng, 2).title(), (60, 60, 60), font(rng, 8, 13))
    return image


def night_sky(rng, side):
    image, draw = canvas(rng, side, 0, 40)
    for x, y, r in zip(rng.uniform(0, side, 300), rng.uniform(0, side, 300), rng.exponential(0.8, 300)):
        draw.ellipse([x - r, y - r, x + r, y + r], colour(rng, 190))
    return image


TRAINED = [
    noise, coarse_noise, clouds, clouds, blank, gradient, waves, bricks, bars, curves, page, screen, landscape, scribble, outlines, bokeh,
    planes, faces,
]  # fmt: skip
HELD_OUT = [rings_of_a_target, mosaic, points, pie, table, houses, stick_figures, roads, night_sky]


#: Share of the pictures of a training that are no scenes, and of those, of parts of photographs.
UNKNOWN, PHOTOGRAPHS = 0.16, 0.45


def any_of(rng, side, photographs):
    """One to train on; of photographs where there are any."""
    if photographs and rng.random() < PHOTOGRAPHS:
        return part_of(rng, photographs[int(rng.integers(len(photographs)))], side)
    return make(rng, side)


def make(rng, side, held_out=False):
    makers = HELD_OUT if held_out else TRAINED
    return of_bytes(makers[int(rng.integers(len(makers)))](rng, side))


def of_bytes(image):
    return np.clip(np.asarray(image, np.float32), 0, 255).astype(np.uint8)


def photographs(folder):
    return [Image.open(file).convert("RGB") for file in sorted(Path(folder).iterdir())]


def part_of(rng, photograph, side):
    """All of it, padded to a square as the app does, or a part of it; as it is or mirrored, brighter or darker."""
    w, h = photograph.size
    if rng.random() < 0.4:
        scale = side / max(w, h)
        image = Image.new("RGB", (side, side), PAD)
        small = photograph.resize((max(1, round(w * scale)), max(1, round(h * scale))), Image.BICUBIC)
        image.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    else:
        edge = rng.uniform(0.25, 1) * min(w, h)
        x, y = rng.uniform(0, w - edge), rng.uniform(0, h - edge)
        image = photograph.resize((side, side), Image.BICUBIC, (x, y, x + edge, y + edge))
    values = np.asarray(image, np.float32)
    if rng.random() < 0.5:
        values = values[:, ::-1]
    return of_bytes(values * rng.uniform(0.7, 1.25) + rng.uniform(-20, 20, 3))

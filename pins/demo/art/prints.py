"""Patterns and prints."""

from __future__ import annotations

import math

from pins.demo.art.canvas import (
    Canvas,
    Poly,
    Shadow,
    across,
    dark,
    down,
    ellipse,
    leaf,
    leaf_shade,
    light,
    mix,
    rect,
    ribbon,
    rounded,
    slant,
    smooth,
    sunlit,
    turned_by,
    window,
)
from pins.demo.art.scene import scene

# Drawings are rows of numbers: one argument a line would hide them.
# fmt: off


@scene(
    "azulejo_tiles",
    board="Shapes and colour",
    title="How to mix patterned tiles without regret",
    description="One colour family, three patterns, every fourth tile plain. The floor plan we wish someone had "
    "shown us before we ordered.",
    alt_text="Wall of blue, white and yellow patterned tiles in low sunlight",
    palette=("#2f5f9a", "#f8f3ea", "#fcbd40", "#8fb4cc"),
)
def azulejo_tiles(c: Canvas) -> None:
    c.wash("#cfc4b6")
    for row in range(6):
        for column in range(4):
            x, y = column * 300, row * 300
            kind = (row * 3 + column * 5 + row // 2) % 4
            glaze = mix("#fbf7ee", "#f0e9dc", c.dice.random())
            c.shape(rounded(x + 4, y + 4, 292, 292, 8), paint=slant("#ffffff", glaze, dark(glaze, 0.05)),
                shadow=Shadow(2, 3, 4, 0.36), edge=(-5, -6, "#8a8a90", 0.36))
            _tile(c, x + 150, y + 150, kind)
    sunlit(c, *window(160, -100, 900, 1500, 0.4), strength=0.34, blur=10)
    c.soft([(0, 0), (1200, 0), (1200, 300), (0, 1300)], paint="#4a5a78", blur=120, strength=0.24,
        mode="multiply")


def _tile(c: Canvas, x: float, y: float, kind: int) -> None:
    blue, pale, gold = "#2f5f9a", "#8fb4cc", "#f2b23c"
    first: list[Poly] = []
    second: list[Poly] = []
    third: list[Poly] = []
    for quarter in range(4):
        turn = quarter * 90
        if kind == 0:
            first.append(turned_by(leaf((x, y), (x + 138, y + 138), 92, belly=0.5)[0], turn, (x, y)))
            second.append(turned_by(leaf((x, y), (x + 138, y), 44, belly=0.6)[0], turn, (x, y)))
            third.append(turned_by(ellipse(x + 78, y + 78, 14), turn, (x, y)))
        elif kind == 1:
            corner = (x + 146, y + 146)
            first.append(turned_by([*ellipse(*corner, 146, part=(180, 270)),
                *reversed(ellipse(*corner, 112, part=(180, 270)))], turn, (x, y)))
            second.append(turned_by([*ellipse(*corner, 92, part=(180, 270)), corner], turn, (x, y)))
            third.append(turned_by([*ellipse(*corner, 48, part=(180, 270)), corner], turn, (x, y)))
        elif kind == 2:
            first.append(turned_by([(x, y), (x + 62, y + 62), (x + 146, y), (x + 62, y - 62)], turn + 45,
                (x, y)))
            second.append(turned_by([(x + 146, y + 146), (x + 146, y + 70), (x + 70, y + 146)], turn, (x, y)))
            third.append(turned_by([(x + 10, y), (x + 52, y + 26), (x + 108, y), (x + 52, y - 26)], turn,
                (x, y)))
        else:
            first.append(turned_by(ribbon(smooth([(x + 20, y), (x + 70, y - 46), (x + 120, y - 8),
                (x + 96, y + 36), (x + 70, y + 10)]), 18, 8), turn, (x, y)))
            second.append(turned_by(leaf((x + 60, y + 60), (x + 136, y + 136), 50, belly=0.5)[0], turn,
                (x, y)))
            third.append(turned_by(ellipse(x + 134, y, 12), turn, (x, y)))
    c.shape(*first, paint=slant(light(blue, 0.14), blue))
    c.shape(*second, paint=pale if kind != 2 else blue)
    c.shape(*third, ellipse(x, y, 20), paint=gold)
    c.shape(ellipse(x, y, 9), paint=blue)


@scene(
    "colour_cards",
    board="Shapes and colour",
    title="The 60-30-10 colour rule, explained",
    description="Sixty per cent quiet, thirty per cent friend, ten per cent scandal. How to apply it to a room you "
    "already live in.",
    alt_text="Fan of paint colour cards from cream to damson on a pale wooden table",
    palette=("#f4e6d6", "#c8694a", "#792351", "#2f6b74"),
)
def colour_cards(c: Canvas) -> None:
    c.wash(slant("#f1e8dc", "#e3d5c4", "#d0bda8"))
    leaf_shade(c, 1250, 60, 1000, 140, strength=0.22)
    families = (("#fbf3e6", "#e6d3bb", "#c9ab8a", "#8f6f50"), ("#fde6b8", "#fbcf74", "#f2a832", "#b5731a"),
        ("#fbd9c4", "#f0a47c", "#d9704a", "#9a4428"), ("#f8cdd0", "#e98c98", "#cc4a68", "#8f2440"),
        ("#ecc8dc", "#c47aa8", "#913a72", "#5c1640"), ("#d0d4ec", "#8f98cc", "#56629f", "#2c3566"),
        ("#c4e0e8", "#7ab4c6", "#3f8098", "#1f4a5c"), ("#d3e4cf", "#93b88e", "#578a5c", "#2a5238"))
    pivot = (330.0, 1560.0)
    for index, family in enumerate(families):
        turn = -58 + index * 14.5
        card = turned_by(rounded(210, 420, 240, 1210, 18), turn, pivot)
        c.shape(card, paint="#fdfaf4", shadow=Shadow(14, 20, 20, 0.36))
        for step, colour in enumerate(family):
            field = turned_by(rounded(226, 436 + step * 262, 208, 250, 10), turn, pivot)
            c.shape(field, paint=slant(light(colour, 0.1), colour, dark(colour, 0.05)))
        c.shape(turned_by(rounded(250, 1500, 100, 10, 5), turn, pivot),
            turned_by(rounded(250, 1520, 60, 8, 4), turn, pivot), paint="#b9ada0")
    c.shape(ellipse(*pivot, 34), paint=slant("#f6dfa0", "#b8842e"), shadow=Shadow(6, 9, 8, 0.44))
    c.shape(ellipse(*pivot, 15), paint=slant("#8a5e1c", "#e8c478"))
    brush = turned_by(ribbon([(900, 1700), (900, 1330)], 34, 46), 24, (900, 1500))
    c.shape(brush, paint=across("#d99a5c", "#b5703a", "#7a4420"), shadow=Shadow(16, 22, 18, 0.42))
    c.shape(turned_by(rect(862, 1250, 76, 92), 24, (900, 1500)),
        paint=across("#f3f3f2", "#b9bdc0", "#7f868a"))
    c.shape(turned_by(smooth([(864, 1254), (858, 1160), (876, 1090), (900, 1070), (926, 1092), (942, 1160),
        (936, 1254)]), 24, (900, 1500)), paint=across("#e3c69a", "#c9a068", "#a87c44"))
    c.shape(turned_by(smooth([(862, 1180), (860, 1140), (876, 1086), (900, 1064), (926, 1088), (940, 1140),
        (938, 1180), (900, 1196)], closed=True), 24, (900, 1500)), paint=slant("#a83a72", "#6a1d48"))


@scene(
    "paper_shapes",
    board="Shapes and colour",
    title="Cut-outs: the easiest art you will ever frame",
    description="Scissors, five sheets of paper, no talent required. A Sunday afternoon, a passe-partout, and the "
    "wall above the bed is done.",
    alt_text="Abstract paper cut-outs in damson, marigold, green and coral on cream",
    palette=("#792351", "#fcbd40", "#2f6b5c", "#e8745c"),
)
def paper_shapes(c: Canvas) -> None:
    c.wash(slant("#faf4e8", "#f3e8d6", "#e8d8c0"))
    lift = Shadow(9, 13, 11, 0.34)
    c.shape(smooth([(90, 260), (360, 110), (690, 200), (640, 470), (420, 560), (150, 520)], closed=True),
        paint=slant("#f9c552", "#f2ae2c"), shadow=lift)
    c.shape(smooth([(760, 90), (1100, 130), (1140, 480), (960, 620), (740, 430)], closed=True),
        paint=slant("#e9806a", "#d9604a"), shadow=lift)
    c.shape(rounded(80, 640, 470, 560, 235), paint=slant("#8f2f63", "#691c48"), shadow=lift)
    c.shape(ellipse(315, 870, 130), paint=slant("#faf0de", "#efdfc4"), shadow=lift)
    c.shape(smooth([(640, 720), (900, 680), (1130, 800), (1090, 1080), (880, 1010), (700, 1120), (610, 930)],
        closed=True), paint=slant("#3f8070", "#2f6656"), shadow=lift)
    c.shape(smooth([(120, 1290), (420, 1260), (560, 1420), (480, 1690), (190, 1700), (80, 1500)],
        closed=True), paint=slant("#88a8c0", "#6a8cac"), shadow=lift)
    c.shape(smooth([(650, 1240), (1010, 1170), (1140, 1420), (1010, 1690), (700, 1660), (760, 1440)],
        closed=True), paint=slant("#f0b4a4", "#e39884"), shadow=lift)
    _frond(c, 600, 1120, 540, -78, "#2f6656", lift)
    _frond(c, 400, 1700, 560, -62, "#691c48", lift)
    _frond(c, 940, 660, 470, -104, "#faf0de", lift)
    _frond(c, 900, 1640, 420, -70, "#f9c552", lift)
    for x, y, size, colour in ((620, 580, 60, "#2f6656"), (1090, 1130, 46, "#691c48"),
            (100, 1240, 40, "#e9806a"), (600, 1740, 44, "#f2ae2c"), (690, 130, 34, "#691c48")):
        c.shape(ellipse(x, y, size), paint=slant(light(colour, 0.12), colour), shadow=lift)
    c.shape(ribbon(smooth([(560, 300), (620, 380), (700, 340), (760, 430), (850, 390)]), 22),
        paint="#2f6656", shadow=lift)
    c.shape(ribbon(smooth([(120, 1210), (220, 1250), (330, 1205), (440, 1250), (540, 1206)]), 22),
        paint="#f2ae2c", shadow=lift)


def _frond(c: Canvas, x: float, y: float, size: float, turn: float, colour: str, lift: Shadow) -> None:
    way = math.radians(turn)
    polys: list[Poly] = [ribbon([(x, y), (x + math.cos(way) * size, y + math.sin(way) * size)], 22, 10)]
    for k in range(6):
        t = 0.16 + k * 0.15
        px, py = x + math.cos(way) * size * t, y + math.sin(way) * size * t
        for side in (-1, 1):
            lean = way + side * 0.85
            reach = size * (0.34 - 0.2 * abs(t - 0.45))
            polys.append(leaf((px, py), (px + math.cos(lean) * reach, py + math.sin(lean) * reach),
                reach * 0.44, belly=0.62)[0])
    polys.append(leaf((x + math.cos(way) * size * 0.94, y + math.sin(way) * size * 0.94),
        (x + math.cos(way) * size * 1.2, y + math.sin(way) * size * 1.2), size * 0.12)[0])
    c.shape(*polys, paint=slant(light(colour, 0.12), colour), shadow=lift)


@scene(
    "rainbow_arches",
    board="Shapes and colour",
    title="Paint an arch behind your bed in one evening",
    description="String, pencil, two sample pots. The trick for a clean edge is not tape, it is patience and a "
    "short brush.",
    alt_text="Stack of painted arches in earthy colours on a wall behind a bed with linen pillows",
    palette=("#c8694a", "#d9a05b", "#8c9a7b", "#f4e6d6"),
)
def rainbow_arches(c: Canvas) -> None:
    c.wash(slant("#f6ecdf", "#ecdcc9", "#dcc6ae"))
    for step, colour in enumerate(("#b5573f", "#d98a5c", "#eab98a", "#93a282", "#5f7a6a", "#f3e3d0")):
        radius = 520 - step * 84
        body = [*ellipse(600, 760, radius, part=(180, 360)), (600 + radius, 1500), (600 - radius, 1500)]
        c.shape(body, paint=slant(light(colour, 0.14), colour, dark(colour, 0.06)))
    sunlit(c, *window(120, 160, 700, 980, 0.32), strength=0.34)
    leaf_shade(c, 1260, 200, 820, 152, strength=0.18)
    c.shape(rounded(60, 1080, 1080, 460, 60), paint=down("#c99a66", "#9b6b3c"),
        shadow=Shadow(10, 10, 30, 0.34), edge=(0, 16, "#e8c494", 0.6))
    for k in range(1, 12):
        c.shape(rect(60 + k * 90, 1100, 5, 330), paint="#7a5028", opacity=0.5)
    for x, y, width, height, colour, turn in ((140, 1150, 400, 280, "#f6efe4", -3),
            (650, 1150, 410, 280, "#f6efe4", 3), (270, 1230, 320, 240, "#b5573f", -5),
            (610, 1236, 320, 236, "#d9a05b", 5), (450, 1300, 290, 190, "#f3dccb", 0)):
        c.shape(rounded(x, y, width, height, 70, turn=turn),
            paint=slant(light(colour, 0.3), colour, dark(colour, 0.16)), shadow=Shadow(10, 14, 20, 0.36),
            edge=(-20, -26, dark(colour, 0.4), 0.5))
    duvet = smooth([(-60, 1500), (300, 1440), (600, 1476), (900, 1440), (1260, 1500), (1260, 1900),
        (-60, 1900)], closed=True)
    c.shape(duvet, paint=down("#fbf5ec", "#eadfd0", "#d8c8b4"), shadow=Shadow(0, -10, 24, 0.3),
        edge=(0, 22, "#ffffff", 0.5))
    for x0, x1, x2 in ((120, 200, 90), (420, 380, 470), (760, 830, 740), (1060, 990, 1090)):
        c.soft(ribbon(smooth([(x0, 1480), (x1, 1640), (x2, 1830)]), 14, 34), paint="#b9a48c", blur=15,
            strength=0.5, mode="multiply")
    throw = smooth([(640, 1590), (900, 1540), (1260, 1600), (1260, 1900), (700, 1900)], closed=True)
    c.shape(throw, paint=across("#7f9070", "#98a888", "#71835f", "#93a282"), shadow=Shadow(-8, -4, 18, 0.36))
    for k in range(22):
        c.shape(ribbon([(690 + k * 27, 1590 + 14 * math.sin(k)), (700 + k * 27, 1840)], 3), paint="#5f7250",
            opacity=0.4)


def marbled(c: Canvas, colours: tuple[str, ...]) -> None:
    for index in range(15):
        base = -160 + index * 140
        line = smooth(
            [
                (
                    x,
                    base
                    + 90 * math.sin(x / 210 + index * 0.8)
                    + 44 * math.sin(x / 90 + index * 1.7)
                    + c.dice.uniform(-14, 14),
                )
                for x in range(-80, 1300, 92)
            ],
            steps=8,
        )
        colour = colours[index % len(colours)]
        c.shape([*line, (1300, base + 420), (-80, base + 420)],
            paint=slant(light(colour, 0.2), colour, dark(colour, 0.1)), shadow=Shadow(0, -8, 16, 0.3),
            edge=(0, 9, light(colour, 0.6), 0.5))


@scene(
    "paper_waves",
    board="Shapes and colour",
    title="Layered paper, framed: a gift that fits every flat",
    description="Fourteen sheets, one craft knife, two podcasts. Our template gets you from pale pink to damson "
    "without a single straight cut.",
    alt_text="Waves of layered paper from cream through coral to deep damson",
    palette=("#fbe3d2", "#e98f7a", "#792351", "#3a0f28"),
)
def paper_waves(c: Canvas) -> None:
    c.wash("#fff8ee")
    marbled(c, ("#fdf0e2", "#fbe0cf", "#f8c9b6", "#f3ab98", "#ea8a7c", "#dc6a6a", "#c64e62", "#ad3a5e",
        "#922a58", "#792351", "#631a46", "#4d1238", "#3a0f2c", "#2b0c22", "#1f0818"))
    c.shape(ellipse(860, 300, 140), paint=slant("#fdd27a", "#f6a93a"), shadow=Shadow(10, 14, 14, 0.3))
    line = smooth([(x, 420 + 60 * math.sin(x / 200 + 2.2)) for x in range(-80, 1300, 92)], steps=8)
    c.shape([*line, *reversed([(x, y + 120 + 30 * math.sin(x / 120)) for x, y in line])],
        paint=down("#fbd3c0", "#f6b8a4"), shadow=Shadow(0, -8, 14, 0.28), edge=(0, 9, "#fff0e4", 0.6))

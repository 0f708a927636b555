"""Still lifes: vases, bowls, flowers."""

from __future__ import annotations

import math

from pins.demo.art.canvas import (
    Canvas,
    Point,
    Shadow,
    across,
    arch,
    ball_paint,
    dark,
    down,
    ellipse,
    leaf,
    leaf_shade,
    light,
    mix,
    pot,
    radial,
    rect,
    ribbed_paint,
    ribbon,
    slant,
    smooth,
    sunlit,
    turned_paint,
    window,
)
from pins.demo.art.scene import scene

# Drawings are rows of numbers: one argument a line would hide them.
# fmt: off

REST = Shadow(46, 18, 30, 0.34)


def stand(
    c: Canvas, x: float, y: float, radius: float, *, strength: float = 0.42, reach: float = 1.7
) -> None:
    """The shade of something that stands on a table, thrown to the right."""
    c.soft(ellipse(x + radius * 0.9, y - 2, radius * reach, radius * 0.2), paint="#4a2a30", blur=26,
        strength=strength, mode="multiply")
    c.soft(ellipse(x + 8, y, radius * 0.96, radius * 0.1), paint="#2b1b22", blur=9, strength=0.5,
        mode="multiply")


def mouth(c: Canvas, x: float, y: float, radius: float, colour: str, *, flat: float = 0.2) -> None:
    """The opening of a pot seen from a little above."""
    c.shape(ellipse(x, y, radius, radius * flat), paint=across(light(colour, 0.34), light(colour, 0.1),
        dark(colour, 0.12)))
    c.shape(ellipse(x, y + radius * flat * 0.14, radius * 0.86, radius * flat * 0.78),
        paint=across(dark(colour, 0.72), dark(colour, 0.4)))


def blossom(c: Canvas, x: float, y: float, size: float, colour: str, heart: str, petals: int = 8) -> None:
    start = c.dice.uniform(0, 360)
    for ring, (reach, tone) in enumerate(((1.0, dark(colour, 0.16)), (0.8, colour),
            (0.52, light(colour, 0.3)))):
        polys = []
        for petal in range(petals):
            angle = math.radians(start + (petal + ring * 0.5) * 360 / petals)
            tip = (x + math.cos(angle) * size * reach, y + math.sin(angle) * size * reach * 0.86)
            polys.append(leaf((x, y), tip, size * reach * 0.62, belly=0.64)[0])
        c.shape(*polys, paint=tone, shadow=Shadow(3, 6, 8, 0.24), edge=(-4, -6, dark(colour, 0.36), 0.34))
    c.shape(ellipse(x, y, size * 0.17, size * 0.15), paint=ball_paint(heart), shadow=Shadow(1, 3, 4, 0.3))


@scene(
    "arches_and_vases",
    board="Ceramics",
    title="How to style a shelf niche in five minutes",
    description="One arch, three heights, two textures. Start with the tallest vase, let the smallest one lean "
    "out of line, and leave a hand's width of air on the right. More shelf recipes in our journal.",
    alt_text="Three stoneware vases in an arched niche in afternoon light",
    palette=("#e8c0a8", "#c8694a", "#792351", "#f4e6d6"),
)
def arches_and_vases(c: Canvas) -> None:
    c.wash(slant("#f3d9c4", "#e7bda2", "#d8a188"))
    c.shape(arch(190, 240, 820, 1250), paint=across("#c98a70", "#dba588", "#e3b496"),
        edge=(44, 40, "#8a4a3e", 0.55))
    c.shape(rect(0, 1430, 1200, 370), paint=down("#f2dcc8", "#e0bfa6"))
    c.soft(rect(-100, 1424, 1400, 26), paint="#8a4a3e", blur=16, strength=0.32, mode="multiply")
    sunlit(c, *window(120, 300, 640, 900, 0.34), strength=0.5)
    stand(c, 440, 1560, 150)
    body = pot(440, [(720, 52), (744, 46), (860, 50), (1000, 118), (1190, 176), (1400, 158), (1540, 112),
        (1562, 96)])
    c.shape(body, paint=ribbed_paint("#f1e3d3", 15))
    mouth(c, 440, 722, 54, "#f1e3d3")
    for turn, reach, bow in ((-12, 470, -40), (2, 560, 26), (15, 430, 40), (27, 330, 40)):
        angle = math.radians(turn - 90)
        tip = (440 + math.cos(angle) * reach, 728 + math.sin(angle) * reach)
        stem = smooth([(440 + turn * 0.8, 730), ((440 + tip[0]) / 2 + bow, (728 + tip[1]) / 2), tip])
        c.shape(ribbon(stem, 7, 3), paint="#8f6a3c")
        for index in range(9, len(stem) - 1, 2):
            for side in (-1, 1):
                x, y = stem[index]
                way = math.atan2(tip[1] - y, tip[0] - x or 1) + side * 0.6
                size = 46 + 26 * (1 - index / len(stem))
                grain = leaf((x, y), (x + math.cos(way) * size, y + math.sin(way) * size), 18, belly=0.6)
                c.shape(grain[0], paint=mix("#d9a441", "#f0cf86", c.dice.random()))
    stand(c, 764, 1604, 136)
    moon = pot(764, [(1262, 44), (1282, 40), (1300, 66), (1350, 130), (1440, 166), (1530, 140), (1592, 84),
        (1606, 74)])
    c.shape(moon, paint=turned_paint("#b65a3f"), speckles=("#5e2a22", 300))
    mouth(c, 764, 1264, 45, "#b65a3f")
    stand(c, 600, 1690, 76, reach=1.5)
    cup = pot(600, [(1560, 84), (1600, 84), (1668, 72), (1690, 56)])
    c.shape(cup, paint=turned_paint("#792351"))
    mouth(c, 600, 1561, 85, "#792351", flat=0.19)


@scene(
    "ribbed_vases",
    board="Ceramics",
    title="Ribbed vases that make supermarket flowers look expensive",
    description="A narrow neck does the arranging for you: three stems, cut short, done. These are our favourite "
    "ribbed shapes of the season, all under 40 euros.",
    alt_text="Two ribbed vases with ranunculus flowers in pink and yellow on a linen cloth",
    palette=("#2f6b74", "#fcbd40", "#e98fa2", "#f8f3ef"),
)
def ribbed_vases(c: Canvas) -> None:
    c.wash(slant("#dfe7e2", "#c2d0cb", "#a5b9b6"))
    sunlit(c, *window(330, 40, 760, 1000, 0.28), strength=0.6)
    leaf_shade(c, 1260, 240, 760, 158, strength=0.2)
    c.shape(rect(0, 1380, 1200, 420), paint=down("#f7efe6", "#e2d3c4"))
    c.soft(rect(-100, 1372, 1400, 22), paint="#5b6b6b", blur=15, strength=0.34, mode="multiply")
    heads: list[tuple[float, float, float, str, str]] = [(300, 560, 118, "#f2a9b4", "#7c8a3e"),
        (520, 450, 132, "#e5748c", "#fcbd40"), (650, 640, 104, "#fbe3d8", "#c98a3a"),
        (400, 730, 96, "#fcbd40", "#8a5a1e"), (196, 770, 78, "#fbe3d8", "#c98a3a")]
    for x, y, _, _, _ in heads:
        stem = smooth([(430 + (x - 430) * 0.06, 1000), ((x + 430) / 2 + (x - 430) * 0.16, (y + 1000) / 2),
            (x, y)])
        c.shape(ribbon(stem, 13, 9), paint=across("#8aa05e", "#5d7a42"))
        way = 1 if x > 430 else -1
        middle = stem[len(stem) // 2]
        c.shape(leaf(middle, (middle[0] + way * 120, middle[1] - 70), 46, bend=-way * 14)[0],
            paint=slant("#8fae6c", "#4d6b3c"))
    stand(c, 430, 1590, 190)
    tall = pot(430, [(960, 92), (985, 80), (1060, 84), (1180, 160), (1350, 212), (1500, 196), (1575, 140),
        (1592, 124)])
    c.shape(tall, paint=ribbed_paint("#2f6b74", 19))
    mouth(c, 430, 962, 93, "#2f6b74")
    for x, y, size, colour, heart in sorted(heads, key=lambda head: head[2]):
        blossom(c, x, y, size, colour, heart, petals=9)
    stand(c, 850, 1640, 128)
    stem = smooth([(852, 1330), (868, 1150), (842, 980)])
    c.shape(ribbon(stem, 11, 8), paint="#6c8750")
    c.shape(leaf((862, 1200), (980, 1090), 52, bend=-16)[0], paint=slant("#8fae6c", "#4d6b3c"))
    low = pot(850, [(1300, 56), (1318, 50), (1360, 78), (1440, 140), (1540, 148), (1620, 108), (1642, 94)])
    c.shape(low, paint=ribbed_paint("#f3ead9", 15))
    mouth(c, 850, 1302, 57, "#f3ead9")
    blossom(c, 842, 960, 110, "#f7c14e", "#8a5a1e", petals=9)


@scene(
    "tea_bowls",
    board="Ceramics",
    title="The quiet beauty of uneven tea bowls",
    description="No two are alike, and that is the point. How to start a small collection of hand-thrown bowls, "
    "and what to look for in the glaze.",
    alt_text="Seven hand-thrown tea bowls in sage, cream and clay seen from above",
    palette=("#8c9a7b", "#f0e4d2", "#b5553c", "#3d4f5c"),
)
def tea_bowls(c: Canvas) -> None:
    c.wash(slant("#e9e0d4", "#d8cabb", "#c6b5a4"))
    cloth = smooth([(-60, 420), (300, 300), (760, 420), (1260, 240), (1260, 1500), (820, 1640), (380, 1500),
        (-60, 1620)], closed=True)
    c.shape(cloth, paint=slant("#f6efe6", "#e7dbcb"), shadow=Shadow(6, 12, 20, 0.2))
    for x, y, end in ((120, 380, 1560), (560, 360, 1560), (1010, 330, 1570)):
        c.soft(ribbon(smooth([(x, y), (x + 40, (y + end) / 2), (x - 20, end)]), 26), paint="#bfae9c",
            blur=16, strength=0.5, mode="multiply")
    bowls = [(340, 330, 190, "#8c9a7b", "#c7d0ae"), (830, 420, 232, "#efe3d0", "#a7683c"),
        (330, 800, 214, "#b5553c", "#e0a27e"), (830, 960, 206, "#43566b", "#88a0b0"),
        (280, 1290, 186, "#f0e6d6", "#6b7d4a"), (720, 1440, 226, "#7d8f74", "#d9dcc0"),
        (1080, 1330, 120, "#d9a05b", "#f2d6a0")]
    for x, y, size, colour, tea in bowls:
        rim = _uneven(c, x, y, size)
        c.shape(rim, paint=slant(light(colour, 0.36), colour, dark(colour, 0.2)),
            shadow=Shadow(34, 46, 40, 0.42), speckles=(dark(colour, 0.6), 130))
        inner = [(x + (px - x) * 0.9, y + (py - y) * 0.9) for px, py in rim]
        c.shape(inner, paint=slant(dark(colour, 0.42), dark(colour, 0.14), light(colour, 0.2)),
            edge=(26, 30, dark(colour, 0.75), 0.5))
        drink = [(x + 4 + (px - x) * 0.66, y + 8 + (py - y) * 0.66) for px, py in rim]
        c.shape(drink, paint=radial(light(tea, 0.25), tea, dark(tea, 0.3), x=0.36, y=0.34, reach=0.8),
            edge=(14, 16, dark(tea, 0.6), 0.5))
        c.shape(ellipse(x - size * 0.26, y - size * 0.28, size * 0.15, size * 0.05, turn=-42),
            paint="#ffffff", opacity=0.5)
        for ring in (0.3, 0.46):
            c.shape(ellipse(x + 8, y + 12, size * ring), paint=light(tea, 0.5),
                holes=[ellipse(x + 8, y + 12, size * ring - 3)], opacity=0.2)


def _uneven(c: Canvas, x: float, y: float, size: float) -> list[Point]:
    around = [(x + math.cos(a) * size * c.dice.uniform(0.965, 1.03),
        y + math.sin(a) * size * c.dice.uniform(0.965, 1.03)) for a in (math.tau * i / 11 for i in range(11))]
    return smooth(around, closed=True)

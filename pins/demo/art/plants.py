"""House plants."""

from __future__ import annotations

import math

from pins.demo.art.canvas import (
    Canvas,
    Point,
    Poly,
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
    rounded,
    slant,
    smooth,
    sunlit,
    turned_by,
    turned_paint,
    window,
)
from pins.demo.art.ceramics import mouth, stand
from pins.demo.art.scene import scene

# Drawings are rows of numbers: one argument a line would hide them.
# fmt: off


def blade(
    c: Canvas,
    base: Point,
    tip: Point,
    width: float,
    colour: str,
    *,
    bend: float = 0,
    belly: float = 0.42,
    shadow: bool = True,
) -> None:
    """A leaf with a lit half, a dark half and a rib."""
    whole, half, rib = leaf(base, tip, width, bend=bend, belly=belly)
    c.shape(whole, paint=slant(light(colour, 0.26), colour), shadow=Shadow(10, 16, 14, 0.3) if shadow
        else None)
    c.shape(half, paint=slant(dark(colour, 0.1), dark(colour, 0.36)), opacity=0.8)
    c.shape(rib, paint=light(colour, 0.42), opacity=0.8)


def soil(c: Canvas, x: float, y: float, radius: float) -> None:
    c.shape(ellipse(x, y, radius, radius * 0.17), paint=down("#2e1d1a", "#4d3429"), speckles=("#a88a6a", 60))


@scene(
    "terracotta_pots",
    board="House plants",
    title="Repot these five now, thank yourself in June",
    description="Roots out of the bottom, water running straight through, leaves getting smaller: three signs that "
    "it is time. Our potting checklist fits on one card.",
    alt_text="Five terracotta pots with rubber plant, snake plant and cactus on a sunny shelf",
    palette=("#c8694a", "#2f4b3c", "#f0dcc6", "#8fae6c"),
)
def terracotta_pots(c: Canvas) -> None:
    c.wash(slant("#f7ead6", "#efd8b8", "#e2bf98"))
    sunlit(c, *window(240, 120, 800, 900, 0.3), strength=0.7)
    c.shape(rect(0, 1420, 1200, 380), paint=down("#a9694a", "#7e4632"))
    c.shape(rect(0, 1420, 1200, 22), paint=down("#c98a66", "#b0704e"))
    stand(c, 330, 1560, 170)
    for turn, length, width in ((-34, 520, 170), (-10, 700, 190), (16, 610, 180), (38, 470, 150),
            (-58, 360, 140), (60, 330, 130)):
        angle = math.radians(turn - 90)
        base = (330 + turn * 0.9, 1210)
        tip = (330 + math.cos(angle) * length, 1240 + math.sin(angle) * length)
        root = (base[0] + (tip[0] - base[0]) * 0.3, base[1] + (tip[1] - base[1]) * 0.3)
        c.shape(ribbon([base, root], 12, 9), paint="#7a4a3a")
        blade(c, root, tip, width, "#2f5b45", bend=turn * 0.5, belly=0.5)
    _pot(c, 330, 1210, 1560, 168, "#c8694a")
    stand(c, 790, 1640, 130)
    for dx, height, lean in ((-66, 470, -30), (-30, 640, -12), (6, 560, 6), (40, 690, 20), (72, 430, 44),
            (-8, 380, -4)):
        x = 790 + dx
        sword = [(x - 26, 1330), *smooth([(x - 34, 1250), (x - 30 + lean * 0.5, 1330 - height * 0.6),
            (x + lean, 1330 - height)]), *smooth([(x + lean, 1330 - height),
            (x + 32 + lean * 0.5, 1330 - height * 0.6), (x + 34, 1250)]), (x + 26, 1330)]
        c.shape(sword, paint=across("#c9c46a", "#4c7a52", "#2f5b45", "#3c6a4a", "#b9b45e"),
            shadow=Shadow(10, 6, 12, 0.3))
    _pot(c, 790, 1320, 1640, 132, "#b5553c")
    stand(c, 1046, 1566, 92)
    body = pot(1046, [(1170, 8), (1186, 52), (1260, 92), (1350, 84), (1400, 60)])
    c.shape(body, paint=ribbed_paint("#5d8a5c", 11))
    for x, y in ((1046, 1168), (1008, 1190), (1086, 1192)):
        c.shape(*(leaf((x, y), (x + math.cos(a) * 30, y - 6 + math.sin(a) * 24), 18, belly=0.6)[0]
            for a in (i * 0.9 for i in range(7))), paint="#e5748c", shadow=Shadow(2, 3, 4, 0.3))
    _pot(c, 1046, 1380, 1566, 88, "#d68a63")
    stand(c, 560, 1720, 74, reach=1.4)
    for index in range(16):
        angle = math.radians(index * 23 - 190)
        tip = (560 + math.cos(angle) * 150, 1560 + math.sin(angle) * 120)
        blade(c, (560, 1580), tip, 44, "#9bb07a", bend=10, shadow=index % 3 == 0)
    _pot(c, 560, 1590, 1720, 74, "#e0a27e")


def _pot(c: Canvas, x: float, top: float, foot: float, radius: float, colour: str) -> None:
    rim = radius * 0.26
    c.shape(pot(x, [(top + rim * 0.7, radius * 0.9), (foot - 14, radius * 0.66), (foot, radius * 0.64)]),
        paint=turned_paint(colour), speckles=(dark(colour, 0.5), 40))
    c.soft(rect(x - radius * 0.88, top + rim, radius * 1.76, 14), paint="#3a1a18", blur=7, strength=0.36,
        mode="multiply")
    c.shape(pot(x, [(top, radius), (top + rim, radius * 0.98)]), paint=turned_paint(light(colour, 0.06)))
    c.shape(ellipse(x, top, radius, radius * 0.13), paint=across(light(colour, 0.3), colour))
    soil(c, x, top + 2, radius * 0.86)


@scene(
    "monstera_leaves",
    board="House plants",
    title="Why your monstera has no holes yet",
    description="It is young, or it stands too dark. Three changes that brought the first split leaf in our office "
    "within two months.",
    alt_text="Large monstera leaves in deep green against a pale wall",
    palette=("#1f4436", "#4f7a55", "#f1e7d8", "#a9c08a"),
)
def monstera_leaves(c: Canvas) -> None:
    c.wash(slant("#f5ecdd", "#e8dcc6", "#d5c6ab"))
    leaf_shade(c, 1240, 100, 900, 140, strength=0.22)
    for x, y, size, turn, colour in ((250, 420, 300, -36, "#3f6b4c"), (900, 320, 270, 30, "#547d55"),
            (1010, 860, 330, 62, "#2f5b45"), (150, 1000, 310, -70, "#2a5240"), (600, 640, 400, 4, "#234a3a"),
            (700, 1260, 330, 24, "#3a6649"), (360, 1430, 290, -24, "#1f4436")):
        end = (600 + (x - 600) * 0.1, 2050.0)
        c.shape(ribbon(smooth([(x, y), (x * 0.7 + 180, (y + 2000) / 2), end]), 15, 22),
            paint=across("#7fa06a", "#4a6d44"), shadow=Shadow(14, 20, 18, 0.24))
        _monstera(c, x, y, size, turn, colour)


def _monstera(c: Canvas, x: float, y: float, size: float, turn: float, colour: str) -> None:
    outline: list[Point] = []
    for side in (1, -1):
        edge: list[Point] = [(0, 0.06), (side * 0.2, 0.3), (side * 0.52, 0.34), (side * 0.82, 0.16),
            (side * 0.94, -0.16), (side * 0.88, -0.56), (side * 0.6, -0.94), (side * 0.26, -1.24), (0, -1.46)]
        curve = smooth(edge, steps=16)
        cut: list[Point] = []
        for index, (px, py) in enumerate(curve):
            along = index / len(curve)
            for at, depth in ((0.34, 0.5), (0.47, 0.56), (0.6, 0.56), (0.72, 0.5), (0.84, 0.36)):
                if abs(along - at) < 0.018:
                    near = 1 - depth * (1 - abs(along - at) / 0.03)
                    px, py = px * near, py * 0.82 * near - 0.02 + (1 - near) * -0.2
            cut.append((px, py))
        outline += cut if side == 1 else list(reversed(cut))
    place = turned_by([(x + px * size, y + py * size) for px, py in outline], turn, (x, y))
    c.shape(place, paint=slant(light(colour, 0.24), colour, dark(colour, 0.3)),
        shadow=Shadow(30, 44, 36, 0.4), edge=(-10, -12, light(colour, 0.4), 0.4))
    ribs: list[Poly] = [ribbon([(0, 0.05), (0, -1.42)], 0.03, 0.006)]
    for at, reach, rise in ((-0.02, 0.78, -0.04), (-0.2, 0.82, -0.32), (-0.42, 0.76, -0.62),
            (-0.68, 0.58, -0.92), (-0.92, 0.36, -1.16)):
        for side in (1, -1):
            ribs.append(ribbon(smooth([(0, at + 0.08), (side * reach * 0.5, (at + rise) / 2 + 0.02),
                (side * reach, rise)]), 0.016, 0.004))
    c.shape(*(turned_by([(x + px * size, y + py * size) for px, py in rib], turn, (x, y)) for rib in ribs),
        paint=light(colour, 0.42), opacity=0.6)
    holes = [ellipse(side * 0.2, at, 0.075, 0.03, turn=side * -32) for at in (-0.2, -0.44, -0.68)
        for side in (1, -1)]
    c.shape(*(turned_by([(x + px * size, y + py * size) for px, py in hole], turn, (x, y))
        for hole in holes), paint=dark(colour, 0.55))


@scene(
    "hanging_plants",
    board="House plants",
    title="Low light? Hang these three and forget about them",
    description="A north window is no excuse. Pothos, spider plant and heartleaf live happily two metres from the "
    "glass, and they look best from below.",
    alt_text="Three trailing plants hanging in front of an arched window",
    palette=("#8c9a7b", "#f8f3ef", "#d99a3c", "#3f6b4c"),
)
def hanging_plants(c: Canvas) -> None:
    c.wash(slant("#e9dfd2", "#d9cbba", "#c8b6a2"))
    c.shape(rect(240, 330, 720, 1240), paint=down("#aeced8", "#d3e4dc", "#f6edd2"))
    c.soft(ellipse(400, 1330, 320, 220), ellipse(790, 1400, 300, 230), paint="#93b184", blur=34,
        strength=0.85)
    c.soft(ellipse(690, 640, 170, 60), ellipse(480, 760, 150, 44), paint="#ffffff", blur=26, strength=0.7)
    c.shape(rect(0, 0, 1200, 1800), paint=slant("#e9dfd2", "#d9cbba", "#c8b6a2"),
        holes=[arch(262, 342, 676, 1220)])
    c.shape(arch(250, 330, 700, 1240), paint="#fbf6ee", holes=[arch(282, 362, 636, 1190)],
        shadow=Shadow(0, 10, 14, 0.3))
    c.shape(rect(590, 362, 20, 1190), rect(282, 820, 636, 18), rect(282, 1180, 636, 18), paint="#fbf6ee",
        shadow=Shadow(5, 7, 7, 0.24))
    c.shape(rounded(200, 1550, 800, 50, 8), paint=down("#fffaf2", "#e6d8c6"), shadow=Shadow(8, 24, 26, 0.34))
    for x, y, radius, colour, green, long in ((300, 560, 118, "#c8694a", "#3f6b4c", 760),
            (640, 330, 104, "#f0e4d2", "#7d9a5a", 560), (940, 640, 112, "#d99a3c", "#2f5b45", 700)):
        c.shape(ribbon([(x - radius * 0.94, y), (x, -20)], 4), ribbon([(x + radius * 0.94, y), (x, -20)], 4),
            paint="#7a5a44")
        strands = [(x + radius * side * 0.9, side * (30 + 34 * n), long * (0.5 + 0.24 * n)) for n in range(3)
            for side in (-1, 1)]
        bowl = pot(x, [(y, radius), (y + radius * 0.6, radius * 0.92), (y + radius * 1.2, radius * 0.5),
            (y + radius * 1.28, radius * 0.3)])
        for start, swing, length in strands:
            _trail(c, start, y + 6, swing, length, green)
        c.shape(bowl, paint=turned_paint(colour), shadow=Shadow(24, 40, 34, 0.3),
            speckles=(dark(colour, 0.5), 50))
        c.shape(ellipse(x, y, radius, radius * 0.16), paint=across(light(colour, 0.3), colour))
        soil(c, x, y + 2, radius * 0.88)
        for turn in range(-80, 90, 20):
            angle = math.radians(turn - 90)
            blade(c, (x + turn * 0.5, y + 6), (x + turn * 0.5 + math.cos(angle) * radius,
                y + math.sin(angle) * radius * 0.9), radius * 0.44,
                mix(green, "#a9c08a", c.dice.random() * 0.4), bend=turn * 0.1, shadow=turn % 40 == 0)


def _trail(c: Canvas, x: float, y: float, swing: float, length: float, green: str) -> None:
    way = smooth([(x, y), (x + swing * 0.9, y + length * 0.2), (x + swing * 0.8, y + length * 0.6),
        (x + swing * 1.3, y + length)], steps=9)
    c.shape(ribbon(way, 6, 3), paint=dark(green, 0.2))
    for index in range(2, len(way), 2):
        px, py = way[index]
        side = 1 if index % 4 else -1
        size = 62 - 26 * index / len(way)
        whole, half, _ = leaf((px, py), (px + side * size * 0.9, py + size * 0.62), size * 0.62,
            bend=side * -6)
        shade = mix(green, "#b9cf94", c.dice.random() * 0.35)
        c.shape(whole, paint=light(shade, 0.14), shadow=Shadow(6, 10, 9, 0.24) if index % 4 else None)
        c.shape(half, paint=dark(shade, 0.16))


@scene(
    "cactus_row",
    board="House plants",
    title="Cacti for people who travel",
    description="Water once a month, turn the pot once a season. These four have survived our holidays since 2019.",
    alt_text="Four cacti of different shapes in pastel pots in front of a coral wall",
    palette=("#e98f7a", "#4f8a6b", "#fcbd40", "#fbe3d8"),
)
def cactus_row(c: Canvas) -> None:
    c.wash(slant("#f3aa92", "#ea8f78", "#d87562"))
    c.shape(ellipse(820, 520, 330), paint=down("#fbd9a6", "#f6b878"), opacity=0.9)
    c.shape(rect(0, 1400, 1200, 400), paint=down("#fbe6d8", "#efc9b4"))
    c.soft(rect(-100, 1394, 1400, 22), paint="#a5483c", blur=14, strength=0.3, mode="multiply")
    green = "#3f7a5e"
    stand(c, 320, 1570, 150)
    for x, top, foot, radius in ((320, 520, 1300, 92),):
        c.shape(pot(x, [(top, 4), (top + 8, radius * 0.42), (top + 34, radius * 0.76),
            (top + 90, radius * 0.97), (top + 200, radius), (foot, radius * 0.9)]),
            paint=ribbed_paint(green, 9), shadow=Shadow(20, 10, 24, 0.3))
    for side, start, rise in ((-1, 1010, 330), (1, 880, 300)):
        arm = smooth([(320 + side * 60, start), (320 + side * 165, start - 20),
            (320 + side * 190, start - 130), (320 + side * 188, start - rise)], steps=18)
        c.shape(ribbon(arm, 96, 92), ellipse(arm[-1][0], arm[-1][1], 46),
            paint=across(light(green, 0.2), green, dark(green, 0.3)), edge=(-16, -6, dark(green, 0.6), 0.5))
    _spines(c, 320, 560, 1280, 70, 46)
    _tub(c, 320, 1270, 1570, 156, "#fbe3d8")
    stand(c, 690, 1640, 120)
    for x, y, rx, ry, turn in ((690, 1200, 118, 170, 0), (600, 1000, 92, 136, -24), (770, 990, 84, 124, 22),
            (690, 850, 70, 100, 6)):
        pad = ellipse(x, y, rx, ry, turn=turn)
        c.shape(pad, paint=ball_paint("#6fa36f"), shadow=Shadow(14, 16, 18, 0.34))
        for _ in range(26):
            a, r = c.dice.uniform(0, math.tau), c.dice.uniform(0.1, 0.86)
            c.shape(ellipse(x + math.cos(a) * rx * r, y + math.sin(a) * ry * r, 3.4), paint="#fdf3d8")
    for x, y in ((690, 752), (560, 886), (810, 880)):
        c.shape(*(leaf((x, y), (x + math.cos(a) * 34, y - 10 + math.sin(a) * 30), 22, belly=0.6)[0]
            for a in (i * 0.8 - 2.6 for i in range(5))), paint="#e3486b", shadow=Shadow(2, 4, 5, 0.3))
    _tub(c, 690, 1350, 1640, 122, "#792351")
    stand(c, 990, 1560, 118)
    c.shape(pot(990, [(1150, 10), (1162, 60), (1240, 126), (1340, 122), (1390, 90)]),
        paint=ribbed_paint("#5b9a78", 13))
    _spines(c, 990, 1180, 1360, 104, 40)
    c.shape(*(leaf((990, 1150), (990 + math.cos(a) * 46, 1136 + math.sin(a) * 34), 26, belly=0.6)[0]
        for a in (i * 0.7 - 3.4 for i in range(8))), paint="#fcbd40", shadow=Shadow(2, 4, 5, 0.3))
    _tub(c, 990, 1350, 1560, 118, "#2f6b74")


def _tub(c: Canvas, x: float, top: float, foot: float, radius: float, colour: str) -> None:
    c.shape(pot(x, [(top, radius), ((top + foot) / 2, radius * 0.98), (foot - 20, radius * 0.84),
        (foot, radius * 0.76)]), paint=turned_paint(colour))
    mouth(c, x, top, radius, colour, flat=0.15)
    soil(c, x, top + 6, radius * 0.86)


def _spines(c: Canvas, x: float, top: float, foot: float, reach: float, count: int) -> None:
    for _ in range(count):
        px, py = x + c.dice.uniform(-reach, reach), c.dice.uniform(top, foot)
        c.shape(*(ribbon([(px, py), (px + dx, py + dy)], 2.6, 1) for dx,
            dy in ((-11, -8), (0, -13), (11, -8))), paint="#fdf3d8")


@scene(
    "botanical_print",
    board="House plants",
    title="Make a herbarium this weekend",
    description="Two heavy books, one week of patience, a frame from the flea market. We press ferns, eucalyptus "
    "and anything that falls on the way home.",
    alt_text="Pressed fern and eucalyptus leaves arranged in rows on cream paper",
    palette=("#f4ecdf", "#6b7d4a", "#8fa3a0", "#b5893c"),
)
def botanical_print(c: Canvas) -> None:
    c.wash(slant("#b9a48c", "#a8917a"))
    c.shape(rounded(90, 90, 1020, 1620, 6), paint=slant("#faf4e8", "#f1e7d6"),
        shadow=Shadow(20, 30, 40, 0.45))
    _fern(c, (350, 1560), (340, 250), "#5f7a45", 1)
    _eucalyptus(c, (690, 1600), (650, 740), "#7d9a94", 1)
    _fern(c, (880, 1040), (890, 260), "#8a8f4a", 0.86)
    _eucalyptus(c, (610, 620), (640, 190), "#b5893c", 0.6)
    for index in range(5):
        x = 800 + index * 54
        way = smooth([(x, 1590), (x + 10 - index * 3, 1400),
            (x + (index - 2) * 22, 1190 + abs(index - 2) * 34)])
        c.shape(ribbon(way, 5, 3), paint="#8a6a3c")
        for step in range(14):
            px, py = way[-1 - step * 2]
            c.shape(*(leaf((px, py), (px + side * 24, py - 22), 13)[0] for side in (-1, 1)),
                paint=mix("#c99a4a", "#8a6a3c", c.dice.random()))
    for x, y in ((336, 1480), (690, 1500), (938, 960), (602, 560)):
        c.shape(rounded(x - 46, y, 92, 26, 2, turn=c.dice.uniform(-6, 6)), paint="#efe0bd", opacity=0.86,
            shadow=Shadow(2, 3, 4, 0.24))
    sunlit(c, *window(520, 60, 560, 760, 0.4), strength=0.2, blur=14)


def _fern(c: Canvas, base: Point, tip: Point, green: str, scale: float) -> None:
    way = smooth([base, ((base[0] + tip[0]) / 2 + 26, (base[1] + tip[1]) / 2), tip], steps=22)
    c.shape(ribbon(way, 9, 3), paint=dark(green, 0.3), shadow=Shadow(4, 6, 5, 0.2))
    for index in range(5, len(way), 2):
        t = index / len(way)
        length = scale * 200 * math.sin(math.pi * min(t * 0.86 + 0.2, 1)) + 14
        for side in (-1, 1):
            x, y = way[index]
            end = (x + side * length, y - length * 0.36)
            shade = mix(green, "#c2b35e", c.dice.random() * 0.34)
            c.shape(leaf((x, y), end, 30 * (1 - t * 0.5), bend=side * length * 0.07)[0],
                paint=slant(light(shade, 0.12), dark(shade, 0.16)), shadow=Shadow(3, 5, 4, 0.18))


def _eucalyptus(c: Canvas, base: Point, tip: Point, green: str, scale: float) -> None:
    way = smooth([base, ((base[0] + tip[0]) / 2 - 40, (base[1] + tip[1]) / 2), tip], steps=16)
    c.shape(ribbon(way, 8, 4), paint="#8a5f4a", shadow=Shadow(4, 6, 5, 0.2))
    for index in range(4, len(way), 3):
        x, y = way[index]
        size = (62 - 28 * index / len(way)) * scale
        for side in (-1, 1):
            shade = mix(green, "#d8e0d2", c.dice.random() * 0.4)
            c.shape(ellipse(x + side * size * 0.9, y - size * 0.34, size * 0.86, size * 0.68,
                turn=side * -24), paint=radial(light(shade, 0.3), shade, dark(shade, 0.2), reach=0.8),
                shadow=Shadow(4, 6, 5, 0.2))
            c.shape(ribbon([(x, y), (x + side * size * 1.5, y - size * 0.56)], 3, 1),
                paint=dark(shade, 0.25), opacity=0.6)

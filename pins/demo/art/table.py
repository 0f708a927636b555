"""On the table: coffee, bread, fruit, candles."""

from __future__ import annotations

import math

from pins.demo.art.canvas import (
    Canvas,
    Point,
    Poly,
    Shadow,
    across,
    blob,
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
    ribbon,
    rounded,
    slant,
    smooth,
    sunlit,
    turned_by,
    window,
)
from pins.demo.art.plants import blade
from pins.demo.art.scene import scene

# Drawings are rows of numbers: one argument a line would hide them.
# fmt: off


def plate(c: Canvas, x: float, y: float, size: float, colour: str = "#fbf7f1") -> None:
    c.shape(ellipse(x, y, size), paint=slant("#ffffff", colour, dark(colour, 0.14)),
        shadow=Shadow(26, 38, 38, 0.42))
    c.shape(ellipse(x, y, size * 0.76), paint=slant(dark(colour, 0.09), colour, "#ffffff"),
        edge=(-8, -10, dark(colour, 0.3), 0.3))


def linen(c: Canvas, *corners: Point, colour: str = "#e9dcc9", stripe: str | None = None) -> None:
    """A cloth lying flat, its edges a little wavy, its folds soft."""
    edge: list[Point] = []
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        for step in range(4):
            t = step / 4
            edge.append((ax + (bx - ax) * t + c.dice.uniform(-9, 9),
                ay + (by - ay) * t + c.dice.uniform(-9, 9)))
    c.shape(smooth(edge, closed=True), paint=slant(light(colour, 0.3), colour, dark(colour, 0.1)),
        shadow=Shadow(12, 18, 18, 0.32))
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    if stripe:
        for t in (0.1, 0.14, 0.86, 0.9):
            c.shape(ribbon([(ax + (bx - ax) * t, ay + (by - ay) * t),
                (dx + (cx - dx) * t, dy + (cy - dy) * t)], 9), paint=stripe, opacity=0.75)
    for t in (0.3, 0.52, 0.74):
        fold = smooth([(ax + (dx - ax) * t, ay + (dy - ay) * t),
            ((ax + cx) / 2, (ay + cy) / 2 + (t - 0.5) * 300), (bx + (cx - bx) * t, by + (cy - by) * t)])
        c.soft(ribbon(fold, 16, 22), paint=dark(colour, 0.24), blur=15, strength=0.4, mode="multiply")


def wood(c: Canvas, colour: str, *, boards: int = 5) -> None:
    """A table from above: boards, their grain, a knot here and there."""
    width = 1200 / boards
    for index in range(boards):
        tone = mix(light(colour, 0.08), dark(colour, 0.12), c.dice.random())
        x = index * width
        c.shape(rect(x, 0, width + 1, 1800), paint=across(light(tone, 0.06), tone, dark(tone, 0.1)))
        grain = []
        for _ in range(7):
            at = x + c.dice.uniform(10, width - 10)
            line = smooth([(at + c.dice.uniform(-10, 10), y) for y in range(-60, 1900, 320)], steps=6)
            grain.append(ribbon(line, c.dice.uniform(1.5, 5)))
        c.shape(*grain, paint=dark(tone, 0.3), opacity=0.24)
        c.shape(rect(x, 0, 4, 1800), paint=dark(colour, 0.6), opacity=0.7)


@scene(
    "flat_white",
    board="Slow mornings",
    title="The flat white that started it all",
    description="Same cup, same window, six years later. How one slow coffee a day turned into this journal, and "
    "the three rules of the first hour.",
    alt_text="Flat white with a leaf drawn in the foam on a striped linen napkin, seen from above",
    palette=("#6a3a20", "#f1e3d3", "#d9c3a9", "#b5553c"),
)
def flat_white(c: Canvas) -> None:
    c.wash(slant("#efe8e0", "#e0d6ca", "#cbbfb2"))
    for start in (-200, 180, 700, 1020):
        vein = smooth([(start + k * 90 + c.dice.uniform(-50, 50), k * 400 - 60) for k in range(6)])
        c.soft(ribbon(vein, 4, 9), paint="#a59a90", blur=7, strength=0.22)
    linen(c, (110, 900), (900, 760), (1060, 1560), (250, 1720), colour="#e6d6c0", stripe="#b5553c")
    leaf_shade(c, 1260, 60, 900, 146, strength=0.2)
    x, y = 600, 900
    plate(c, x, y, 430, "#f4efe9")
    c.shape(ribbon(smooth([(850, 790), (1010, 690), (1060, 800), (980, 900), (880, 900)]), 54, 48),
        paint=slant("#ffffff", "#d9d0c6"), shadow=Shadow(16, 22, 18, 0.4))
    c.shape(ellipse(x, y, 302), paint=slant("#ffffff", "#efe8e0", "#cfc4b8"), shadow=Shadow(30, 40, 32, 0.44))
    c.shape(ellipse(x, y, 272), paint=radial("#a86a3e", "#9a5c32", "#7a4422", "#5a2e14", reach=0.56),
        edge=(22, 26, "#2e160a", 0.6))
    foam = "#f8ead6"
    for t, spread in ((0.0, 190), (0.2, 200), (0.4, 186), (0.58, 150), (0.74, 108)):
        top = y + 190 - t * 400
        for side in (-1, 1):
            petal = smooth([(x, top + 24), (x + side * spread * 0.5, top - 26),
                (x + side * spread, top - 96), (x + side * spread * 0.86, top - 128),
                (x + side * spread * 0.4, top - 78), (x, top - 24)], closed=True)
            c.shape(petal, paint=slant("#fffaf0", foam, "#ecd3b4"))
    c.shape(smooth([(x, y - 216), (x + 50, y - 170), (x, y - 96), (x - 50, y - 170)], closed=True),
        paint=foam)
    c.shape(ribbon(smooth([(x, y - 120), (x + 4, y + 60), (x, y + 226)]), 5, 11), paint="#9a5c32")
    c.soft(ellipse(x - 120, y - 150, 110, 40, turn=-42), paint="#ffffff", blur=18, strength=0.3)
    spoon = turned_by(ribbon([(300, 1480), (860, 1480)], 16, 22), -24, (600, 1480))
    c.shape(spoon, ellipse(850, 1368, 70, 40, turn=-24), paint=slant("#fff2cf", "#d9a64e", "#9a6a1e"),
        shadow=Shadow(12, 18, 14, 0.42))
    c.shape(ellipse(852, 1368, 54, 28, turn=-24), paint=slant("#a8741f", "#e8c078"))
    for px, py in ((190, 340), (270, 300), (226, 420), (330, 380), (150, 250), (950, 330)):
        turn = c.dice.uniform(0, 180)
        c.shape(ellipse(px, py, 36, 25, turn=turn), paint=slant("#8a5232", "#3a1c10"),
            shadow=Shadow(8, 12, 9, 0.45))
        c.shape(turned_by(ribbon(smooth([(px - 34, py), (px - 8, py + 5), (px + 8, py - 5), (px + 34, py)]),
            5), turn, (px, py)), paint="#23100a")


@scene(
    "butter_croissants",
    board="Weekend bakes",
    title="Butter croissants, step by step",
    description="Three folds, two nights, one kitchen thermometer. The recipe we have baked every Saturday since "
    "January, with a photo of each fold.",
    alt_text="Four golden croissants on a marble board with a small bowl of jam",
    palette=("#d98e3a", "#f4e3c8", "#8a4a1c", "#9a2348"),
)
def butter_croissants(c: Canvas) -> None:
    wood(c, "#7d5136")
    linen(c, (640, -120), (1340, 160), (1180, 900), (500, 560), colour="#dfe3df", stripe="#43566b")
    c.shape(rounded(110, 360, 930, 1180, 60, turn=-3), paint=slant("#faf5ee", "#ece3d8", "#d8ccbf"),
        shadow=Shadow(26, 36, 34, 0.5))
    for _ in range(5):
        vein = smooth([(c.dice.uniform(150, 1000), 380), (c.dice.uniform(150, 1000), 900),
            (c.dice.uniform(150, 1000), 1500)])
        c.soft(ribbon(vein, 4, 8), paint="#b9aca0", blur=6, strength=0.4)
    for x, y, size, turn in ((400, 620, 1.0, -24), (760, 860, 1.08, 16), (370, 1070, 1.04, -8),
            (740, 1310, 0.98, 30)):
        _croissant(c, x, y, size, turn)
    x, y = 850, 480
    c.shape(ellipse(x, y, 122), paint=slant("#ffffff", "#eee6dc", "#cdbfb0"), shadow=Shadow(20, 26, 22, 0.44))
    c.shape(ellipse(x, y, 98), paint=radial("#c8405f", "#9a2348", "#651030", x=0.4, y=0.36, reach=0.8),
        edge=(12, 14, "#3a0818", 0.6))
    for _ in range(9):
        a, r = c.dice.uniform(0, math.tau), c.dice.uniform(8, 70)
        c.shape(blob(x + math.cos(a) * r, y + math.sin(a) * r, 16, 13, c.dice),
            paint=slant("#d85a78", "#7a1438"), opacity=0.7)
    c.shape(ellipse(x - 30, y - 34, 28, 10, turn=-36), paint="#ffffff", opacity=0.5)
    for _ in range(60):
        px, py = c.dice.uniform(160, 1000), c.dice.uniform(430, 1500)
        c.shape(blob(px, py, c.dice.uniform(3, 9), c.dice.uniform(2, 6), c.dice, 0.4),
            paint=c.dice.choice(("#e3b06a", "#c98a3f", "#f3d9a0")), shadow=Shadow(2, 3, 3, 0.3))


def _croissant(c: Canvas, x: float, y: float, size: float, turn: float) -> None:
    """Seven rolls along a crescent, the fattest in the middle and on top."""
    c.soft(turned_by(ribbon(smooth([(x - 210 * size, y + 120 * size), (x, y - 40 * size),
        (x + 210 * size, y + 120 * size)]), 150), turn, (x, y)), paint="#4a2a1c", blur=26, strength=0.45,
        mode="multiply")
    rolls = sorted(range(-4, 5), key=lambda index: -abs(index))
    for index in rolls:
        angle = index * 19 * math.pi / 180
        px, py = x + math.sin(angle) * 212 * size, y + 120 * size - math.cos(angle) * 176 * size
        thick = (1 - (abs(index) / 4.7) ** 1.7) * 124 * size + 18
        wide = 66 * size * (1 - abs(index) * 0.09)
        lean = math.degrees(angle) * 0.92
        ((qx, qy),) = turned_by([(px, py)], turn, (x, y))
        body = ellipse(qx, qy, wide, thick, turn=lean + turn)
        tone = mix("#dd9440", "#c27426", c.dice.random() * 0.7)
        c.shape(body, paint=slant("#f6cd84", tone, "#9a5318", lean=0.42),
            shadow=Shadow(3, 5, 9, 0.42, "#5a2a0c"), edge=(-12, -10, "#7a3c10", 0.55))
        for k in range(4):
            off = (k - 1.5) * wide * 0.34
            streak = turned_by(ribbon(smooth([(qx + off - 4, qy - thick * 0.8), (qx + off + 7, qy),
                (qx + off - 4, qy + thick * 0.8)]), 6, 3), lean + turn, (qx, qy))
            c.shape(streak, paint="#a35a1c" if k % 2 else "#fbe0a4", opacity=0.36)


@scene(
    "citrus_slices",
    board="Slow mornings",
    title="A winter salad that tastes of sun",
    description="Blood orange, grapefruit, lemon, olive oil, salt. That is the whole recipe, and the order on the "
    "plate matters more than you think.",
    alt_text="Slices of orange, blood orange, lemon and lime laid out on a blue cloth",
    palette=("#f08a24", "#c8304a", "#f6cf3e", "#2f6b74"),
)
def citrus_slices(c: Canvas) -> None:
    c.wash(slant("#3f7f88", "#2f6b74", "#1f525c"))
    sunlit(c, *window(60, 60, 900, 1500, 0.3), strength=0.24, blur=14)
    fruits = [("#f08a24", "#f9b556", "#fbe3b0"), ("#b3203c", "#e0566a", "#f7c89a"),
        ("#f2c832", "#fae27a", "#fdf3c8"), ("#8fb23c", "#c4d873", "#eef3cf"),
        ("#ef6f5a", "#f8a28c", "#fbdcae")]
    spots = [(230, 240, 210, 0), (690, 190, 180, 2), (1050, 420, 220, 1), (560, 590, 236, 4),
        (160, 760, 170, 3), (930, 880, 200, 0), (420, 1060, 206, 2), (1130, 1230, 150, 3),
        (750, 1330, 230, 1), (220, 1430, 216, 4), (600, 1660, 170, 3), (1030, 1640, 200, 2),
        (40, 1110, 120, 1)]
    for x, y, size, kind in spots:
        _slice(c, x, y, size, *fruits[kind])
    for x, y, turn in ((420, 330, 40), (880, 620, -30), (330, 880, 120), (690, 950, 10), (500, 1380, -60),
            (930, 1460, 80)):
        a = math.radians(turn)
        for side in (0.0, 0.9):
            blade(c, (x, y), (x + math.cos(a + side) * 130, y + math.sin(a + side) * 130), 52, "#4f8a5a",
                bend=10)
    for _ in range(40):
        at = (c.dice.uniform(0, 1200), c.dice.uniform(0, 1800))
        drop = c.dice.uniform(4, 11)
        c.shape(ellipse(*at, drop), paint=radial("#ffffff", "#a9d3d8", "#2a606a", x=0.35, y=0.3, reach=0.9),
            shadow=Shadow(3, 4, 4, 0.4), opacity=0.7)


def _slice(c: Canvas, x: float, y: float, size: float, peel: str, flesh: str, pith: str) -> None:
    c.shape(ellipse(x, y, size), paint=slant(light(peel, 0.2), peel, dark(peel, 0.16)),
        shadow=Shadow(22, 30, 24, 0.44))
    c.shape(ellipse(x, y, size * 0.92), paint=pith)
    start, wedges, veins = c.dice.uniform(0, 40), [], []
    for wedge in range(9):
        middle = math.radians(start + wedge * 40)
        cx, cy = x + math.cos(middle) * size * 0.09, y + math.sin(middle) * size * 0.09
        ends = [(cx + math.cos(middle + a) * size * 0.75, cy + math.sin(middle + a) * size * 0.75)
            for a in (-0.28, -0.14, 0, 0.14, 0.28)]
        wedges.append(smooth([(cx, cy), (x + math.cos(middle - 0.31) * size * 0.56,
            y + math.sin(middle - 0.31) * size * 0.56), *ends,
            (x + math.cos(middle + 0.31) * size * 0.56, y + math.sin(middle + 0.31) * size * 0.56)],
            closed=True, steps=6))
        for _ in range(9):
            a, r = middle + c.dice.uniform(-0.2, 0.2), c.dice.uniform(0.3, 0.66) * size
            veins.append(leaf((x + math.cos(a) * r, y + math.sin(a) * r),
                (x + math.cos(a) * (r + size * 0.15), y + math.sin(a) * (r + size * 0.15)), size * 0.045)[0])
    c.shape(*wedges, paint=radial(light(flesh, 0.3), flesh, peel, reach=0.52),
        edge=(-4, -5, dark(peel, 0.2), 0.5))
    c.shape(*veins, paint="#ffffff", opacity=0.34)
    c.shape(ellipse(x, y, size * 0.06), paint=pith)


@scene(
    "sourdough_loaf",
    board="Weekend bakes",
    title="The no-fuss sourdough for people with jobs",
    description="Mix at eight, shape at ten, bake at seven. A timetable that fits around a working day, with the "
    "crust everyone asks about.",
    alt_text="Round sourdough loaf with a wheat pattern on a linen cloth, flour and wheat ears around it",
    palette=("#b9783a", "#f4e6d0", "#43566b", "#5c3820"),
)
def sourdough_loaf(c: Canvas) -> None:
    c.wash(slant("#56677a", "#43566b", "#2f3f52"))
    for _ in range(16):
        c.soft(ellipse(c.dice.uniform(0, 1200), c.dice.uniform(0, 1800), c.dice.uniform(60, 200),
            c.dice.uniform(40, 120)), paint=c.dice.choice(("#7a8a9a", "#2a3848")), blur=40, strength=0.22)
    linen(c, (60, 560), (980, 380), (1160, 1380), (220, 1600), colour="#eadfcf", stripe="#8a9aa8")
    x, y, size = 600, 940, 400
    crust = blob(x, y, size, size * 0.97, c.dice, 0.02)
    c.shape(crust, paint=radial("#eec58a", "#d99b52", "#b9702e", "#8a4a1c", "#5c2c10", x=0.42, y=0.38,
        reach=0.74), shadow=Shadow(40, 54, 46, 0.55))
    for ring in (0.9, 0.8, 0.7):
        c.soft(*_ring(x, y, size * ring), paint="#fdf3e0", blur=7, strength=0.3)
    split = smooth([(x - 320, y + 30), (x - 150, y - 66), (x + 60, y - 84), (x + 320, y + 10),
        (x + 130, y + 16), (x - 110, y + 44)], closed=True)
    c.shape(turned_by(split, -52, (x, y)), paint=slant("#fbe9c6", "#efcf96", "#d3a25c"),
        edge=(20, 22, "#7a3c10", 0.75))
    for side in (-1, 1):
        spine = smooth([(x - 230, y + side * 150 - 10), (x, y + side * 196 - 30),
            (x + 230, y + side * 150 - 10)], steps=7)
        spine = list(turned_by(spine, -52, (x, y)))
        for (px, py), (qx, qy) in zip(spine[::2], spine[1::2], strict=False):
            way = math.atan2(qy - py, qx - px)
            for lean in (-0.75, 0.75):
                c.shape(leaf((px, py), (px + math.cos(way + lean) * 74, py + math.sin(way + lean) * 74), 26,
                    belly=0.5)[0], paint=slant("#fdf1d6", "#eccb90"), edge=(4, 5, "#8a4a1c", 0.8))
    c.soft(ellipse(x - 130, y - 170, 150, 90, turn=-30), paint="#fff3d8", blur=50, strength=0.4)
    for base, tip in (((120, 1720), (420, 1420)), ((220, 1780), (560, 1520)), ((60, 1600), (300, 1330)),
            ((1160, 120), (860, 330)), ((1080, 60), (740, 240))):
        _wheat(c, base, tip)
    flour = [ellipse(c.dice.gauss(300, 190), c.dice.gauss(330, 90), c.dice.uniform(1, 5)) for _ in range(260)]
    c.shape(*flour, paint="#fbf6ec", opacity=0.8)
    c.soft(blob(290, 330, 230, 90, c.dice), paint="#fbf6ec", blur=60, strength=0.3)
    knife = ribbon([(930, 1740), (1110, 1290)], 30, 26)
    c.shape(knife, paint=across("#8a5a34", "#5c3820"), shadow=Shadow(14, 20, 14, 0.5))
    c.shape([(1098, 1296), (1122, 1304), (1180, 1130), (1168, 1070), (1140, 1160)],
        paint=across("#f0f2f3", "#a9b3ba"), shadow=Shadow(12, 18, 14, 0.5))


def _ring(x: float, y: float, size: float) -> list[Poly]:
    return [ribbon(ellipse(x, y, size, size * 0.97, part=(start, start + 52)), 7)
        for start in range(0, 360, 60)]


def _wheat(c: Canvas, base: Point, tip: Point) -> None:
    c.shape(ribbon(smooth([base, ((base[0] + tip[0]) / 2, (base[1] + tip[1]) / 2 - 16), tip]), 7, 5),
        paint="#c99a4a", shadow=Shadow(6, 10, 7, 0.4))
    way = math.atan2(tip[1] - base[1], tip[0] - base[0])
    for k in range(8):
        x, y = tip[0] + math.cos(way) * (k * 22 - 90), tip[1] + math.sin(way) * (k * 22 - 90)
        for lean in (-0.5, 0.5):
            c.shape(leaf((x, y), (x + math.cos(way + lean) * 52, y + math.sin(way + lean) * 52), 19,
                belly=0.5)[0], paint=slant("#f6d592", "#c08a34"), shadow=Shadow(4, 6, 5, 0.36))
            c.shape(ribbon([(x + math.cos(way + lean) * 46, y + math.sin(way + lean) * 46),
                (x + math.cos(way + lean * 0.6) * 120, y + math.sin(way + lean * 0.6) * 120)], 2.4, 1),
                paint="#f3d89a")


@scene(
    "lemon_tart",
    board="Weekend bakes",
    title="Lemon tart, less sugar, more lemon",
    description="Half the sugar of the classic and a crust that stays crisp until Monday. Blind-bake it longer than "
    "feels right.",
    alt_text="Lemon tart with raspberries and mint on a pink table, one slice cut out",
    palette=("#f6cf3e", "#e9a0a8", "#c8304a", "#f4e6d0"),
)
def lemon_tart(c: Canvas) -> None:
    c.wash(slant("#f6ccc4", "#eeb4ae", "#dd9792"))
    leaf_shade(c, -60, 40, 1000, 40, strength=0.24)
    linen(c, (-80, 1180), (560, 1060), (700, 1760), (-60, 1900), colour="#f8f1e6", stripe="#d98a90")
    x, y, size = 610, 800, 440
    plate(c, x, y, 520, "#f8f3ec")
    missing = (24, 66)
    whole = [(x, y), *_fluted(x, y, size, missing[1], missing[0] + 360)]
    c.shape(whole, paint=radial("#e3b070", "#d99b52", "#b5722e", reach=0.56),
        shadow=Shadow(26, 34, 30, 0.44), edge=(-10, -12, "#7a4a1c", 0.5))
    curd = [(x, y), *ellipse(x, y, size * 0.87, part=(missing[1] + 2, missing[0] + 358))]
    c.shape(curd, paint=radial("#fdeb8e", "#f9d84e", "#eebb2c", x=0.42, y=0.38, reach=0.66),
        edge=(10, 12, "#b57a14", 0.6))
    c.soft(ellipse(x - 150, y - 160, 190, 80, turn=-40), paint="#fffbe0", blur=40, strength=0.6)
    for ring, count in ((0.72, 15), (0.5, 10)):
        for k in range(count):
            angle = missing[1] + 12 + (336 - (missing[1] - missing[0]) * 0.9) * k / (count - 1)
            px, py = (x + math.cos(math.radians(angle)) * size * ring,
                y + math.sin(math.radians(angle)) * size * ring)
            if (k + int(ring * 10)) % 3 == 0:
                for lean in (-30, 30):
                    a = math.radians(angle + lean + 180)
                    blade(c, (px, py), (px + math.cos(a) * 70, py + math.sin(a) * 70), 38, "#5f9a4e")
            else:
                _raspberry(c, px, py, 40)
    sx, sy = 930, 1330
    piece = turned_by([(sx - 250, sy - 130), *[(px - x + sx - 250, py - y + sy - 130) for px,
        py in _fluted(x, y, size, *missing)]], 14, (sx, sy))
    c.shape(ellipse(sx, sy + 30, 250, 236), paint=slant("#ffffff", "#f4eee6", "#d6cabc"),
        shadow=Shadow(22, 30, 30, 0.42))
    c.shape(piece, paint="#c98a3f", shadow=Shadow(16, 24, 18, 0.44))
    top = turned_by([(sx - 250, sy - 130), *[(px - x + sx - 250, py - y + sy - 130) for px,
        py in ellipse(x, y, size * 0.87, part=missing)]], 14, (sx, sy))
    c.shape(top, paint=slant("#fdeb8e", "#f9d84e", "#e8b026"))
    _raspberry(c, sx + 30, sy + 40, 42)
    _raspberry(c, sx + 96, sy + 86, 38)
    for px, py in ((190, 1420), (330, 1560)):
        c.shape(ellipse(px, py, 120, 94, turn=-30), paint=radial("#fdf0a0", "#f6cf3e", "#d9a41e", "#a87a10",
            x=0.36, y=0.3, reach=0.85), shadow=Shadow(20, 28, 24, 0.42))
        c.shape(ellipse(px + 110, py - 64, 22, 15, turn=-30), paint=radial("#f6cf3e", "#c8921a"))
    for px, py in ((130, 240), (210, 190), (1060, 240)):
        _raspberry(c, px, py, 42)


def _fluted(x: float, y: float, size: float, start: float, end: float) -> list[Point]:
    steps = int((end - start) * 1.2)
    angles = [math.radians(start + (end - start) * k / steps) for k in range(steps + 1)]
    return [(x + math.cos(a) * size * (1 + 0.022 * math.cos(a * 44)),
        y + math.sin(a) * size * (1 + 0.022 * math.cos(a * 44))) for a in angles]


def _raspberry(c: Canvas, x: float, y: float, size: float) -> None:
    c.shape(ellipse(x, y, size), paint="#8f1030", shadow=Shadow(8, 12, 10, 0.44))
    for ring, count in ((0.72, 11), (0.38, 6), (0, 1)):
        for k in range(count):
            a = math.tau * k / count + ring
            px, py = x + math.cos(a) * size * ring, y + math.sin(a) * size * ring
            c.shape(ellipse(px, py, size * 0.26), paint=radial("#f07a90", "#d8304e", "#8f1030", x=0.34,
                y=0.3, reach=0.8))


@scene(
    "breakfast_plate",
    board="Slow mornings",
    title="Sunday plates: eggs, but unhurried",
    description="Low heat, a lid, four minutes. Soft yolks without a single crispy edge, and the radishes that make "
    "it a meal.",
    alt_text="Two fried eggs with radishes, peas and toast on a blue plate beside a fork",
    palette=("#fcbd40", "#88a8b8", "#d8405f", "#f4ecdf"),
)
def breakfast_plate(c: Canvas) -> None:
    c.wash(slant("#f3ead9", "#e6d8bf", "#d3c09f"))
    sunlit(c, *window(120, 20, 900, 1300, 0.36), strength=0.5, blur=16)
    linen(c, (690, 1010), (1290, 1130), (1200, 1880), (560, 1760), colour="#9fb6c0", stripe="#f8f3ea")
    x, y = 580, 860
    plate(c, x, y, 500, "#7c9db0")
    for px, py, turn, tone in ((400, 620, -14, "#c98a4a"), (520, 560, -2, "#d99b5a")):
        c.shape(rounded(px - 150, py - 130, 300, 260, 70, turn=turn),
            paint=slant(light(tone, 0.1), dark(tone, 0.26)), shadow=Shadow(14, 20, 18, 0.44))
        c.shape(rounded(px - 132, py - 112, 264, 224, 60, turn=turn), paint=slant("#fbe6bc", "#efc988"),
            speckles=("#b9803c", 260))
    for px, py, size in ((480, 900, 1.0), (740, 1000, 0.94)):
        white = blob(px, py, 200 * size, 176 * size, c.dice, 0.11)
        c.shape(white, paint=radial("#ffffff", "#fefcf6", "#f1eadd", reach=0.7),
            shadow=Shadow(10, 14, 12, 0.36), edge=(-8, -10, "#c9b99a", 0.5))
        yolk = ellipse(px + 14, py - 8, 82 * size, 78 * size)
        c.shape(yolk, paint=radial("#fff0a8", "#fdc53c", "#f29a1c", "#d97a10", x=0.36, y=0.3, reach=0.8),
            shadow=Shadow(8, 10, 10, 0.4, "#8a5a10"))
        c.shape(ellipse(px - 16, py - 40, 22, 9, turn=-30), paint="#ffffff", opacity=0.8)
        for _ in range(26):
            c.shape(ellipse(px + c.dice.uniform(-130, 130), py + c.dice.uniform(-100, 100),
                c.dice.uniform(1.5, 4)), paint=c.dice.choice(("#3a2a20", "#6a4a30")), opacity=0.8)
    for px, py, size in ((760, 700, 62), (850, 770, 56), (800, 610, 50), (700, 610, 44)):
        c.shape(ellipse(px, py, size), paint=slant("#e85a78", "#c8304f"), shadow=Shadow(7, 10, 8, 0.4))
        c.shape(ellipse(px, py, size * 0.88), paint=radial("#ffffff", "#fdf3f0", "#f6d6d8"))
        c.shape(*(ribbon([(px, py), (px + math.cos(a) * size * 0.76, py + math.sin(a) * size * 0.76)], 2, 3)
            for a in (k * 0.7 for k in range(9))), paint="#e8b4bc", opacity=0.6)
    for _ in range(34):
        a, r = c.dice.uniform(1.9, 3.3), c.dice.uniform(170, 350)
        qx, qy = x + math.cos(a) * r, y + math.sin(a) * r * 0.96 + 40
        c.shape(ellipse(qx, qy, 19), paint=radial("#d8e88a", "#9bc04e", "#5f8a2c", x=0.34, y=0.3,
            reach=0.85), shadow=Shadow(4, 7, 6, 0.4))
    for px, turn in ((390, 160), (450, 60), (520, 110)):
        a = math.radians(turn)
        blade(c, (px, 1190), (px + math.cos(a) * 110, 1190 + math.sin(a) * 70), 50, "#6f9a4e")
    fork: list[Poly] = [ribbon([(900, 1740), (960, 1360)], 26, 18),
        *(ribbon(smooth([(960, 1370), (968 + k * 19 - 30, 1310), (984 + k * 20 - 30, 1180)]), 12, 8)
        for k in range(4))]
    c.shape(*fork, paint=slant("#fff2cf", "#d9a64e", "#9a6a1e"), shadow=Shadow(12, 18, 14, 0.42))
    c.shape(ellipse(1010, 260, 150), paint=slant("#ffffff", "#e6ddd2"), shadow=Shadow(20, 28, 26, 0.42))
    c.shape(ellipse(1010, 260, 128), paint=radial("#f9b34a", "#f08a24", "#c8660e", x=0.42, y=0.38,
        reach=0.7), edge=(12, 14, "#8a3e08", 0.5))
    c.shape(ellipse(980, 226, 40, 13, turn=-36), paint="#ffffff", opacity=0.5)


@scene(
    "candle_and_book",
    board="Bookish corners",
    title="Books to read by candlelight",
    description="Twelve novels for the hour after the phone goes into the drawer. Short chapters, long sentences, "
    "nobody gets murdered.",
    alt_text="Open book beside two burning candles with warm lights out of focus behind them",
    palette=("#2b1b22", "#fcbd40", "#792351", "#f6dcae"),
)
def candle_and_book(c: Canvas) -> None:
    c.wash(down("#1a1218", "#33202a", "#4a2a2c"))
    for _ in range(34):
        x, y, size = c.dice.uniform(-60, 1260), c.dice.uniform(-40, 1050), c.dice.uniform(20, 84)
        colour = c.dice.choice(("#e0a040", "#b8702c", "#a8445c", "#f0c878", "#c8843c"))
        c.soft(ellipse(x, y, size), paint=mix("#000000", colour, 0.6), blur=5,
            strength=c.dice.uniform(0.24, 0.7), mode="screen")
    c.shape(rect(0, 1180, 1200, 620), paint=down("#5c3422", "#3a1e16", "#22110e"))
    for _ in range(12):
        y = c.dice.uniform(1190, 1800)
        c.shape(ribbon(smooth([(-20, y), (400, y + c.dice.uniform(-8, 8)), (1220, y)]), 3), paint="#1c0c08",
            opacity=0.5)
    for x, height, width, tone in ((880, 620, 78, "#f3e2c4"), (1040, 420, 84, "#8f2f63")):
        top = 1330 - height
        c.soft(ellipse(x, top - 70, 330), paint="#b8782c", blur=130, strength=0.8, mode="screen")
        c.shape(ellipse(x, 1334, 116, 26), paint=across("#e8bb62", "#8a5a1c", "#5c380e"),
            shadow=Shadow(0, 16, 18, 0.6))
        c.shape(pot(x, [(top, width), (top + 60, width), (1324, width)]),
            paint=across(light(tone, 0.2), tone, dark(tone, 0.4), dark(tone, 0.66)))
        c.soft(rect(x - width + 8, top + 10, width * 2 - 16, 190), paint="#f6c06a", blur=40, strength=0.55,
            mode="screen")
        c.shape(ellipse(x, top, width, width * 0.2), paint=radial("#fff6d8", "#f9dc9a", tone, reach=0.55))
        c.shape(ribbon(smooth([(x, top + 4), (x + 3, top - 20), (x - 2, top - 40)]), 6, 4), paint="#2b1b14")
        flame = smooth([(x, top - 176), (x + 34, top - 86), (x + 26, top - 34), (x, top - 20),
            (x - 26, top - 34), (x - 30, top - 90)], closed=True)
        c.soft(flame, paint="#ffc45a", blur=24, strength=0.9, mode="screen")
        c.shape(flame, paint=down("#fff6cc", "#ffe08a", "#ffb53c", "#f08a2c"))
        c.shape(smooth([(x, top - 110), (x + 14, top - 60), (x, top - 32), (x - 14, top - 60)], closed=True),
            paint=down("#ffffff", "#fff3c4"))
    c.soft(ellipse(520, 1670, 560, 60), paint="#0c0505", blur=30, strength=0.7)
    cover = [(60, 1560), (530, 1640), (1000, 1530), (1010, 1580), (530, 1700), (50, 1610)]
    c.shape(cover, paint=across("#651b44", "#8f2f63", "#4a1230"))
    for lift in range(7):
        left = smooth([(74, 1548 - lift * 9), (190, 1430 - lift * 9), (360, 1440 - lift * 9),
            (530, 1560 - lift * 8)], steps=10)
        right = smooth([(530, 1560 - lift * 8), (690, 1420 - lift * 9), (860, 1400 - lift * 9),
            (988, 1520 - lift * 9)], steps=10)
        tone = mix("#d9b98a", "#fbe8c4", lift / 6)
        c.shape([*left, (530, 1636), (74, 1572)], [*right, (988, 1546), (530, 1636)],
            paint=across(dark(tone, 0.1), tone, dark(tone, 0.34), tone, light(tone, 0.16)),
            edge=(0, 3, "#8a5a34", 0.5))
    c.soft(ribbon([(530, 1520), (530, 1640)], 60), paint="#6a3a1c", blur=16, strength=0.6, mode="multiply")
    turning = smooth([(530, 1508), (560, 1330), (660, 1220), (790, 1180)], steps=12)
    c.shape([*turning, (830, 1196), *reversed(smooth([(530, 1536), (610, 1400), (710, 1300), (830, 1250)],
        steps=12))], paint=across("#e8cc9a", "#fdf0d0", "#fbe0ac"), shadow=Shadow(-14, 18, 16, 0.4))
    for k in range(5):
        for x0, x1, y0, lean in ((150, 450, 1470, 16), (610, 910, 1455, -12)):
            c.shape(ribbon([(x0 + k * 7, y0 + k * 17 - lean), (x1 - k * 2, y0 + k * 15 + lean)], 4),
                paint="#7a5230", opacity=0.4)
    c.shape(ribbon(smooth([(530, 1560), (536, 1660), (520, 1740), (540, 1790)]), 16, 18),
        paint=down("#fcbd40", "#c8801c"))

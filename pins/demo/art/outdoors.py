"""Streets and landscapes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pins.demo.art.canvas import (
    Canvas,
    Point,
    Poly,
    Shadow,
    across,
    arch,
    blob,
    dark,
    down,
    ellipse,
    leaf,
    light,
    mix,
    radial,
    rect,
    ribbon,
    rounded,
    slant,
    smooth,
    turned_by,
)
from pins.demo.art.scene import scene

# Drawings are rows of numbers: one argument a line would hide them.
# fmt: off


def ridge(
    c: Canvas, base: float, height: float, roughness: int, *, peaks: Sequence[float] = ()
) -> list[Point]:
    """A line of hills across the page; `peaks` lift it at these places."""
    points = []
    for k in range(roughness + 1):
        x = -60 + 1320 * k / roughness
        lift = sum(math.exp(-(((x - peak) / 210) ** 2)) for peak in peaks)
        points.append((x, base - height * (0.35 * c.dice.random() + 0.65 * lift if peaks
            else c.dice.random())))
    return smooth(points, steps=10)


def ground(line: Sequence[Point]) -> list[Point]:
    return [*line, (1260, 1860), (-60, 1860)]


def stars(c: Canvas, count: int, foot: float) -> None:
    for _ in range(count):
        size = c.dice.choice((1.2, 1.6, 2.2, 3.2))
        c.shape(ellipse(c.dice.uniform(0, 1200), c.dice.uniform(0, foot), size), paint="#fff6e0",
            opacity=c.dice.uniform(0.4, 1))


def birds(c: Canvas, *spots: tuple[float, float, float], colour: str = "#3a2430") -> None:
    for x, y, size in spots:
        wings = smooth([(x - size, y - size * 0.3), (x - size * 0.4, y - size * 0.5), (x, y),
            (x + size * 0.4, y - size * 0.5), (x + size, y - size * 0.3)])
        c.shape(ribbon(wings, size * 0.12, size * 0.1), paint=colour, opacity=0.8)


@scene(
    "dusk_hills",
    board="Shapes and colour",
    title="Print of the month: Seven Hills at Dusk",
    description="Seven layers, five inks, one long drive home. Printed on 300 g cotton paper in an edition of "
    "eighty. The frame is oak.",
    alt_text="Layered hills in purple and orange under a setting sun",
    palette=("#792351", "#f08a5c", "#fcbd40", "#3a1a3c"),
)
def dusk_hills(c: Canvas) -> None:
    c.wash(down("#5a3a72", "#a8487a", "#e9766a", "#f9b268", "#fde0a0", "#fde0a0", "#f9c080"))
    c.soft(ellipse(700, 740, 380), paint="#b8803c", blur=140, strength=0.8, mode="screen")
    c.shape(ellipse(700, 740, 150), paint=down("#fff3cc", "#fdc860"))
    for cx, cy, wide in ((220, 300, 250), (860, 240, 330), (420, 470, 200), (1020, 520, 220)):
        c.soft(ellipse(cx, cy, wide, 13), ellipse(cx + 60, cy + 26, wide * 0.6, 9), paint="#fcd0a8", blur=7,
            strength=0.6)
    tones = ("#e88a78", "#cf6878", "#ac4c76", "#87366b", "#63285c", "#43204a", "#2a1636")
    for index, tone in enumerate(tones):
        base = 880 + index * 142
        line = ridge(c, base, 190 + index * 16, 6 + index % 3)
        c.shape(ground(line), paint=down(light(tone, 0.1), tone, dark(tone, 0.1)),
            edge=(0, 14, light(tone, 0.4), 0.5))
        c.soft(rect(-80, base + 70, 1360, 60), paint=light(tone, 0.4), blur=44, strength=0.34)
        if index in (4, 5):
            for _ in range(16):
                x = c.dice.uniform(0, 1200)
                y = next(py for px, py in line if px >= x)
                size = c.dice.uniform(26, 58) * (0.6 + index * 0.14)
                c.shape(leaf((x, y + 12), (x, y - size), size * 0.36, belly=0.34)[0],
                    paint=dark(tones[index], 0.3))
    birds(c, (420, 640, 34), (500, 600, 26), (350, 700, 22))


@scene(
    "sea_and_sun",
    board="Shapes and colour",
    title="Why we hang the sea above the sofa",
    description="A horizon at eye level calms any room. Three formats, one rule: the line sits where you look when "
    "you sit down.",
    alt_text="Orange sun above a calm blue-green sea with sailing boats",
    palette=("#2f6b74", "#f6a04a", "#fbe0b4", "#1f4652"),
)
def sea_and_sun(c: Canvas) -> None:
    c.wash(down("#f6c48c", "#fbd9a4", "#fdeac6", "#fbe0b4"))
    c.soft(ellipse(600, 640, 420), paint="#a8702c", blur=160, strength=0.6, mode="screen")
    c.shape(ellipse(600, 660, 260), paint=down("#f9b25c", "#f08a3c", "#e56a3c"))
    for cx, cy, wide in ((180, 300, 180), (930, 220, 240), (1010, 470, 160), (140, 560, 130)):
        c.shape(rounded(cx - wide, cy, wide * 2, 34, 17), rounded(cx - wide * 0.5, cy + 36, wide * 1.4, 26,
            13), paint="#fff6e4", opacity=0.66)
    c.shape(rect(0, 880, 1200, 920), paint=down("#7fb8b4", "#4d949a", "#2f7480", "#22566a", "#173c50"))
    c.soft(rect(460, 880, 280, 900), paint="#f9b868", blur=70, strength=0.4)
    for row in range(34):
        y = 890 + row * row * 0.74 + row * 3
        thick, reach = 3 + row * 0.55, 120 + row * 26
        for _ in range(5 + row // 6):
            x = c.dice.gauss(600, reach)
            width = c.dice.uniform(26, 70) * (1 + row * 0.06)
            near = abs(x - 600) < 90 + row * 6
            tone = (mix("#fbd590", "#f6a860", c.dice.random()) if near
                else mix("#8cc4c0", "#1f4e62", c.dice.random()))
            c.shape(rounded(x - width, y, width * 2, thick, thick / 2), paint=tone, opacity=0.75)
    for x, y, size, sail in ((270, 920, 1.0, "#fffaf0"), (900, 960, 1.5, "#fdf0d8"),
            (1060, 900, 0.6, "#fffaf0")):
        c.soft(ellipse(x, y + 66 * size, 60 * size, 50 * size), paint="#fff6e0", blur=12, strength=0.24)
        c.shape([(x - 66 * size, y), (x + 66 * size, y), (x + 44 * size, y + 24 * size),
            (x - 46 * size, y + 24 * size)], paint=down("#8f2f4a", "#4a1230"))
        c.shape(ribbon([(x, y), (x, y - 190 * size)], 5 * size), paint="#4a2a20")
        c.shape([*smooth([(x + 6 * size, y - 186 * size), (x + 66 * size, y - 70 * size),
            (x + 78 * size, y - 12 * size)]), (x + 6 * size, y - 12 * size)],
            paint=across("#ffffff", sail, dark(sail, 0.14)))
        c.shape([*smooth([(x - 6 * size, y - 160 * size), (x - 44 * size, y - 70 * size),
            (x - 54 * size, y - 12 * size)]), (x - 6 * size, y - 12 * size)],
            paint=across("#e0766a", "#b8483c"))
    birds(c, (360, 420, 36), (440, 380, 26), (820, 560, 24))


@scene(
    "mountain_lake",
    board="Shapes and colour",
    title="A blue room without the cold",
    description="Cool walls need one warm neighbour. Oak, brass or this peach sky: three ways to keep a blue "
    "bedroom friendly.",
    alt_text="Snow-topped mountains mirrored in a still lake between fir trees",
    palette=("#3d5f8a", "#f3c9b4", "#f8f3ef", "#1f3a44"),
)
def mountain_lake(c: Canvas) -> None:
    c.wash(down("#7fa0c8", "#b9c6dc", "#f3d9cc", "#f9cbb0", "#f3bfa6"))
    shore = 980.0
    _range(c, shore)
    c.reflect(shore, tint="#3a5a8c", strength=0.4)
    c.soft(rect(-80, shore - 26, 1360, 44), paint="#fbe3d6", blur=20, strength=0.6)
    for row in range(30):
        y = shore + 30 + row * 27
        for _ in range(3):
            x, width = c.dice.uniform(-50, 1250), c.dice.uniform(60, 260)
            c.shape(rounded(x - width / 2, y, width, 3 + row * 0.12, 2),
                paint=c.dice.choice(("#ffffff", "#20466a")), opacity=0.18)
    for side in (0, 1):
        for k in range(9):
            x = (-30 + k * 52) if side == 0 else (1230 - k * 46)
            foot, size = 1500 + k * 34 + c.dice.uniform(-20, 60), c.dice.uniform(360, 620) * (1 - k * 0.075)
            _fir(c, x, foot + 90, size, mix("#1f3f44", "#2f5f58", c.dice.random()))
    c.shape([*smooth([(-60, 1560), (240, 1640), (560, 1720), (900, 1700), (1260, 1600)]), (1260, 1860),
        (-60, 1860)], paint=down("#2a4a48", "#142a30"))
    for _ in range(70):
        x = c.dice.uniform(0, 1200)
        y = 1712 + c.dice.uniform(0, 90)
        c.shape(ribbon(smooth([(x, y + 60), (x + c.dice.uniform(-16, 16), y - 10),
            (x + c.dice.uniform(-34, 34), y - c.dice.uniform(50, 100))]), 7, 1),
            paint=c.dice.choice(("#4d7a62", "#8fa86a", "#2f5a50", "#c2a85a")))


def _range(c: Canvas, shore: float) -> None:
    for tone, peaks, height in (("#8fa3c4", (150, 520, 960), 420), ("#5f7ea8", (330, 800), 620),
            ("#3d5f8a", (40, 600, 1130), 330)):
        points: list[Point] = []
        for k in range(49):
            x = -60 + 1320 * k / 48
            lift = max(max(0.0, 1 - abs(x - peak) / 420) for peak in peaks)
            points.append((x, shore - height * lift - c.dice.uniform(0, 34) - 30))
        c.shape([(-60, shore), *points, (1260, shore)], paint=down(light(tone, 0.2), tone))
        if height > 400:
            caps = [_snow(peak, shore - height - 46, height / 420) for peak in peaks]
            c.shape(*caps, paint=across("#ffffff", "#f4eef2", "#b9c4dc"), opacity=0.95)
    for _ in range(90):
        x = c.dice.uniform(0, 1200)
        _fir(c, x, shore + 6, c.dice.uniform(36, 84), mix("#2a4a5c", "#3d6a70", c.dice.random()))


def _snow(x: float, y: float, slope: float) -> list[Point]:
    """A white cap whose lower edge runs down in tongues."""
    right = [(x + k * 17, y + 10 + k * 17 * slope) for k in range(1, 8)]
    left = [(x - k * 17, y + 10 + k * 17 * slope) for k in range(7, 0, -1)]
    tongues = [(x + k * 17, y + 124 * slope + (46 if k % 2 else -26)) for k in range(6, -7, -1)]
    return [(x, y), *right, *tongues, *left]


def _fir(c: Canvas, x: float, foot: float, size: float, tone: str) -> None:
    if size < 100:
        c.shape([(x, foot - size), (x + size * 0.2, foot), (x - size * 0.2, foot)], paint=tone)
        return
    c.shape(rect(x - size * 0.016, foot - size * 0.2, size * 0.032, size * 0.2), paint="#2a1c1c")
    for tier in range(8):
        y = foot - size * (0.08 + tier * 0.115)
        half = size * 0.23 * (1 - tier / 9.5)
        branch = smooth([(x, y - size * 0.2), (x + half * 0.4, y - size * 0.05),
            (x + half, y + size * 0.016), (x + half * 0.4, y - size * 0.01), (x, y + size * 0.02),
            (x - half * 0.4, y - size * 0.01), (x - half, y + size * 0.016),
            (x - half * 0.4, y - size * 0.05)], closed=True, steps=5)
        c.shape(branch, paint=across(light(tone, 0.2), tone, dark(tone, 0.36)),
            shadow=Shadow(0, size * 0.014, size * 0.02, 0.4))


@scene(
    "moon_dunes",
    board="Shapes and colour",
    title="Night colours are the new neutrals",
    description="Ink, plum, sand, one spark of gold. The palette of our winter edit, with paint names and the "
    "fabrics that go with them.",
    alt_text="Full moon above sand dunes at night with stars and a small tent",
    palette=("#1f2348", "#d9a05b", "#792351", "#f6e3b4"),
)
def moon_dunes(c: Canvas) -> None:
    c.wash(down("#12142f", "#1f2350", "#3f2f68", "#7a4272", "#c06a6a"))
    stars(c, 190, 900)
    c.soft(ellipse(820, 420, 300), paint="#6a5a40", blur=120, strength=0.9, mode="screen")
    c.shape(ellipse(820, 420, 150), paint=radial("#fffbe8", "#fbe9bc", "#ecc888", x=0.4, y=0.36, reach=0.7))
    for dx, dy, crater in ((-40, -30, 34), (40, 30, 42), (-20, 60, 22), (60, -50, 20), (-76, 30, 18)):
        c.shape(ellipse(820 + dx, 420 + dy, crater), paint="#e0bd80", opacity=0.4)
    dunes = (("#a8586a", 930, ((-60, 1010), (180, 930), (430, 1000), (760, 900), (1260, 1010))),
        ("#c87a5c", 1090, ((-60, 1040), (240, 1130), (620, 1010), (900, 1110), (1260, 1030))),
        ("#d9985a", 1260, ((-60, 1240), (330, 1120), (700, 1270), (980, 1200), (1260, 1270))),
        ("#c47f48", 1420, ((-60, 1330), (280, 1430), (720, 1300), (1260, 1440))),
        ("#9a5a3c", 1620, ((-60, 1560), (360, 1480), (800, 1610), (1260, 1520))))
    for tone, _, points in dunes:
        line = smooth(list(points), steps=24)
        c.shape(ground(line), paint=slant(light(tone, 0.36), tone, dark(tone, 0.3)))
        lee = [*line, *[(x - 40, y + 60 + 110 * abs(math.sin(x / 210))) for x, y in reversed(line)]]
        c.shape(lee, paint=dark(tone, 0.55), opacity=0.3)
        for k in range(5):
            c.shape(ribbon([(x, y + 70 + k * 22) for x, y in line], 3), paint=light(tone, 0.5), opacity=0.2)
    c.soft(ellipse(330, 1360, 170), paint="#b8782c", blur=60, strength=0.7, mode="screen")
    c.shape([(330, 1210), (200, 1390), (360, 1404)], paint=slant("#f9dfae", "#e3a854"),
        shadow=Shadow(10, 12, 14, 0.4))
    c.shape([(330, 1210), (360, 1404), (470, 1376)], paint=slant("#c88a4a", "#8a5228"))
    c.shape([(300, 1290), (270, 1396), (326, 1402)], paint=down("#8f2f4a", "#fff0b8"))
    for x, y, size in ((760, 1180, 1.0), (830, 1186, 0.86), (900, 1190, 1.0)):
        body: list[Poly] = [ellipse(x, y - 30 * size, 30 * size, 15 * size),
            ellipse(x + 2, y - 46 * size, 14 * size, 12 * size),
            ribbon(smooth([(x + 26 * size, y - 32 * size), (x + 40 * size, y - 40 * size),
            (x + 42 * size, y - 66 * size)]), 9 * size, 6 * size),
            ellipse(x + 48 * size, y - 67 * size, 10 * size, 5 * size)]
        body += [ribbon([(x + k * size, y - 26 * size), (x + k * size + 2, y + 6)], 6 * size, 4 * size)
            for k in (-22, -12, 14, 23)]
        c.shape(*body, paint="#3a1a2c")


@scene(
    "burano_facades",
    board="City walks",
    title="48 hours in Burano",
    description="Stay the night: the island belongs to you once the last boat has left. Two days, one bakery, "
    "eleven shades of pink.",
    alt_text="Row of colourful houses along a canal with boats and reflections",
    palette=("#e3566a", "#fcbd40", "#3d7f9a", "#7fb08a"),
)
def burano_facades(c: Canvas) -> None:
    c.wash(down("#8cc0d8", "#bfdce0", "#f3e6cc", "#fbdcb4"))
    for cx, cy, wide in ((200, 170, 190), (820, 110, 230), (1040, 290, 150), (440, 330, 130)):
        c.soft(ellipse(cx, cy, wide, 34), ellipse(cx + 40, cy - 26, wide * 0.5, 36), paint="#ffffff",
            blur=18, strength=0.8)
    colours = ("#e3566a", "#f6c04a", "#3f86a8", "#f08a5a", "#7fb38a", "#a8487a", "#f3d9a8")
    edges = (-30.0, 170, 350, 520, 720, 880, 1060, 1240)
    tops = (560, 470, 600, 430, 540, 480, 590)
    quay = 1230.0
    for colour, x, right, top in zip(colours, edges, edges[1:], tops, strict=False):
        _house(c, x, top, right - x, quay, colour)
    c.shape(rect(0, quay, 1200, 60), paint=down("#e6d8c4", "#b9a68f"), shadow=Shadow(0, 14, 16, 0.4))
    for x in range(-20, 1220, 86):
        c.shape(rect(x, quay + 8, 3, 50), paint="#8a7a68", opacity=0.6)
    c.shape(rect(0, quay + 58, 1200, 560), paint=down("#3f7a84", "#2f6672", "#1f4a5a"))
    for colour, x, right, _ in zip(colours, edges, edges[1:], tops, strict=False):
        for k in range(22):
            y = quay + 66 + k * 23
            sway = 14 * math.sin(k * 1.3 + x)
            c.shape(rounded(x + 14 + sway, y, right - x - 28, 10 + k * 0.5, 6),
                paint=mix(colour, "#2f6672", 0.2 + k * 0.03), opacity=0.7)
    for _ in range(50):
        x, y = c.dice.uniform(0, 1200), c.dice.uniform(quay + 80, 1790)
        width = c.dice.uniform(30, 120)
        c.shape(rounded(x, y, width, 4, 2), paint=c.dice.choice(("#ffffff", "#0f3442")), opacity=0.3)
    for x, y, size, tone, way in ((330, 1480, 1.0, "#2f5f9a", 1), (860, 1420, 0.8, "#c8483c", -1),
            (700, 1660, 1.25, "#2f7a5c", 1)):
        _boat(c, x, y, size, tone, way)
    for x in (120, 540, 1010):
        c.shape(rect(x, quay - 40, 24, 330), paint=across("#b98a5e", "#7a5230", "#4d3018"),
            shadow=Shadow(8, 0, 10, 0.3))
        for k in range(4):
            c.shape(rect(x, quay - 30 + k * 40, 24, 18), paint="#f6efe4" if k % 2 else "#c8304a")


def _house(c: Canvas, x: float, top: float, width: float, foot: float, colour: str) -> None:
    c.shape(rect(x, top, width, foot - top), paint=slant(light(colour, 0.2), colour, dark(colour, 0.12)))
    c.soft(rect(x + width - 16, top, 20, foot - top), paint="#4a2a30", blur=10, strength=0.3, mode="multiply")
    for _ in range(5):
        c.soft(ellipse(x + c.dice.uniform(0, width), c.dice.uniform(top, foot), 34, 22),
            paint=light(colour, 0.5), blur=16, strength=0.34)
    c.shape([(x - 8, top), (x + width + 8, top), (x + width - 6, top - 40), (x + 6, top - 40)],
        paint=down("#c87a5a", "#9a5038"), shadow=Shadow(0, 14, 10, 0.4))
    for k in range(int(width // 16)):
        c.shape(ellipse(x + 4 + k * 16, top, 8, 7), paint="#b5654a")
    if width > 170:
        c.shape(rect(x + width * 0.66, top - 110, 34, 80), paint=across(light(colour, 0.3),
            dark(colour, 0.1)))
        c.shape([(x + width * 0.66 - 10, top - 110), (x + width * 0.66 + 44, top - 110),
            (x + width * 0.66 + 34, top - 136), (x + width * 0.66, top - 136)], paint="#a85a40")
    columns = 2 if width < 190 else 3
    step, shutter = width / columns, mix("#2f6b5c", "#3d5f8a", c.dice.random())
    floors = int((foot - 290 - top) // 190) + 1
    for floor in range(floors):
        for column in range(columns):
            wx, wy = x + step * (column + 0.5), top + 66 + floor * 190
            c.shape(rect(wx - 27, wy - 6, 54, 116), paint="#faf3e6", shadow=Shadow(3, 5, 6, 0.3))
            c.shape(rect(wx - 20, wy, 40, 104), paint=slant("#3a4a5c", "#7a94a8", "#2a3644"))
            c.shape(rect(wx - 2, wy, 4, 104), rect(wx - 20, wy + 46, 40, 4), paint="#faf3e6")
            if (column + floor) % 3 != 2:
                c.shape(rect(wx - 48, wy - 4, 24, 112), rect(wx + 24, wy - 4, 24, 112),
                    paint=across(light(shutter, 0.2), dark(shutter, 0.16)), shadow=Shadow(3, 4, 5, 0.34))
            if (column + floor) % 2 == 0:
                c.shape(rounded(wx - 36, wy + 106, 72, 22, 5), paint=down("#c8694a", "#8a4028"))
                c.shape(*(ellipse(wx - 32 + k * 9, wy + 102 - (k * 7) % 12, 9, 8) for k in range(8)),
                    paint="#5f9a5a")
                c.shape(*(ellipse(wx - 30 + k * 15, wy + 98 - (k * 5) % 9, 5) for k in range(5)),
                    paint=c.dice.choice(("#f8d0d8", "#fcbd40", "#e3405a")))
    door = x + width / 2
    c.shape(rect(door - 40, foot - 172, 80, 172), paint="#faf3e6")
    c.shape(rect(door - 30, foot - 160, 60, 160), paint=across(light(shutter, 0.1), dark(shutter, 0.3)))
    c.shape(rounded(door - 22, foot - 146, 18, 56, 3), rounded(door + 4, foot - 146, 18, 56, 3),
        paint=dark(shutter, 0.4))
    if columns == 3:
        c.shape([(x + 20, foot - 196), (x + width - 20, foot - 196), (x + width - 2, foot - 140),
            (x + 2, foot - 140)], paint=across(*["#f8f0e4", "#f8f0e4", "#c8304a", "#c8304a"] * 4),
            shadow=Shadow(0, 16, 14, 0.4))


def _boat(c: Canvas, x: float, y: float, size: float, tone: str, way: int) -> None:
    def at(points: Sequence[Point]) -> list[Point]:
        return [(x + px * size * way, y + py * size) for px, py in points]

    c.soft(ellipse(x, y + 60 * size, 190 * size, 26 * size), paint="#0c2a34", blur=16, strength=0.7)
    hull = at([*smooth([(-180, -10), (-150, 46), (0, 66), (140, 46), (200, -44)]),
        *smooth([(200, -44), (60, -6), (-180, -10)])])
    c.shape(hull, paint=down(light(tone, 0.2), tone, dark(tone, 0.4)))
    c.shape(at([*smooth([(-180, -10), (60, -6), (200, -44)]), *smooth([(190, -30), (60, 10), (-174, 6)])]),
        paint="#f6efe4")
    c.shape(at(smooth([(-150, -8), (-60, -26), (60, -18), (130, -26), (60, -2), (-60, -2)], closed=True)),
        paint=slant("#d9b48a", "#8a5a34"))
    c.shape(at([(-70, -20), (-70, -54), (20, -60), (34, -16)]), paint=slant("#ffffff", "#c9bfb0"))


@scene(
    "umbrella_sky",
    board="City walks",
    title="The street with the floating umbrellas",
    description="Every July a small town in Portugal hangs its shade from the sky. When to go, where to stand, and "
    "what the light does at four.",
    alt_text="Colourful umbrellas seen from below against a blue sky between two houses",
    palette=("#fcbd40", "#e3566a", "#3f9aa8", "#f8f3ef"),
)
def umbrella_sky(c: Canvas) -> None:
    c.wash(down("#5fa8d0", "#9ccbe0", "#cfe6e8"))
    for x, y, width in ((560, 500, 260), (700, 1250, 280), (480, 1600, 200)):
        c.soft(ellipse(x, y, width, 60), ellipse(x - 60, y - 40, width * 0.5, 50), paint="#ffffff", blur=30,
            strength=0.8)
    c.shape([(0, 0), (330, 0), (150, 1800), (0, 1800)], paint=across("#f6e3c4", "#e3bd8f"))
    c.shape([(1200, 0), (890, 0), (1060, 1800), (1200, 1800)], paint=across("#d99a80", "#b5705a"))
    for k in range(6):
        y = 90 + k * 300
        for left, tone, lean in ((70 - k * 8, "#5f8a7a", 0.9), (1030 + k * 14, "#f3e3cf", -0.9)):
            corners = [(left, y), (left + 100, y + 16 * lean), (left + 92, y + 176 + 16 * lean),
                (left - 8, y + 166)]
            c.shape(corners, paint=slant("#2f3a4c", "#6f8aa0"), shadow=Shadow(0, 6, 8, 0.3))
            c.shape(ribbon([*corners, corners[0]], 10), paint=tone)
    c.soft([(290, 0), (340, 0), (160, 1800), (110, 1800)], paint="#6a4a3a", blur=20, strength=0.34,
        mode="multiply")
    c.soft([(860, 0), (910, 0), (1080, 1800), (1040, 1800)], paint="#6a3a30", blur=20, strength=0.34,
        mode="multiply")
    tones = ("#fcbd40", "#e3566a", "#3f9aa8", "#f08a4a", "#8f2f63", "#7fb35a", "#f8f3ef", "#3d6fb5")
    spots = [(600, 120, 190), (330, 300, 160), (880, 320, 170), (560, 470, 200), (260, 640, 180),
        (830, 680, 210), (500, 850, 190), (1010, 960, 150), (220, 1050, 170), (720, 1100, 210),
        (420, 1280, 200), (930, 1360, 180), (160, 1480, 160), (640, 1560, 220), (1000, 1700, 170),
        (330, 1740, 170)]
    for y in (150, 500, 860, 1200, 1580):
        c.shape(ribbon(smooth([(170, y), (600, y + 50), (1050, y - 10)]), 3), paint="#3a3a44", opacity=0.6)
    for index, (x, y, size) in enumerate(spots):
        _umbrella(c, x, y, size, tones[(index * 3 + index // 4) % len(tones)])


def _umbrella(c: Canvas, x: float, y: float, size: float, tone: str) -> None:
    start, wide = c.dice.uniform(0, 45), []
    rim: list[Point] = []
    for k in range(8):
        a, b = math.radians(start + k * 45), math.radians(start + k * 45 + 45)
        middle = (a + b) / 2
        p, q = ((x + math.cos(a) * size, y + math.sin(a) * size * 0.94),
            (x + math.cos(b) * size, y + math.sin(b) * size * 0.94))
        dip = (x + math.cos(middle) * size * 0.84, y + math.sin(middle) * size * 0.8)
        wide.append([(x, y), p, *smooth([p, dip, q], steps=6), q])
        rim += smooth([p, dip, q], steps=6)[:-1]
    c.soft(rim, paint="#1f3a5c", blur=26, strength=0.18)
    for k, wedge in enumerate(wide):
        facing = math.cos(math.radians(start + k * 45 + 22.5 + 135))
        shade = light(tone, 0.3 * facing) if facing > 0 else dark(tone, -0.26 * facing)
        c.shape(wedge, paint=shade)
    c.shape(rim, paint=radial("#ffffff", tone, dark(tone, 0.5), x=0.42, y=0.38, reach=0.62), opacity=0.2)
    spokes = [ribbon([(x, y), (x + math.cos(math.radians(start + k * 45)) * size,
        y + math.sin(math.radians(start + k * 45)) * size * 0.94)], 3, 2) for k in range(8)]
    c.shape(*spokes, paint=dark(tone, 0.6), opacity=0.6)
    c.shape(ribbon(smooth([(x, y), (x + size * 0.08, y + size * 0.3), (x + size * 0.12, y + size * 0.5)]),
        size * 0.05), ellipse(x, y, size * 0.06), paint="#4a3424", shadow=Shadow(3, 4, 5, 0.3))


@scene(
    "yellow_tram",
    board="City walks",
    title="Lisbon by tram: line 28 without the queue",
    description="Board at the cemetery, not in the centre. Six stops worth getting off for, and where to have the "
    "custard tart in between.",
    alt_text="Yellow tram climbing a steep street between tiled houses",
    palette=("#fcbd40", "#3d6f9a", "#f4e6d6", "#c8694a"),
)
def yellow_tram(c: Canvas) -> None:
    c.wash(down("#f9d9b0", "#fbe6c8", "#f3d3b4"))
    c.soft(ellipse(600, 420, 300, 380), paint="#fff6dc", blur=110, strength=0.9)
    c.shape([(0, 0), (400, 0), (470, 1180), (0, 1500)], paint=slant("#5f8fb0", "#3d6f9a", "#2f567a"))
    for row in range(15):
        for column in range(5):
            x, y = 10 + column * 82 + row * 3.4, 20.0 + row * 90
            if x < 400:
                c.shape([(x, y - 18), (x + 18, y), (x, y + 18), (x - 18, y)], ellipse(x + 40, y + 44, 9),
                    paint="#d9e8ee", opacity=0.6)
    c.shape([(1200, 0), (820, 0), (740, 1180), (1200, 1500)], paint=slant("#e89a84", "#d07a64", "#a85a48"))
    _balconies(c)
    c.shape([(470, 1100), (740, 1100), (1300, 1860), (-100, 1860)],
        paint=down("#b9a694", "#8f7e70", "#6a5c54"))
    c.shape([(0, 1480), (468, 1120), (420, 1120), (0, 1420)],
        [(1200, 1480), (740, 1120), (790, 1120), (1200, 1420)], paint="#e6d8c4")
    for row in range(13):
        y = 1130 + row * row * 4.6
        half = 140 + (y - 1100) * 0.75
        for k in range(11):
            x = 604 - half + 2 * half * (k + 0.5 * (row % 2)) / 11
            c.shape(rounded(x, y, half * 0.15, 4 + row * 2.6, 3),
                paint=c.dice.choice(("#cbb9a6", "#7a6a5e", "#a89684")), opacity=0.5)
    for x0, x1 in ((560, 330), (650, 890)):
        c.shape([(x0 - 3, 1100), (x0 + 3, 1100), (x1 + 14, 1860), (x1 - 14, 1860)],
            paint=across("#5c5450", "#d9d2cc", "#4a4440"))
    c.soft(ellipse(610, 1530, 330, 44), paint="#1c1414", blur=24, strength=0.7)
    tram, left, top, width = "#fbbc34", 330, 620, 560
    c.shape(rounded(left + 20, 1340, width - 40, 190, 20), paint=down("#3a3438", "#1c181c"))
    c.shape(rounded(left, top, width, 820, 70), paint=across(light(tram, 0.4), tram, tram, dark(tram, 0.24)),
        shadow=Shadow(24, 20, 34, 0.4))
    c.shape(rounded(left - 14, top - 30, width + 28, 92, 44), paint=down("#fffaf0", "#e6d6bc"),
        shadow=Shadow(0, 12, 12, 0.36))
    c.shape(rounded(left + 130, top + 76, width - 260, 84, 12), paint="#2b2430")
    c.shape(*(rounded(left + 156 + k * 42, top + 98, 28, 40, 5) for k in range(6)), paint="#fcd27a")
    c.shape(rounded(left + 34, top + 190, width - 68, 350, 24), paint="#f8f0e2")
    for x, wide in ((left + 54, 128), (left + 200, 160), (left + 378, 128)):
        c.shape(rounded(x, top + 208, wide, 314, 16), paint=slant("#bcd6e0", "#4d6a7c", "#2a3c4a"))
        c.shape([(x + 14, top + 440), (x + wide * 0.7, top + 222), (x + wide - 14, top + 222),
            (x + 40, top + 500)], paint="#ffffff", opacity=0.24)
    c.shape(rect(left, top + 566, width, 26), rect(left, top + 760, width, 16), paint="#f8f0e2")
    c.shape(ellipse(610, top + 680, 66), paint=radial("#fffdf0", "#fde9a8", "#d9a03c"),
        shadow=Shadow(4, 8, 12, 0.5))
    c.soft(ellipse(610, top + 680, 170), paint="#b88a3a", blur=60, strength=0.5, mode="screen")
    for x in (left + 90, left + width - 90):
        c.shape(ellipse(x, top + 680, 30), paint=radial("#ffd0c0", "#d8402c"), shadow=Shadow(3, 5, 6, 0.4))
    c.shape(rounded(left + 60, 1430, width - 120, 44, 10), paint=down("#d9d2cc", "#6a6064"))
    c.shape(ribbon([(610, top - 20), (520, 330)], 9), ribbon([(300, 340), (760, 300)], 9),
        ribbon([(-20, 250), (1220, 330)], 4), ribbon([(540, -20), (600, 1000)], 0.1), paint="#2b2430")
    for x, y, size in ((430, 470, 18), (480, 440, 14), (800, 420, 16)):
        birds(c, (x, y, size))


def _balconies(c: Canvas) -> None:
    for x, y, way in ((90, 190, 1), (250, 230, 1), (100, 640, 1), (270, 660, 1), (950, 210, -1),
            (1090, 180, -1), (930, 650, -1), (1080, 640, -1)):
        wide, high = 100, 230
        frame = [(x, y), (x + wide, y + 10 * way), (x + wide, y + high + 6 * way), (x, y + high)]
        c.shape(frame, paint=slant("#33465c", "#8aa6b8", "#2a3a4c"), shadow=Shadow(6, 8, 10, 0.34))
        c.shape(ribbon([*frame, frame[0]], 12), ribbon([(x + wide / 2, y), (x + wide / 2, y + high)], 8),
            paint="#f8f0e2")
        c.shape(rounded(x - 16, y + high, wide + 32, 20, 4), paint="#f8f0e2", shadow=Shadow(4, 10, 8, 0.34))
        for k in range(10):
            c.shape(ribbon([(x - 12 + k * 14, y + high), (x - 12 + k * 14, y + high - 70)], 4),
                paint="#2b2430")
        c.shape(ribbon([(x - 16, y + high - 72), (x + wide + 16, y + high - 72)], 6), paint="#2b2430")


@scene(
    "olive_terrace",
    board="Slow mornings",
    title="Breakfast outside, even on two square metres",
    description="A round table, a chair that folds, one olive tree. What our smallest balcony taught us about "
    "eating slowly.",
    alt_text="Terrace with an olive tree in a pot and a small table looking out on the sea",
    palette=("#f8f3ef", "#3f86a8", "#c8694a", "#8c9a7b"),
)
def olive_terrace(c: Canvas) -> None:
    c.wash(down("#8cc3dc", "#c2e0e6", "#f3ecd8"))
    c.shape(rect(0, 760, 1200, 340), paint=down("#6fb0c4", "#3f86a8", "#2f6f92"))
    for _ in range(60):
        y = c.dice.uniform(775, 1080)
        c.shape(rounded(c.dice.uniform(-40, 1200), y, c.dice.uniform(30, 110), 3, 2), paint="#e6f4f4",
            opacity=0.5)
    c.shape([*smooth([(-60, 770), (160, 690), (330, 720), (520, 762)]), (520, 775), (-60, 775)],
        paint=down("#9ab0b8", "#7f9aa8"))
    c.shape(rect(0, 0, 1200, 1800), paint=slant("#fffaf2", "#f6ecdd", "#e6d6c2"),
        holes=[arch(240, 190, 800, 1240)])
    c.shape(arch(180, 130, 920, 1300), paint="#efe2d0", holes=[arch(240, 190, 800, 1240)],
        edge=(12, 14, "#bfa88e", 0.5))
    c.shape(rect(0, 1380, 1200, 420), paint=down("#d99a78", "#b9704e", "#9a5538"))
    for row in range(5):
        y = 1380 + row * row * 22 + row * 18
        c.shape(rect(0, y, 1200, 4), paint="#f3cfb4", opacity=0.6)
    for k in range(-8, 18):
        c.shape(ribbon([(600 + (k - 5) * 110, 1380), (600 + (k - 5) * 230, 1800)], 4), paint="#f3cfb4",
            opacity=0.6)
    c.shape(*(rect(240 + k * 42, 1140, 10, 250) for k in range(20)), rect(230, 1120, 820, 18),
        rect(230, 1370, 820, 14), paint="#33424c")
    c.soft([(420, 1420), (860, 1420), (1260, 1760), (700, 1760)], paint="#7a5a2c", blur=30, strength=0.5,
        mode="screen")
    c.soft(ellipse(420, 1640, 190, 30), paint="#3a1c14", blur=22, strength=0.55, mode="multiply")
    c.shape(ribbon(smooth([(330, 1400), (350, 1180), (310, 960), (340, 760)]), 40, 20),
        ribbon(smooth([(330, 1100), (420, 960), (470, 850)]), 24, 12),
        paint=across("#a8907a", "#7a6452", "#5a4636"))
    crown = [(330, 640, 210, 170), (190, 760, 150, 120), (480, 760, 170, 130), (300, 850, 150, 90)]
    for x, y, rx, ry in crown:
        for _ in range(62):
            a, r = c.dice.uniform(0, math.tau), c.dice.uniform(0.1, 1) ** 0.6
            px, py = x + math.cos(a) * rx * r, y + math.sin(a) * ry * r
            way = c.dice.uniform(0, math.tau)
            tone = mix("#6f8562", "#c2cdb0", c.dice.random())
            c.shape(leaf((px, py), (px + math.cos(way) * 62, py + math.sin(way) * 62), 19)[0], paint=tone)
    c.shape(*(ellipse(c.dice.uniform(150, 560), c.dice.uniform(600, 900), 11, 14) for _ in range(22)),
        paint="#4a3a5c")
    from_pot = [(1380, 150), (1420, 140), (1540, 126), (1640, 100)]
    right = smooth([(330 + radius, y) for y, radius in from_pot])
    c.shape([*right, *ellipse(330, 1640, 100, 16, part=(0, 180)),
        *((660 - px, py) for px, py in reversed(right))], paint=across("#d98a64", "#e8a884", "#c8694a",
        "#8f4028", "#a85438"), shadow=Shadow(26, 8, 24, 0.4))
    c.shape(ellipse(330, 1380, 150, 24), paint=across("#e8a884", "#b5603e"))
    c.shape(ellipse(330, 1384, 130, 18), paint="#4a2e20")
    c.soft(ellipse(830, 1740, 210, 26), paint="#3a1c14", blur=20, strength=0.55, mode="multiply")
    c.shape(ribbon(smooth([(830, 1380), (826, 1560), (740, 1740)]), 13),
        ribbon(smooth([(830, 1380), (834, 1560), (920, 1740)]), 13), paint="#33424c")
    c.shape(ellipse(830, 1376, 230, 46), paint=down("#c9d0d2", "#8f9aa0"), shadow=Shadow(10, 30, 24, 0.34))
    c.shape(ellipse(830, 1362, 230, 44), paint=slant("#ffffff", "#e6eaea"))
    c.shape(rounded(720, 1240, 74, 110, 22), paint=across("#f6efe4", "#d8ccbc"),
        shadow=Shadow(16, 6, 14, 0.36))
    c.shape(ellipse(900, 1362, 92, 18), paint=slant("#dfe8ea", "#a9bcc4"))
    for k, turn in ((0, -14), (1, 12)):
        x = 870 + k * 60
        c.shape(turned_by(blob(x, 1340, 52, 24, c.dice, 0.05), turn, (x, 1340)),
            paint=slant("#f3c98a", "#c98a3f", "#8f5418"), shadow=Shadow(4, 6, 6, 0.4))
    for x, y in ((1040, 220), (1090, 330), (1010, 130), (1130, 180), (950, 90), (1160, 60), (1060, 40),
            (1120, 440), (860, 60)):
        for _ in range(7):
            a = c.dice.uniform(0, math.tau)
            px, py = x + math.cos(a) * 52, y + math.sin(a) * 44
            c.shape(*(leaf((px, py), (px + math.cos(b) * 30, py + math.sin(b) * 28), 24, belly=0.6)[0]
                for b in (0.3, 2.4, 4.5)), paint=mix("#d8407a", "#f08ab0", c.dice.random()),
                shadow=Shadow(3, 5, 5, 0.26))

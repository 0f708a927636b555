"""Rooms: sofas, desks, shelves, nooks."""

from __future__ import annotations

import math

from pins.demo.art.canvas import (
    Canvas,
    Paint,
    Shadow,
    across,
    arch,
    dark,
    down,
    ellipse,
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
    turned_paint,
    window,
)
from pins.demo.art.ceramics import blossom, mouth, stand
from pins.demo.art.plants import blade
from pins.demo.art.scene import scene

# Drawings are rows of numbers: one argument a line would hide them.
# fmt: off


def planks(c: Canvas, top: float, colour: str, *, rows: int = 5) -> None:
    """A wooden floor that grows towards the reader."""
    c.shape(rect(0, top, 1200, 1800 - top), paint=down(dark(colour, 0.12), light(colour, 0.08)))
    y = top
    for row in range(rows):
        height = (1800 - top) * (row + 1) / (rows * (rows + 1) / 2)
        for _ in range(3):
            x = c.dice.uniform(-100, 1200)
            c.shape(rect(x, y, c.dice.uniform(260, 600), height - 3),
                paint=dark(colour, c.dice.uniform(0.02, 0.12)), opacity=0.5)
        c.shape(rect(0, y, 1200, 3), paint=dark(colour, 0.45), opacity=0.6)
        y += height
    c.soft(rect(-100, top - 4, 1400, 20), paint="#3a2420", blur=12, strength=0.34, mode="multiply")


def cushion(
    c: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    paint: str | Paint,
    rim: str,
    *,
    turn: float = 0,
) -> None:
    c.shape(rounded(x, y, width, height, min(width, height) * 0.24, turn=turn), paint=paint,
        shadow=Shadow(12, 18, 20, 0.34), edge=(-16, -20, rim, 0.6))


def book(
    c: Canvas, x: float, foot: float, width: float, height: float, colour: str, *, bands: str = "#f3d9a0"
) -> None:
    c.shape(rounded(x, foot - height, width, height, 4), paint=across(dark(colour, 0.2), light(colour, 0.16),
        colour, dark(colour, 0.3)), shadow=Shadow(7, 0, 7, 0.34))
    style = c.dice.randrange(4)
    if style < 2:
        c.shape(rect(x, foot - height * 0.86, width, 5), rect(x, foot - height * 0.16, width, 5),
            paint=bands, opacity=0.8)
    if style == 1:
        c.shape(rounded(x + width * 0.25, foot - height * 0.7, width * 0.5, height * 0.34, 3), paint=bands,
            opacity=0.8)
    if style == 2:
        c.shape(ellipse(x + width / 2, foot - height * 0.8, width * 0.24), paint=bands, opacity=0.85)


@scene(
    "sofa_and_lamp",
    board="Small-space living",
    title="5 ways to style a blue velvet sofa",
    description="Two cushions are too few and five are too many. The three-two rule, the right throw and the lamp "
    "that makes a small living room look taller.",
    alt_text="Blue velvet sofa with mustard cushions beside an arc lamp and a round mirror",
    palette=("#2d4f73", "#fcbd40", "#e9bfb0", "#f8f3ef"),
)
def sofa_and_lamp(c: Canvas) -> None:
    c.wash(slant("#f0d6c8", "#e3bfae", "#cfa393"))
    sunlit(c, *window(90, 130, 600, 760, 0.3), strength=0.5)
    planks(c, 1430, "#a8714a")
    c.shape(ellipse(790, 470, 216), paint=slant("#d9a441", "#a9742a"), shadow=Shadow(16, 28, 26, 0.4))
    c.shape(ellipse(790, 470, 198), paint=slant("#f6ede4", "#d3c8c6", "#b3b4bb"))
    c.shape([(660, 560), (900, 320), (950, 380), (720, 620)], paint="#ffffff", opacity=0.26)
    c.shape(ellipse(600, 1670, 560, 112), paint=down("#f3e8da", "#dcc9b4"), shadow=Shadow(4, 12, 14, 0.3))
    for ring in (0.86, 0.68, 0.5):
        c.shape(ellipse(600, 1670, 560 * ring, 112 * ring),
            holes=[ellipse(600, 1670, 560 * ring - 12, 112 * ring - 4)], paint="#b5553c", opacity=0.6)
    for x in (190, 960):
        c.shape([(x, 1490), (x + 44, 1490), (x + 30, 1606), (x + 14, 1606)],
            paint=across("#8a5a34", "#5c3820"))
    c.soft(ellipse(590, 1596, 520, 40), paint="#2b1b22", blur=22, strength=0.55, mode="multiply")
    blue = "#2f5780"
    c.shape(rounded(170, 900, 860, 480, 70), paint=down(light(blue, 0.2), blue, dark(blue, 0.3)),
        edge=(-14, 26, light(blue, 0.4), 0.5), shadow=Shadow(34, 22, 40, 0.36))
    c.shape(rect(598, 930, 4, 300), paint=dark(blue, 0.5), opacity=0.7)
    for x in (240, 610):
        cushion(c, x, 1190, 356, 190, down(light(blue, 0.24), blue), dark(blue, 0.5))
    c.shape(rounded(196, 1350, 808, 170, 34), paint=down(blue, dark(blue, 0.4)),
        edge=(0, 12, light(blue, 0.3), 0.4))
    for x in (100, 930):
        c.shape(rounded(x, 1070, 172, 460, 80), paint=across(light(blue, 0.2), blue, dark(blue, 0.34)),
            edge=(0, 30, light(blue, 0.36), 0.6), shadow=Shadow(14, 10, 20, 0.4))
    cushion(c, 260, 990, 240, 236, slant("#ffd064", "#eaa42c"), "#9a6414", turn=-9)
    cushion(c, 420, 1060, 180, 172, slant("#fbe6dc", "#e9bfb0"), "#a5746a", turn=7)
    cushion(c, 736, 1010, 220, 216, slant("#8f2f63", "#651b44"), "#3a0f28", turn=8)
    throw = smooth([(860, 1060), (1010, 1050), (1074, 1120), (1088, 1420), (1046, 1440), (1000, 1426),
        (946, 1440), (904, 1420), (880, 1220)], closed=True)
    c.shape(throw, paint=across("#faf0e2", "#e4d2bd", "#fdf6ec", "#dcc8b2", "#f0e2d0"),
        shadow=Shadow(10, 16, 18, 0.36))
    for x in range(900, 1090, 14):
        c.shape(ribbon([(x, 1424), (x + c.dice.uniform(-5, 5), 1478)], 4, 2), paint="#e9d9c4")
    pole = smooth([(120, 1620), (116, 900), (150, 420), (290, 250), (420, 330)], steps=24)
    c.soft(ribbon([(150, 1640), (180, 420)], 20), paint="#8a5a50", blur=16, strength=0.22, mode="multiply")
    c.shape(ellipse(122, 1640, 96, 20), paint=down("#3a2a2c", "#1e1416"), shadow=Shadow(10, 12, 12, 0.4))
    c.shape(ribbon(pole, 12, 10), paint=across("#e8bb62", "#a87424"))
    shade = [*ellipse(424, 420, 124, 100, part=(180, 360)), *ellipse(424, 420, 124, 22, part=(0, 180))]
    c.soft(ellipse(424, 700, 340, 330), paint="#8a6a30", blur=110, strength=0.7, mode="screen")
    c.shape(shade, paint=across("#f0c66e", "#d89c36", "#a36a1a"), shadow=Shadow(12, 18, 22, 0.3))
    c.shape(ellipse(424, 420, 116, 18), paint="#fff3cf")


@scene(
    "desk_and_lamp",
    board="Home office ideas",
    title="A calm desk in 90 centimetres",
    description="One lamp, one plant, one drawer for everything else. The measurements of our smallest home office, "
    "with the cable trick that hides them all.",
    alt_text="Narrow oak desk with a green lamp, a laptop and a plant under a wall shelf",
    palette=("#2f4b3c", "#d99a3c", "#f4ecdf", "#b5553c"),
)
def desk_and_lamp(c: Canvas) -> None:
    c.wash(slant("#dfe3d2", "#c6cdb6", "#a9b398"))
    sunlit(c, *window(420, 80, 640, 820, 0.3), strength=0.55)
    leaf_shade(c, 1250, 160, 760, 150, strength=0.16)
    planks(c, 1560, "#b98a5e", rows=3)
    c.shape(rounded(210, 470, 640, 28, 4), paint=down("#c99a66", "#9b6b3c"), shadow=Shadow(16, 30, 24, 0.4))
    x = 240.0
    for width, height, colour in ((44, 190, "#792351"), (36, 220, "#d99a3c"), (52, 176, "#f3ead9"),
            (32, 206, "#2f6b74"), (46, 196, "#b5553c"), (30, 168, "#2b1b22")):
        book(c, x, 470, width, height, colour)
        x += width + 2
    c.shape(pot(660, [(360, 30), (384, 44), (440, 58), (462, 46)]), paint=ribbed_paint("#f1e3d3", 9))
    c.shape(pot(770, [(396, 52), (440, 48), (466, 36)]), paint=turned_paint("#c8694a"))
    for turn in (-70, -40, -12, 14, 44, 72):
        a = math.radians(turn - 90)
        blade(c, (770, 396), (770 + math.cos(a) * 120, 400 + math.sin(a) * 130), 46, "#4f7a55",
            bend=turn * 0.2)
    c.shape(rounded(300, 610, 250, 330, 4), paint="#fbf7f0", shadow=Shadow(14, 22, 20, 0.36))
    c.shape(rect(322, 632, 206, 286), paint=down("#f6d9bd", "#eeb893"))
    c.shape(ellipse(440, 720, 56), paint="#e0764f")
    c.shape([*smooth([(322, 800), (400, 770), (470, 812), (528, 786), (528, 918), (322, 918)]), (322, 918)],
        paint="#792351")
    for x in (150, 1010):
        c.shape([(x, 1290), (x + 44, 1290), (x + 34, 1690), (x + 12, 1690)],
            paint=across("#c4935c", "#8a5c30"))
    c.soft(ellipse(600, 1694, 520, 30), paint="#2b1b22", blur=22, strength=0.4, mode="multiply")
    c.shape(rounded(90, 1230, 1020, 150, 10), paint=down("#b98450", "#9a6a3a"),
        shadow=Shadow(6, 34, 40, 0.36))
    c.shape(rounded(90, 1200, 1020, 46, 8), paint=down("#e0b47e", "#c4935c"))
    c.shape(rounded(420, 1270, 360, 84, 6), paint=down("#c9975f", "#ab7a45"), edge=(0, 5, "#e8c494", 0.6))
    c.shape(ellipse(600, 1312, 15), paint=radial("#fbe2a8", "#b57a22"), shadow=Shadow(3, 5, 5, 0.4))
    c.shape(rounded(470, 940, 400, 250, 14), paint=slant("#3a3f45", "#24282d"),
        shadow=Shadow(16, 14, 20, 0.4))
    c.shape(rounded(484, 954, 372, 222, 6), paint=slant("#f5e6da", "#e2c3b2"))
    for index, colour in enumerate(("#792351", "#fcbd40", "#8c9a7b", "#e98fa2", "#2f6b74", "#c8694a")):
        c.shape(rounded(506 + index % 3 * 114, 974 + index // 3 * 98, 100, 84, 8),
            paint=slant(light(colour, 0.2), dark(colour, 0.1)))
    c.shape([(450, 1190), (890, 1190), (916, 1206), (424, 1206)], paint=across("#c9ced2", "#8f969c"))
    green = "#2f5b45"
    c.shape(ellipse(240, 1196, 88, 16), paint=across(light(green, 0.3), dark(green, 0.3)),
        shadow=Shadow(12, 8, 10, 0.4))
    c.shape(ribbon([(240, 1192), (200, 960), (322, 800)], 13), ellipse(200, 960, 15),
        paint=across("#f0cd84", "#b8842e"))
    hood = [(262, 872), (300, 750), (368, 770), (440, 900)]
    c.soft([(270, 880), (436, 904), (640, 1200), (120, 1200)], paint="#a88a4a", blur=40, strength=0.62,
        mode="screen")
    c.shape(hood, paint=across(light(green, 0.34), green, dark(green, 0.3)), shadow=Shadow(10, 12, 16, 0.3))
    c.shape(ellipse(351, 886, 90, 17, turn=9), paint="#fff3c8")
    stand(c, 980, 1204, 58, reach=1.2)
    c.shape(pot(980, [(1060, 62), (1130, 58), (1200, 44)]), paint=turned_paint("#f3ead9"),
        speckles=("#8a6a50", 60))
    for turn, length in ((-64, 190), (-38, 250), (-12, 300), (14, 280), (40, 230), (66, 180)):
        a = math.radians(turn - 90)
        blade(c, (980, 1064), (980 + math.cos(a) * length, 1070 + math.sin(a) * length), 60, "#3f6b4c",
            bend=turn * 0.5)


@scene(
    "bookshelf",
    board="Bookish corners",
    title="Shelfie season: arrange by colour or not?",
    description="We tried both for a month. What stayed: colour for the top rows, chaos where hands reach. And one "
    "empty compartment, always.",
    alt_text="Wooden bookshelf with colourful books, small vases and a trailing plant",
    palette=("#6b4226", "#792351", "#2f6b74", "#f3d9a0"),
)
def bookshelf(c: Canvas) -> None:
    c.wash(slant("#8a5a3a", "#6b4226", "#4d2c18"))
    colours = ["#792351", "#c8694a", "#fcbd40", "#2f6b74", "#8c9a7b", "#f3ead9", "#3d4f7c", "#b5553c",
        "#e9bfb0", "#2f4b3c", "#2b1b22", "#d99a3c"]
    for row in range(4):
        foot = 430 + row * 430
        c.shape(rect(50, foot - 370, 1100, 372), paint=down("#3a2013", "#57341f"),
            edge=(0, 46, "#1c0d08", 0.8))
        x = 66.0
        gap = {0: (690, 960), 1: (120, 360), 2: (520, 760), 3: (840, 1130)}[row]
        while x < 1120:
            width, height = c.dice.uniform(28, 62), c.dice.uniform(230, 330)
            if x + width > gap[0] and x < gap[1]:
                x = gap[1]
                continue
            if x + width < 1140:
                book(c, x, foot, width, height, colours[(row * 5 + int(x / 47)) % len(colours)] if row % 2
                    else c.dice.choice(colours))
            x += width + 1.5
        c.shape(rect(0, foot, 1200, 46), paint=down("#b27c4c", "#8a5a34", "#5c3820"),
            shadow=Shadow(0, 20, 18, 0.5))
    stand(c, 820, 428, 74, reach=1)
    c.shape(pot(820, [(190, 34), (210, 30), (270, 66), (350, 92), (426, 62)]),
        paint=ribbed_paint("#f1e3d3", 11))
    mouth(c, 820, 190, 35, "#f1e3d3")
    for x, y in ((770, 100), (840, 70), (880, 130)):
        c.shape(ribbon(smooth([(820, 196), ((x + 820) / 2, (y + 180) / 2), (x, y)]), 6, 4), paint="#6c8750")
        blossom(c, x, y, 48, "#f2a9b4", "#fcbd40", petals=8)
    stand(c, 240, 858, 82, reach=1)
    c.shape(pot(240, [(660, 20), (676, 40), (720, 84), (800, 88), (852, 54)]), paint=turned_paint("#2f6b74"))
    mouth(c, 240, 660, 26, "#2f6b74")
    for index, (width, colour) in enumerate(((220, "#e9bfb0"), (196, "#fcbd40"), (204, "#792351"),
            (170, "#f3ead9"))):
        c.shape(rounded(640 - width / 2 + c.dice.uniform(-10, 10), 1252 - index * 38, width, 36, 4),
            paint=down(light(colour, 0.2), colour, dark(colour, 0.3)), shadow=Shadow(5, 6, 7, 0.4))
    c.shape(pot(640, [(1040, 42), (1080, 44), (1132, 34)]), paint=turned_paint("#c8694a"))
    for turn in range(-84, 90, 24):
        a = math.radians(turn - 90)
        blade(c, (640, 1044), (640 + math.cos(a) * 120, 1046 + math.sin(a) * 96), 34, "#6f9a6a",
            bend=turn * 0.3)
    c.shape(rounded(890, 1440, 190, 250, 4), paint=slant("#e0b36a", "#9a6a2a"),
        shadow=Shadow(10, 14, 16, 0.5))
    c.shape(rect(910, 1460, 150, 210), paint="#f8f1e4")
    c.shape(ellipse(985, 1550, 44), paint="#c8694a")
    c.shape([(910, 1670), (910, 1610), (975, 1575), (1060, 1630), (1060, 1670)], paint="#2f6b74")
    c.soft(rect(-200, -200, 600, 1600), paint="#7a5a34", blur=200, strength=0.5, mode="screen")


@scene(
    "reading_nook",
    board="Bookish corners",
    title="A reading nook needs only three things",
    description="A seat with arms, light from the left and a place for the cup. Ours took one Sunday and the "
    "corner nobody used.",
    alt_text="Rust armchair with a blanket beside a window with linen curtains and a stack of books",
    palette=("#b5553c", "#f4ecdf", "#8c9a7b", "#d99a3c"),
)
def reading_nook(c: Canvas) -> None:
    c.wash(slant("#e6ddcf", "#d5c8b5", "#bdac96"))
    planks(c, 1450, "#9a6a44")
    c.shape(rect(110, 150, 560, 960), paint="#fbf7ef", shadow=Shadow(10, 16, 22, 0.3))
    c.shape(rect(142, 182, 496, 896), paint=down("#a9cbd8", "#cfe2de", "#f5e9c8"))
    c.shape([*smooth([(142, 860), (260, 790), (400, 850), (520, 800), (638, 870)]), (638, 1078),
        (142, 1078)], paint="#9db88e")
    c.shape([*smooth([(142, 960), (300, 900), (460, 970), (638, 920)]), (638, 1078), (142, 1078)],
        paint="#6f9268")
    c.shape(rect(378, 182, 22, 896), rect(142, 560, 496, 18), paint="#fbf7ef", shadow=Shadow(4, 6, 6, 0.24))
    c.shape(ribbon([(40, 120), (760, 120)], 16), ellipse(40, 120, 22), ellipse(760, 120, 22),
        paint=down("#d9a45a", "#8a5a24"), shadow=Shadow(6, 12, 12, 0.36))
    for x, way in ((70, 1), (610, 1)):
        folds = across(*["#fdf8ee", "#e3d6c3"] * 5)
        c.shape(smooth([(x, 128), (x + 140, 128)], steps=2) + smooth([(x + 150, 700),
            (x + 168, 1430)]) + smooth([(x - 30 * way, 1430), (x - 8, 700), (x, 128)]), paint=folds,
            shadow=Shadow(14, 10, 20, 0.26), opacity=0.95)
    sunlit(c, [(420, 1480), (900, 1480), (1190, 1760), (620, 1760)], strength=0.5, blur=14)
    rust = "#b9583c"
    for x in (590, 1000):
        c.shape([(x, 1560), (x + 30, 1560), (x + 20, 1660), (x + 8, 1660)], paint="#5c3820")
    c.soft(ellipse(820, 1652, 330, 30), paint="#2b1b22", blur=20, strength=0.6, mode="multiply")
    back = smooth([(570, 1400), (556, 1060), (590, 850), (820, 780), (1050, 850), (1090, 1060),
        (1080, 1400)], steps=18)
    c.shape(back, paint=slant(light(rust, 0.26), rust, dark(rust, 0.36)),
        edge=(20, 34, light(rust, 0.42), 0.4), shadow=Shadow(30, 16, 36, 0.34))
    for x in (700, 820, 940):
        for y in (960, 1080):
            c.shape(ellipse(x + (34 if y == 1080 else 0), y, 9), paint=dark(rust, 0.5),
                shadow=Shadow(0, 2, 9, 0.4))
    c.shape(rounded(590, 1320, 470, 150, 50), paint=down(light(rust, 0.3), rust),
        edge=(-8, -20, dark(rust, 0.5), 0.6), shadow=Shadow(0, 10, 14, 0.4))
    c.shape(rounded(576, 1430, 496, 150, 30), paint=down(rust, dark(rust, 0.42)))
    for x in (500, 1020):
        c.shape(rounded(x, 1170, 130, 410, 64), paint=across(light(rust, 0.26), rust, dark(rust, 0.36)),
            edge=(0, 26, light(rust, 0.4), 0.6), shadow=Shadow(12, 8, 16, 0.4))
    cushion(c, 700, 1130, 236, 210, slant("#fdf3e2", "#e3cfb2"), "#a58a68", turn=6)
    blanket = smooth([(1000, 1150), (1120, 1140), (1172, 1200), (1180, 1540), (1120, 1560), (1070, 1540),
        (1010, 1560), (996, 1300)], closed=True)
    c.shape(blanket, paint=across("#93a383", "#6f8262", "#a5b494", "#647757"),
        shadow=Shadow(10, 16, 18, 0.36))
    for y in (1260, 1330, 1440):
        c.shape(smooth([(1000, y), (1090, y + 16), (1180, y)]) + smooth([(1180, y + 16), (1090, y + 32),
            (1000, y + 16)]), paint="#f4ecdf", opacity=0.8)
    stand(c, 290, 1640, 130, reach=1.2)
    for x in (196, 290, 384):
        c.shape(ribbon([(290 + (x - 290) * 0.6, 1370), (x, 1660)], 16, 12), paint="#7a4e2a")
    c.shape(ellipse(290, 1372, 170, 34), paint=down("#c9975f", "#9a6a3a"), shadow=Shadow(8, 22, 18, 0.36))
    c.shape(ellipse(290, 1362, 170, 32), paint=across("#e3b985", "#c08c54"))
    for index, colour in enumerate(("#2f6b74", "#fcbd40", "#792351")):
        c.shape(rounded(196 + index * 9, 1326 - index * 30, 170 - index * 12, 30, 4),
            paint=down(light(colour, 0.2), dark(colour, 0.2)), shadow=Shadow(4, 5, 6, 0.36))
    c.shape(pot(290, [(1180, 42), (1220, 42), (1262, 32)]), paint=turned_paint("#f8f1e4"))
    mouth(c, 290, 1180, 43, "#f8f1e4")
    for dx in (-14, 10):
        c.soft(ribbon(smooth([(290 + dx, 1166), (280 + dx * 2, 1110), (300 + dx * 2, 1060),
            (286 + dx * 3, 1000)]), 8, 20), paint="#ffffff", blur=9, strength=0.5)


@scene(
    "woven_rug",
    board="Small-space living",
    title="The rug rule for rooms under 12 square metres",
    description="Bigger than you think: the front legs of everything stand on it. Our size chart, and why kilims "
    "beat high pile in a small flat.",
    alt_text="Kilim rug with diamonds in terracotta, damson and cream on a wooden floor",
    palette=("#b5553c", "#792351", "#f1e3d0", "#2f4b5c"),
)
def woven_rug(c: Canvas) -> None:
    c.wash("#a97a50")
    for index in range(9):
        x = index * 140 - 30
        tone = mix("#b88a5e", "#8f623c", c.dice.random())
        c.shape(rect(x, 0, 137, 1800), paint=down(light(tone, 0.08), tone, dark(tone, 0.08)))
        cut = c.dice.uniform(100, 1700)
        c.shape(rect(x, cut, 137, 4), paint=dark(tone, 0.5))
    c.shape(rect(150, 130, 900, 1540), paint="#efe0cb", shadow=Shadow(14, 18, 18, 0.5))
    ground, red, plum, blue, sand = "#efe0cb", "#b5553c", "#792351", "#2f4b5c", "#d9a05b"
    y = 130.0
    for kind, height, one, two in (("plain", 60, red, red), ("teeth", 70, ground, plum),
            ("plain", 26, sand, sand), ("diamonds", 330, red, ground), ("plain", 26, plum, plum),
            ("teeth", 70, ground, blue), ("diamonds", 376, plum, sand), ("teeth", 70, ground, blue),
            ("plain", 26, plum, plum), ("diamonds", 330, red, ground), ("plain", 26, sand, sand),
            ("teeth", 70, ground, plum), ("plain", 60, red, red)):
        c.shape(rect(150, y, 900, height), paint=across(dark(one, 0.05), light(one, 0.06), dark(one, 0.04)))
        if kind == "teeth":
            c.shape(*([(150 + i * 50, y + height), (175 + i * 50, y), (200 + i * 50, y + height)]
                for i in range(18)), paint=two)
        if kind == "diamonds":
            for i in range(3):
                x, half = 300 + i * 300, height / 2
                for part, colour in ((0.96, two), (0.72, blue), (0.52, one), (0.34, sand),
                        (0.16, plum if one == red else ground)):
                    steps = [(x + sx * 150 * part * (1 - k / 6), y + half + sy * half * part * (k + e) / 6)
                        for sx, sy, ks in ((1, -1, range(6)), (-1, -1, range(5, -1, -1)), (-1, 1, range(6)),
                        (1, 1, range(5, -1, -1))) for k in ks for e in ((0, 1) if sx * sy < 0 else (1, 0))]
                    c.shape(steps, paint=colour)
        y += height
    c.shape(*(rect(150, 130 + i * 9, 900, 2.4) for i in range(171)), paint="#3a1e1c", opacity=0.16)
    c.shape(*(rect(150 + i * 12, 130, 2, 1540) for i in range(75)), paint="#fff4e0", opacity=0.12)
    for i in range(75):
        x = 156 + i * 12
        for top, way in ((130, -1), (1670, 1)):
            c.shape(ribbon(smooth([(x, top), (x + c.dice.uniform(-6, 6), top + way * 30),
                (x + c.dice.uniform(-10, 10), top + way * 62)]), 5, 3), paint="#f3e6d2")
    sunlit(c, *window(260, 240, 760, 1000, 0.36), strength=0.36, blur=12)
    c.shape(ellipse(1080, 250, 190), paint=radial("#e9c79a", "#c4935c", "#8a5a30", x=0.4, y=0.36, reach=0.8),
        shadow=Shadow(30, 40, 36, 0.5))
    c.shape(ellipse(1080, 250, 172), holes=[ellipse(1080, 250, 168)], paint="#8a5a30", opacity=0.5)
    c.shape(ellipse(1060, 230, 66), paint=slant("#fbf4ea", "#d8c9b8"), shadow=Shadow(10, 14, 14, 0.4))
    c.shape(ellipse(1062, 233, 50), paint=radial("#8a5636", "#4a2818", reach=0.7),
        edge=(10, 10, "#23100a", 0.6))


@scene(
    "peg_rail",
    board="Small-space living",
    title="One peg rail, and the hallway works",
    description="Two metres of oak, nine pegs, no wardrobe. What hangs where, how high, and the basket that "
    "swallows the rest.",
    alt_text="Oak peg rail with a linen coat, a straw hat and a market bag above a bench with boots",
    palette=("#c4935c", "#f4ecdf", "#2f6b74", "#d99a3c"),
)
def peg_rail(c: Canvas) -> None:
    c.wash(down("#f3ece0", "#e9dfcf"))
    c.shape(rect(0, 900, 1200, 900), paint=down("#7f9a94", "#6a8680"))
    for x in range(0, 1300, 150):
        c.shape(rect(x, 912, 5, 560), paint="#4d6a64", opacity=0.7)
        c.shape(rect(x + 5, 912, 4, 560), paint="#a9c0b8", opacity=0.6)
    c.shape(rect(0, 888, 1200, 26), paint=down("#a9c0b8", "#6a8680"), shadow=Shadow(0, 10, 10, 0.3))
    planks(c, 1500, "#a8784c", rows=3)
    c.shape(rect(0, 1462, 1200, 40), paint=down("#93ada6", "#6a8680"))
    sunlit(c, *window(380, 30, 720, 760, 0.32), strength=0.44)
    c.shape(rounded(80, 330, 1040, 74, 8), paint=down("#d9aa72", "#b5824a"), shadow=Shadow(12, 22, 20, 0.34))
    pegs = (180, 390, 600, 810, 1020)
    for x in pegs:
        c.shape(ellipse(x, 368, 22), paint=radial("#f0cd9a", "#b07a40", x=0.35, y=0.3, reach=0.8),
            shadow=Shadow(8, 14, 10, 0.45))
    coat = smooth([(390, 360), (470, 420), (520, 520), (540, 900), (556, 1150), (470, 1176), (390, 1166),
        (300, 1176), (226, 1150), (242, 900), (262, 520), (312, 420)], closed=True)
    linen = "#e6d3b5"
    c.shape(coat, paint=across(dark(linen, 0.14), light(linen, 0.3), linen, light(linen, 0.16),
        dark(linen, 0.22)), shadow=Shadow(24, 26, 28, 0.36))
    for points in ([(262, 520), (232, 760), (238, 960)], [(520, 520), (548, 760), (542, 960)]):
        c.soft(ribbon(smooth(points), 12, 30), paint="#a58a68", blur=10, strength=0.5, mode="multiply")
    c.shape(ribbon(smooth([(390, 440), (394, 800), (388, 1168)]), 4), paint=dark(linen, 0.4))
    c.shape([(390, 372), (326, 452), (386, 540)], [(390, 372), (456, 452), (396, 540)],
        paint=slant(light(linen, 0.3), dark(linen, 0.14)), shadow=Shadow(4, 8, 8, 0.3))
    c.shape(*(ellipse(408, y, 8) for y in (600, 700, 800, 900)), paint="#7a5430")
    c.shape(rounded(276, 850, 92, 100, 8), rounded(424, 850, 92, 100, 8), paint=light(linen, 0.12),
        shadow=Shadow(3, 6, 6, 0.3))
    c.shape(ribbon(smooth([(600, 366), (560, 560), (556, 700)]), 9),
        ribbon(smooth([(600, 366), (640, 560), (650, 700)]), 9), paint="#8a5a34",
        shadow=Shadow(12, 12, 10, 0.3))
    net = smooth([(540, 700), (664, 700), (716, 860), (690, 990), (604, 1030), (512, 990), (486, 860)],
        closed=True)
    c.shape(net, paint=slant("#e9b25a", "#b97a22"), shadow=Shadow(20, 24, 24, 0.36))
    for step in range(-9, 10):
        c.shape(ribbon(smooth([(602 + step * 8, 700), (602 + step * 17, 860), (602 + step * 8, 1026)]), 3),
            paint="#7a4c14", opacity=0.5)
    for y in range(720, 1020, 22):
        half = 108 * math.sin(math.pi * (y - 640) / 440) + 8
        c.shape(ribbon([(602 - half, y), (602 + half, y)], 3), paint="#f6d492", opacity=0.5)
    c.shape(ellipse(815, 500, 150, 140), paint=radial("#f6dfa8", "#e3bd72", "#b98a3c", x=0.42, y=0.38,
        reach=0.75), shadow=Shadow(24, 30, 28, 0.36))
    for ring in range(3, 14):
        c.shape(ellipse(815, 500, ring * 11, ring * 10.2), holes=[ellipse(815, 500, ring * 11 - 2,
            ring * 10.2 - 2)], paint="#9a6c24", opacity=0.36)
    c.shape(ellipse(812, 494, 84, 78), paint=radial("#f9e7bb", "#dcb264", x=0.4, y=0.34, reach=0.8),
        holes=(), shadow=Shadow(12, 14, 14, 0.36))
    c.shape(ellipse(812, 496, 86, 80), holes=[ellipse(812, 492, 74, 68)], paint="#792351", opacity=0.9)
    towel = [(966, 372), *smooth([(1074, 372), (1080, 700), (1072, 990)]),
        *smooth([(1072, 990), (1020, 1002), (968, 990)]), *smooth([(968, 990), (960, 700), (966, 372)])]
    c.shape(towel, paint=across("#f8f1e6", "#e0d2c0", "#fdf8f0", "#d8c8b4", "#f4eadc"),
        shadow=Shadow(18, 20, 22, 0.34))
    c.shape(*(rect(966, y, 108, 9) for y in (800, 826, 852, 900)), paint="#2f6b74", opacity=0.8)
    c.shape(rounded(140, 1290, 920, 52, 8), paint=down("#dcae78", "#b5824a"), shadow=Shadow(8, 30, 28, 0.4))
    for x in (190, 960):
        c.shape(rect(x, 1342, 50, 300), paint=across("#c4935c", "#8a5c30"))
    c.soft(ellipse(600, 1650, 480, 26), paint="#2b1b22", blur=20, strength=0.45, mode="multiply")
    for x, lean in ((330, 0), (430, 14)):
        boot = smooth([(x, 1420), (x + 78, 1420), (x + 82, 1540), (x + 150 + lean, 1580),
            (x + 152 + lean, 1636), (x, 1640)], closed=True)
        c.shape(boot, paint=slant("#3d6b5c", "#2f4b3c", "#1c3026"), shadow=Shadow(12, 8, 14, 0.4))
        c.shape(rounded(x - 6, 1630, 164 + lean, 20, 8), paint="#1c1416")
    basket = pot(780, [(1450, 128), (1540, 136), (1644, 112)])
    c.shape(basket, paint=turned_paint("#c99a5a"), shadow=Shadow(14, 6, 16, 0.4))
    for row in range(12):
        y = 1462 + row * 15
        c.shape(*(ellipse(660 + i * 22 + row % 2 * 11, y, 9, 4) for i in range(12)), paint="#8a5c28",
            opacity=0.5)
    mouth(c, 780, 1450, 130, "#b07c3e", flat=0.14)


@scene(
    "desk_flatlay",
    board="Home office ideas",
    title="The Sunday reset for your desk",
    description="Ten minutes, one tray, three piles. Start the week with a notebook, a pencil and nothing else in "
    "sight. Printable checklist inside.",
    alt_text="Desk from above with notebook, keyboard, glasses, coffee and a eucalyptus branch",
    palette=("#f1e3d8", "#792351", "#8fa3a0", "#d99a3c"),
)
def desk_flatlay(c: Canvas) -> None:
    c.wash(slant("#f3e2d8", "#ead2c4", "#dcbcab"))
    leaf_shade(c, -60, 60, 900, 32, strength=0.2)
    c.shape(rounded(-60, 120, 640, 420, 30, turn=-4), paint=slant("#f9f9f8", "#dcdcdb"),
        shadow=Shadow(22, 30, 28, 0.4))
    keys = [rounded(-40 + i * 78 + (row % 2) * 14, 186 + row * 78 - i * 5.4, 64, 62, 10, turn=-4)
        for row in range(4) for i in range(7)]
    c.shape(*keys, paint="#ffffff", shadow=Shadow(2, 5, 4, 0.24))
    c.shape(rounded(640, 160, 460, 640, 14, turn=5), paint=slant("#8f2f63", "#6a1d48"),
        shadow=Shadow(26, 34, 30, 0.44), edge=(-10, -12, "#3a0f28", 0.5))
    c.shape(rounded(680, 200, 380, 560, 8, turn=5), paint=slant("#97376a", "#722150"), opacity=0.6)
    c.shape(ribbon([(1010, 180), (955, 812)], 22), paint=across("#fcbd40", "#d9952a"),
        shadow=Shadow(3, 5, 5, 0.3))
    c.shape(ellipse(830, 440, 84), paint="#fcbd40", opacity=0.95)
    c.shape([(746, 440), (914, 440), (914, 530), (746, 530)], paint="#7f2757")
    c.shape(rounded(160, 720, 420, 560, 8, turn=-8), paint=slant("#fffdf8", "#f1e8da"),
        shadow=Shadow(22, 30, 26, 0.36))
    for i in range(11):
        c.shape(ribbon([(196 + i * 5.9, 836 + i * 41), (540 + i * 5.9, 788 + i * 41)], 2.4), paint="#c9b8ab",
            opacity=0.8)
    for i, length in enumerate((250, 310, 200, 280)):
        c.shape(ribbon(smooth([(230 + i * 6 + k * length / 16,
            824 + i * 41 - k * length / 115 + (k % 3 - 1) * 7) for k in range(17)], steps=4), 3.4),
            paint="#3d4f7c", opacity=0.85)
    c.shape(rounded(470, 1010, 26, 470, 8, turn=-32), paint=across("#ffd064", "#eaa42c", "#b97a14"),
        shadow=Shadow(12, 18, 12, 0.4))
    c.shape([(613.5, 1446), (590, 1459), (626, 1488)], paint="#f0d6b4")
    c.shape([(622, 1478), (614, 1482), (626, 1488)], paint="#2b1b22")
    c.shape(rounded(346, 1030, 28, 42, 6, turn=-32), paint="#e98fa2")
    stand_x, stand_y = 900, 1060
    c.shape(ellipse(stand_x, stand_y, 198), paint=radial("#ffffff", "#efe7de", "#d3c6ba", x=0.4, y=0.36,
        reach=0.75), shadow=Shadow(26, 36, 34, 0.4))
    c.shape(ribbon(smooth([(1010, 1010), (1120, 960), (1140, 1050), (1030, 1090)]), 30),
        paint=slant("#ffffff", "#d8ccc0"), shadow=Shadow(10, 14, 12, 0.36))
    c.shape(ellipse(stand_x, stand_y, 132), paint=slant("#ffffff", "#d8ccc0"), shadow=Shadow(16, 22, 20, 0.4))
    c.shape(ellipse(stand_x, stand_y, 114), paint=radial("#8a5232", "#6a3a20", "#3a1c10", reach=0.56),
        edge=(12, 14, "#1c0c06", 0.6))
    c.shape(ellipse(stand_x - 30, stand_y - 36, 40, 14, turn=-40), paint="#e8c49a", opacity=0.36)
    for eye in (250, 470):
        c.shape(ellipse(eye, 1540, 96, 84), holes=[ellipse(eye, 1540, 82, 70)],
            paint=slant("#5c3820", "#2b1712"), shadow=Shadow(10, 16, 12, 0.4))
        c.shape(ellipse(eye, 1540, 82, 70), paint="#ffffff", opacity=0.24)
    c.shape(ribbon(smooth([(344, 1524), (360, 1506), (376, 1524)]), 13),
        ribbon([(156, 1526), (90, 1620)], 13, 9), ribbon([(564, 1526), (640, 1612)], 13, 9), paint="#3a2018")
    way = smooth([(1240, 1380), (1020, 1500), (820, 1560), (700, 1690)], steps=10)
    c.shape(ribbon(way, 9, 4), paint="#8a5f4a", shadow=Shadow(6, 10, 8, 0.3))
    for index in range(2, len(way), 4):
        x, y = way[index]
        for side in (-1, 1):
            size = 78 - index
            shade = mix("#8fa89f", "#c9d6cc", c.dice.random())
            c.shape(ellipse(x + side * 26 - 12, y + side * size * 0.86, size * 0.56, size * 0.8,
                turn=side * 8 + 14), paint=radial(light(shade, 0.3), shade, dark(shade, 0.24), reach=0.8),
                shadow=Shadow(8, 14, 12, 0.3))
    for x, y in ((640, 930), (684, 884), (600, 870)):
        c.shape(ribbon(smooth([(x, y), (x + 34, y - 8), (x + 36, y + 12), (x + 4, y + 18), (x + 4, y + 6),
            (x + 26, y + 2)]), 4.5), paint="#b8842e", shadow=Shadow(3, 5, 4, 0.36))


@scene(
    "limewash_bathroom",
    board="Small-space living",
    title="Limewash for beginners: one wall, one day",
    description="No primer, no second coat, no straight lines. We limewashed the guest bathroom in ochre and "
    "would do it again tomorrow.",
    alt_text="Ochre limewashed wall with two arched niches, a round mirror and a stone basin",
    palette=("#d99a3c", "#f4e6d6", "#7a4a2a", "#8c9a7b"),
)
def limewash_bathroom(c: Canvas) -> None:
    c.wash(slant("#e3b068", "#d39a4e", "#b57a34"))
    for _ in range(26):
        x, y = c.dice.uniform(-100, 1300), c.dice.uniform(-100, 1400)
        c.soft(ellipse(x, y, c.dice.uniform(90, 260), c.dice.uniform(40, 120), turn=c.dice.uniform(-40, 40)),
            paint=c.dice.choice(("#f3d296", "#a86a28", "#edc37e")), blur=50, strength=0.3)
    sunlit(c, *window(60, 60, 560, 900, 0.3), strength=0.36)
    c.shape(arch(740, 300, 320, 760), paint=across("#8a5424", "#b57a3a", "#c48a48"),
        edge=(34, 34, "#5c3212", 0.6))
    for shelf in (rect(740, 698, 320, 26), rect(726, 1038, 348, 26)):
        c.shape(shelf, paint=down("#f8ecd8", "#d3bb98"), shadow=Shadow(0, 16, 14, 0.4))
    c.shape(pot(840, [(520, 30), (540, 26), (600, 56), (668, 64), (694, 46)]), paint=turned_paint("#f4e6d6"),
        shadow=Shadow(20, 4, 16, 0.4))
    mouth(c, 840, 520, 31, "#f4e6d6")
    c.shape(rounded(908, 640, 110, 56, 10), paint=down("#e9bfb0", "#c48f80"), shadow=Shadow(10, 4, 12, 0.4))
    c.shape(rounded(920, 592, 88, 50, 10), paint=down("#f8f1e4", "#d9cab6"), shadow=Shadow(8, 4, 8, 0.4))
    for index, colour in enumerate(("#f8f1e4", "#8c9a7b", "#e9bfb0")):
        c.shape(rounded(770 + index * 4, 990 - index * 52, 256 - index * 8, 48, 22),
            paint=down(light(colour, 0.3), colour, dark(colour, 0.2)), shadow=Shadow(6, 8, 10, 0.36))
    c.shape(ellipse(380, 540, 250, 300), paint=slant("#7a4a2a", "#4d2a14"), shadow=Shadow(24, 34, 32, 0.46))
    c.shape(ellipse(380, 540, 230, 280), paint=slant("#f5ead8", "#d3c2ae", "#b0a79e"))
    c.shape([(240, 640), (470, 300), (550, 380), (300, 770)], paint="#ffffff", opacity=0.24)
    c.shape(rect(0, 1390, 1200, 410), paint=down("#7a4a2a", "#5c3418", "#40220e"))
    c.shape(rect(0, 1330, 1200, 70), paint=down("#a8703e", "#7a4a24"), shadow=Shadow(0, 20, 20, 0.4))
    stand(c, 380, 1336, 290, reach=1.2, strength=0.5)
    c.shape(pot(380, [(1130, 296), (1190, 290), (1270, 230), (1326, 150)]), paint=turned_paint("#efe4d3"),
        speckles=("#8a7a6a", 260))
    c.shape(ellipse(380, 1130, 296, 46), paint=across("#fffaf0", "#e9dcc8"))
    c.shape(ellipse(380, 1136, 268, 36), paint=across("#b9a78f", "#d9cab4", "#efe4d3"),
        edge=(10, 16, "#6a5a48", 0.6))
    tap = smooth([(380, 900), (380, 830), (380, 800), (420, 770), (470, 790), (474, 870)], steps=14)
    c.shape(ribbon([(380, 1090), (380, 880)], 30, 26), ribbon(tap, 26, 22),
        paint=across("#f0cd84", "#b8842e", "#7a5214"), shadow=Shadow(14, 10, 12, 0.4))
    stand(c, 900, 1350, 80, reach=1.3)
    c.shape(pot(900, [(1120, 34), (1150, 30), (1200, 62), (1290, 78), (1342, 58)]),
        paint=ribbed_paint("#8c9a7b", 11))
    for turn, length in ((-26, 260), (-8, 330), (10, 300), (28, 240)):
        a = math.radians(turn - 90)
        tip = (900 + math.cos(a) * length, 1120 + math.sin(a) * length)
        c.shape(ribbon(smooth([(900, 1124), ((900 + tip[0]) / 2, (1120 + tip[1]) / 2 - 10), tip]), 5, 3),
            paint="#7a6a3c")
        for k in range(3, 11):
            t = k / 10
            x, y = 900 + (tip[0] - 900) * t, 1120 + (tip[1] - 1120) * t
            for side in (-1, 1):
                blade(c, (x, y), (x + side * 46, y - 26), 24, "#a9b58c", shadow=False)


def pendant_glow(c: Canvas, x: float, y: float, size: float) -> None:
    c.soft(ellipse(x, y, size), paint="#a8803a", blur=size * 0.6, strength=0.7, mode="screen")


@scene(
    "kitchen_pendants",
    board="Small-space living",
    title="A dining corner for two in a 4 m² kitchen",
    description="Fold-down table, two stools, one pendant hung lower than you dare. The corner where every one of "
    "our evenings ends.",
    alt_text="Two pendant lamps above a small round table with fruit and wine in front of green tiles",
    palette=("#2f5b52", "#fcbd40", "#c8694a", "#f4e6d6"),
)
def kitchen_pendants(c: Canvas) -> None:
    c.wash(slant("#ead7bf", "#d9bf9f", "#bf9f7c"))
    c.shape(rect(0, 620, 1200, 860), paint="#203f38")
    for row in range(10):
        for column in range(9):
            tone = mix("#2f5b52", "#467a6c", c.dice.random())
            c.shape(rounded(column * 150 - 75 * (row % 2) + 4, 624 + row * 86, 142, 78, 5),
                paint=slant(light(tone, 0.24), tone))
    c.shape(rect(0, 596, 1200, 30), paint=down("#c4935c", "#8a5c30"), shadow=Shadow(0, 16, 16, 0.4))
    for x, y, height, colour in ((110, 596, 130, "#f4e6d6"), (210, 596, 170, "#c8694a"),
            (300, 596, 110, "#2f6b74")):
        c.shape(pot(x, [(y - height, 40), (y - height * 0.6, 46), (y - 6, 38)]), paint=turned_paint(colour),
            shadow=Shadow(14, 2, 12, 0.3))
        mouth(c, x, y - height, 40, colour)
    planks(c, 1480, "#8a5a38", rows=3)
    for x, y in ((420, 560), (800, 470)):
        c.shape(ribbon([(x, -10), (x, y - 110)], 6), paint="#2b1b22")
        pendant_glow(c, x, y + 150, 300)
        shade = [*ellipse(x, y, 170, 130, part=(180, 360)), *ellipse(x, y, 170, 30, part=(0, 180))]
        c.shape(shade, paint=across("#f3c15a", "#e09a2a", "#9a5f14"), shadow=Shadow(16, 24, 26, 0.34))
        c.shape(ellipse(x, y + 2, 156, 22), paint="#fff1c4")
    c.shape([(580, 1270), (620, 1270), (616, 1640), (584, 1640)], paint=across("#5c3820", "#2e1a10"))
    c.shape(ellipse(600, 1646, 170, 26), paint="#2e1a10", shadow=Shadow(10, 10, 14, 0.4))
    for x in (190, 1010):
        for dx in (-70, 70):
            c.shape(ribbon([(x + dx * 0.6, 1420), (x + dx, 1690)], 20, 14),
                paint=across("#a8703e", "#6a4020"))
        c.shape(ellipse(x, 1412, 130, 30), paint=down("#d9a46a", "#9a6a38"), shadow=Shadow(8, 26, 18, 0.4))
        c.shape(ellipse(x, 1400, 130, 28), paint=across("#e9bd88", "#c08c54"))
    c.shape(ellipse(600, 1262, 470, 84), paint=down("#b5824a", "#7a5028"), shadow=Shadow(10, 40, 40, 0.45))
    c.shape(ellipse(600, 1240, 470, 80), paint=radial("#f9dfb0", "#e3b985", "#bb8850", x=0.46, y=0.3,
        reach=0.8))
    stand(c, 560, 1258, 150, reach=1.2)
    c.shape(pot(560, [(1150, 190), (1190, 176), (1240, 100), (1260, 70)]), paint=turned_paint("#f4e6d6"))
    c.shape(ellipse(560, 1150, 190, 34), paint=across("#d9c6b0", "#b9a48c"))
    for x, y, size, colour in ((450, 1120, 60, "#e8a33a"), (640, 1124, 58, "#d9583c"),
            (548, 1090, 66, "#f2b544"), (500, 1150, 50, "#9bb04a"), (600, 1150, 52, "#e8a33a")):
        c.shape(ellipse(x, y, size, size * 0.94), paint=radial(light(colour, 0.5), light(colour, 0.12),
            colour, dark(colour, 0.4), x=0.34, y=0.28, reach=0.9), shadow=Shadow(6, 8, 10, 0.36))
        c.shape(ellipse(x + 4, y - size * 0.7, 5, 4), paint="#4d3a1c")
    for x in (850, 300):
        c.shape(ellipse(x, 1268, 46, 9), paint="#ffffff", opacity=0.5)
        c.shape(ribbon([(x, 1264), (x, 1170)], 5), paint="#ffffff", opacity=0.6)
        bowl = pot(x, [(1030, 44), (1080, 58), (1130, 50), (1168, 8)])
        c.shape(pot(x, [(1082, 57), (1130, 49), (1168, 8)]), paint=across("#9a2348", "#792351", "#4a1230"),
            opacity=0.92)
        c.shape(bowl, paint=across("#ffffff", "#f4e6d6", "#ffffff"), opacity=0.24)
        c.shape(ellipse(x, 1082, 57, 9), paint="#b8476a", opacity=0.8)

"""A small kit for drawing with soft light: smooth shapes, gradients, shadows and grain, in pure Pillow.

Everything is measured on a page of 1200 x 1800 units, whatever the picture's size in pixels.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

PAGE: Final = (1200, 1800)
INK: Final = "#2b1b22"

Point: TypeAlias = tuple[float, float]
Poly: TypeAlias = Sequence[Point]
RGB: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[int, int, int, int]


# Colours


def rgb(colour: str) -> RGB:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def mix(one: str, other: str, part: float) -> str:
    """`one` with so much of `other` in it."""
    mixed = (round(a + (b - a) * part) for a, b in zip(rgb(one), rgb(other), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def dark(colour: str, part: float = 0.25) -> str:
    return mix(colour, "#2a1420", part)


def light(colour: str, part: float = 0.25) -> str:
    return mix(colour, "#fff6e8", part)


# Paints


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours over a shape's box: `at(u, v)` for u, v in 0..1, computed on few cells and stretched."""

    at: Callable[[float, float], RGB]
    cells: tuple[int, int]


def _along(colours: Sequence[str], place: float) -> RGB:
    """Colours spaced evenly along 0..1."""
    place = min(max(place, 0), 1) * (len(colours) - 1)
    index = min(int(place), len(colours) - 2)
    return rgb(mix(colours[index], colours[index + 1], place - index))


def down(*colours: str) -> Paint:
    return Paint(lambda u, v: _along(colours, v), (1, 32))


def across(*colours: str) -> Paint:
    return Paint(lambda u, v: _along(colours, u), (32, 1))


def slant(*colours: str, lean: float = 0.5) -> Paint:
    """From the upper left to the lower right; `lean` is how much of the way goes across."""
    return Paint(lambda u, v: _along(colours, u * lean + v * (1 - lean)), (20, 20))


def radial(*colours: str, x: float = 0.5, y: float = 0.5, reach: float = 0.6) -> Paint:
    return Paint(lambda u, v: _along(colours, math.hypot(u - x, v - y) / reach), (28, 28))


def turned_paint(colour: str) -> Paint:
    """A turned body lit from the upper left: bright at a third, dark at the right, a little light coming back."""
    stops = (0.12, -0.1, -0.2, -0.06, 0.06, 0.16, 0.28, 0.4, 0.46, 0.38)
    return across(*(dark(colour, stop) if stop > 0 else light(colour, -stop) for stop in stops))


def ribbed_paint(colour: str, ribs: int) -> Paint:
    """The same with ribs that stand closer together towards the sides."""
    body = turned_paint(colour)

    def at(u: float, v: float) -> RGB:
        angle = math.acos(1 - 2 * min(max(u, 0.002), 0.998))
        groove = (math.cos(angle * ribs) + 1) / 2
        red, green, blue = body.at(u, v)
        return rgb(mix(f"#{red:02x}{green:02x}{blue:02x}", dark(colour, 0.75), 0.34 * groove**3))

    return Paint(at, (ribs * 12, 1))


def ball_paint(colour: str, x: float = 0.34, y: float = 0.3) -> Paint:
    return radial(
        light(colour, 0.38),
        light(colour, 0.1),
        colour,
        dark(colour, 0.22),
        dark(colour, 0.42),
        x=x,
        y=y,
        reach=0.85,
    )


# Shapes


def rect(x: float, y: float, width: float, height: float) -> Poly:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def ellipse(
    x: float,
    y: float,
    rx: float,
    ry: float | None = None,
    *,
    turn: float = 0,
    part: tuple[float, float] = (0, 360),
) -> Poly:
    ry = rx if ry is None else ry
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    steps = max(24, min(160, int(max(rx, ry))))
    points = []
    for step in range(steps + 1):
        angle = math.radians(part[0] + (part[1] - part[0]) * step / steps)
        a, b = rx * math.cos(angle), ry * math.sin(angle)
        points.append((x + a * cos - b * sin, y + a * sin + b * cos))
    return points


def rounded(x: float, y: float, width: float, height: float, radius: float, *, turn: float = 0) -> Poly:
    radius = min(radius, width / 2, height / 2)
    corners = (
        (x + width - radius, y + radius, -90),
        (x + width - radius, y + height - radius, 0),
        (x + radius, y + height - radius, 90),
        (x + radius, y + radius, 180),
    )
    points = [
        point for cx, cy, start in corners for point in ellipse(cx, cy, radius, part=(start, start + 90))
    ]
    return turned_by(points, turn, (x + width / 2, y + height / 2)) if turn else points


def arch(x: float, y: float, width: float, height: float) -> Poly:
    """A doorway: half a circle on a rectangle."""
    radius = width / 2
    return [
        *ellipse(x + radius, y + radius, radius, part=(180, 360)),
        (x + width, y + height),
        (x, y + height),
    ]


def turned_by(points: Iterable[Point], degrees: float, about: Point) -> Poly:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        (
            about[0] + (x - about[0]) * cos - (y - about[1]) * sin,
            about[1] + (x - about[0]) * sin + (y - about[1]) * cos,
        )
        for x, y in points
    ]


def smooth(points: Sequence[Point], *, closed: bool = False, steps: int = 14) -> list[Point]:
    """A curve through all points (Catmull-Rom)."""
    if closed:
        around = [points[-1], *points, points[0], points[1]]
    else:
        around = [points[0], *points, points[-1]]
    curve: list[Point] = []
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in zip(
        around, around[1:], around[2:], around[3:], strict=False
    ):
        for step in range(steps):
            t = step / steps
            curve.append((_between(x0, x1, x2, x3, t), _between(y0, y1, y2, y3, t)))
    return curve if closed else [*curve, points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def pot(x: float, profile: Sequence[Point]) -> Poly:
    """A turned body around the axis at x, from (y, radius) pairs, top first."""
    right = smooth([(x + radius, y) for y, radius in profile])
    (foot, radius) = profile[-1]
    bottom = ellipse(x, foot, radius, radius * 0.13, part=(0, 180))
    return [*right, *bottom, *((2 * x - px, py) for px, py in reversed(right))]


def ribbon(points: Sequence[Point], start: float, end: float | None = None) -> Poly:
    """A stroke along the points that grows from one width to another."""
    end = start if end is None else end
    left, right = [], []
    for index, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = points[max(index - 1, 0)], points[min(index + 1, len(points) - 1)]
        length = math.hypot(bx - ax, by - ay) or 1
        half = (start + (end - start) * index / max(len(points) - 1, 1)) / 2
        nx, ny = -(by - ay) / length * half, (bx - ax) / length * half
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return [*left, *reversed(right)]


def leaf(
    base: Point, tip: Point, width: float, *, bend: float = 0, belly: float = 0.42
) -> tuple[Poly, Poly, Poly]:
    """A leaf's outline, its one half and its midrib; `bend` pushes the middle sideways."""
    (x0, y0), (x1, y1) = base, tip
    dx, dy = x1 - x0, y1 - y0
    spine, one, other = [], [], []
    length = math.hypot(dx, dy) or 1
    nx, ny = -dy / length, dx / length
    for step in range(25):
        t = step / 24
        sway = bend * math.sin(math.pi * t)
        swell = width / 2 * math.sin(math.pi * t ** (math.log(0.5) / math.log(belly))) ** 0.85
        x, y = x0 + dx * t + nx * sway, y0 + dy * t + ny * sway
        spine.append((x, y))
        one.append((x + nx * swell, y + ny * swell))
        other.append((x - nx * swell, y - ny * swell))
    return [*one, *reversed(other)], [*spine, *reversed(other)], ribbon(spine, max(2.0, width / 26), 1)


def blob(x: float, y: float, rx: float, ry: float, dice: random.Random, wobble: float = 0.12) -> Poly:
    around = [(math.cos(a), math.sin(a)) for a in (math.tau * i / 9 for i in range(9))]
    return smooth(
        [
            (
                x + c * rx * dice.uniform(1 - wobble, 1 + wobble),
                y + s * ry * dice.uniform(1 - wobble, 1 + wobble),
            )
            for c, s in around
        ],
        closed=True,
    )


# The page


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a shape throws on what lies behind it."""

    dx: float = 18
    dy: float = 26
    blur: float = 26
    strength: float = 0.35
    colour: str = INK


class Canvas:
    def __init__(self, width: int, height: int, seed: int) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self.dice = random.Random(seed)  # the same picture every time
        self._kx, self._ky = width / PAGE[0], height / PAGE[1]

    def wash(self, paint: str | Paint) -> None:
        """Paint the whole page."""
        self.image.paste(self._painted(paint, self.image.size))

    def shape(
        self,
        *polys: Poly,
        paint: str | Paint,
        holes: Sequence[Poly] = (),
        shadow: Shadow | None = None,
        edge: tuple[float, float, str, float] | None = None,
        speckles: tuple[str, int] | None = None,
        opacity: float = 1,
    ) -> None:
        """Paint polygons with clean edges. `edge` is (dx, dy, colour, strength) of the light that rounds them."""
        found = self._mask(polys, holes)
        if found is None:
            return
        mask, box = found
        if shadow is not None:
            self._throw(mask, box, shadow)
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        self.image.paste(self._painted(paint, mask.size), box, mask)
        if edge is not None:
            self._round_off(mask, box, edge)
        if speckles is not None:
            self._speckle(mask, box, *speckles)

    def soft(self, *polys: Poly, paint: str, blur: float, strength: float = 1, mode: str = "normal") -> None:
        """Paint blurred polygons: light ("screen"), shade ("multiply") or mist ("normal")."""
        reach = blur * 2.6
        box = self._box(polys, reach)
        if box is None:
            return
        coarse = max(1, int(blur * self._kx / 4))
        size = (max(1, (box[2] - box[0]) // coarse), max(1, (box[3] - box[1]) // coarse))
        mask = Image.new("L", size)
        draw = ImageDraw.Draw(mask)
        fx, fy = size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])
        for poly in polys:
            draw.polygon(
                [((x * self._kx - box[0]) * fx, (y * self._ky - box[1]) * fy) for x, y in poly],
                fill=round(255 * strength),
            )
        mask = mask.filter(ImageFilter.GaussianBlur(blur * self._kx * fx))
        self._blend(
            mask.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BICUBIC), box, paint, mode
        )

    def reflect(self, shore: float, *, tint: str, strength: float) -> None:
        """Mirror what stands above the shore in the water below it."""
        edge = round(shore * self._ky)
        depth = min(edge, self.image.height - edge)
        above = self.image.crop((0, edge - depth, self.image.width, edge))
        below = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        self.image.paste(Image.blend(below, Image.new("RGB", below.size, tint), strength), (0, edge))

    def finish(self, *, grain: int = 14, vignette: float = 0.16) -> bytes:
        """Darken the corners a little, add grain, encode."""
        if vignette:
            self._vignette(vignette)
        size = self.image.size
        noise = Image.frombytes("L", size, self.dice.randbytes(size[0] * size[1]))
        noise = noise.point([(value - 128) * grain // 256 + 128 for value in range(256)])
        grainy = ImageChops.add(self.image, Image.merge("RGB", (noise, noise, noise)), 1, -128)
        out = io.BytesIO()
        grainy.save(out, "JPEG", quality=90, subsampling=2)
        return out.getvalue()

    # How

    def _box(self, polys: Sequence[Poly], reach: float = 0) -> Box | None:
        """The pixels that the polygons may touch, or nothing where they lie beside the page."""
        xs = [x for poly in polys for x, _ in poly]
        ys = [y for poly in polys for _, y in poly]
        left, right = math.floor((min(xs) - reach) * self._kx), math.ceil((max(xs) + reach) * self._kx)
        top, bottom = math.floor((min(ys) - reach) * self._ky), math.ceil((max(ys) + reach) * self._ky)
        if not reach:
            left, top = max(left, 0), max(top, 0)
            right, bottom = min(right, self.image.width), min(bottom, self.image.height)
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _mask(self, polys: Sequence[Poly], holes: Sequence[Poly]) -> tuple[Image.Image, Box] | None:
        box = self._box(polys)
        if box is None:
            return None
        width, height = box[2] - box[0], box[3] - box[1]
        fine = 4 if width * height < 40_000 else 3 if width * height < 400_000 else 2
        mask = Image.new("L", (width * fine, height * fine))
        draw = ImageDraw.Draw(mask)
        for group, fill in ((polys, 255), (holes, 0)):
            for poly in group:
                points = [((x * self._kx - box[0]) * fine, (y * self._ky - box[1]) * fine) for x, y in poly]
                draw.polygon(points, fill=fill)
        return mask.reduce(fine), box

    def _painted(self, paint: str | Paint, size: tuple[int, int]) -> Image.Image:
        if isinstance(paint, str):
            return Image.new("RGB", size, paint)
        columns, rows = (
            min(most, max(2, side // 5)) if most > 1 else 1
            for most, side in zip(paint.cells, size, strict=True)
        )
        cells = Image.new("RGB", (columns, rows))
        cells.putdata(
            [
                paint.at((column + 0.5) / columns, (row + 0.5) / rows)
                for row in range(rows)
                for column in range(columns)
            ]
        )
        return cells.resize(size, Image.Resampling.BILINEAR)

    def _blend(self, mask: Image.Image, box: Box, paint: str, mode: str) -> None:
        if mode == "normal":
            self.image.paste(Image.new("RGB", mask.size, paint), box, mask)
            return
        ground = self.image.crop(box)
        colour = Image.new("RGB", mask.size, paint)
        made = (
            ImageChops.multiply(ground, colour) if mode == "multiply" else ImageChops.screen(ground, colour)
        )
        self.image.paste(made, box, mask)

    def _throw(self, mask: Image.Image, box: Box, shadow: Shadow) -> None:
        blur = shadow.blur * self._kx
        coarse = max(1, int(blur / 3))
        reach = int(blur * 2.6) // coarse * coarse + coarse
        small = mask.resize(
            (max(1, mask.width // coarse), max(1, mask.height // coarse)), Image.Resampling.BOX
        )
        margin = reach // coarse
        wide = Image.new("L", (small.width + 2 * margin, small.height + 2 * margin))
        wide.paste(small, (margin, margin))
        wide = wide.filter(ImageFilter.GaussianBlur(blur / coarse)).point(
            [round(value * shadow.strength) for value in range(256)]
        )
        size = (mask.width + 2 * reach, mask.height + 2 * reach)
        x, y = box[0] - reach + round(shadow.dx * self._kx), box[1] - reach + round(shadow.dy * self._ky)
        self._blend(
            wide.resize(size, Image.Resampling.BILINEAR),
            (x, y, x + size[0], y + size[1]),
            shadow.colour,
            "normal",
        )

    def _round_off(self, mask: Image.Image, box: Box, edge: tuple[float, float, str, float]) -> None:
        """Colour the rim that faces away from (dx, dy): what is inside now, but not once the shape has moved."""
        dx, dy, colour, strength = edge
        blur = math.hypot(dx, dy) * 0.6 * self._kx
        coarse = max(1, int(blur / 3))
        small = mask.resize(
            (max(1, mask.width // coarse), max(1, mask.height // coarse)), Image.Resampling.BOX
        )
        margin = int(blur * 3 / coarse) + 2
        wide = Image.new("L", (small.width + 2 * margin, small.height + 2 * margin))
        wide.paste(small, (margin + round(dx * self._kx / coarse), margin + round(dy * self._ky / coarse)))
        wide = ImageChops.invert(wide.filter(ImageFilter.GaussianBlur(blur / coarse)))
        rim = wide.crop((margin, margin, margin + small.width, margin + small.height)).resize(
            mask.size, Image.Resampling.BILINEAR
        )
        rim = ImageChops.multiply(rim.point([round(value * strength) for value in range(256)]), mask)
        self.image.paste(Image.new("RGB", mask.size, colour), box, rim)

    def _speckle(self, mask: Image.Image, box: Box, colour: str, count: int) -> None:
        dots = Image.new("L", mask.size)
        draw = ImageDraw.Draw(dots)
        for _ in range(count):
            x, y = self.dice.uniform(0, mask.width), self.dice.uniform(0, mask.height)
            radius = self.dice.choice((0.6, 0.8, 1.0, 1.6, 2.4)) * self._kx
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=self.dice.randrange(60, 190))
        self.image.paste(Image.new("RGB", mask.size, colour), box, ImageChops.multiply(dots, mask))

    def _vignette(self, strength: float) -> None:
        at = [
            min(max(math.hypot(x / 11.5 - 1, y / 11.5 - 1) - 0.75, 0) * 1.3, 1)
            for y in range(24)
            for x in range(24)
        ]
        corners = Image.new("L", (24, 24))
        corners.putdata([round(255 * strength * value) for value in at])
        box = (0, 0, *self.image.size)
        self._blend(corners.resize(self.image.size, Image.Resampling.BICUBIC), box, INK, "normal")


# Light that every room needs


def sunlit(c: Canvas, *panes: Poly, colour: str = "#fff0d0", strength: float = 0.42, blur: float = 7) -> None:
    """Window light on a wall."""
    c.soft(*panes, paint=mix("#000000", colour, 0.62), blur=blur, strength=strength, mode="screen")


def window(
    x: float, y: float, width: float, height: float, lean: float, rows: int = 3, columns: int = 2
) -> list[Poly]:
    """The light of a paned window thrown aslant: every pane a parallelogram."""
    gap = width * 0.05
    panes: list[Poly] = []
    pane_w, pane_h = (width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows
    for row in range(rows):
        for column in range(columns):
            left, top = x + column * (pane_w + gap), y + row * (pane_h + gap)
            corners = ((left, top), (left + pane_w, top), (left + pane_w, top + pane_h), (left, top + pane_h))
            panes.append([(px, py + (px - x) * lean) for px, py in corners])
    return panes


def leaf_shade(
    c: Canvas, x: float, y: float, size: float, angle: float, *, strength: float = 0.28, count: int = 6
) -> None:
    """The shadow of a branch that stands outside the picture."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    end = (x + cos * size, y + sin * size)
    shades: list[Poly] = [
        ribbon(
            smooth(
                [(x, y), ((x + end[0]) / 2 - sin * size * 0.06, (y + end[1]) / 2 + cos * size * 0.06), end]
            ),
            9,
            3,
        )
    ]
    for index in range(count):
        t = 0.12 + 0.86 * index / count
        at = (x + cos * size * t, y + sin * size * t)
        for side in (-1, 1):
            turn = math.radians(angle + side * (52 - 22 * t))
            length = size * (0.4 - 0.2 * t) * c.dice.uniform(0.85, 1.1)
            shades.append(
                leaf(
                    at,
                    (at[0] + math.cos(turn) * length, at[1] + math.sin(turn) * length),
                    length * 0.2,
                    bend=side * length * 0.06,
                )[0]
            )
    c.soft(*shades, paint="#6d4a4c", blur=9, strength=strength, mode="multiply")

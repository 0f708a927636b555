"""Find the part that a crop should keep: where most of the edges are. A starting point for people."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from PIL import Image, ImageFilter, ImageStat

from pins.imaging.framing import Point, Size

_SIDE: Final = 96  # pixels of the longer side: what is smaller than a hundredth draws no eye
_TO_CENTRE: Final = 0.3  # how much less a window at the very edge counts than one in the middle


def find(picture: Image.Image, target: Size) -> Point:
    """The middle of the window of the target's shape that holds most edges; the same for the same picture."""
    shrink = max(picture.size) / _SIDE
    small = (max(3, round(picture.width / shrink)), max(3, round(picture.height / shrink)))
    grey = picture.convert("L").resize(small, Image.Resampling.BOX, reducing_gap=2.0)
    edges = grey.filter(ImageFilter.FIND_EDGES)
    edges = edges.crop((1, 1, small[0] - 1, small[1] - 1))  # the filter leaves the border as it was
    usual = ImageStat.Stat(edges).mean[0]
    edges = edges.point([max(0, round(value - usual)) for value in range(256)])  # texture is no subject
    shape = target[0] / target[1] * picture.height / picture.width
    across = edges.resize((edges.width, 1), Image.Resampling.BOX).tobytes()
    down = edges.resize((1, edges.height), Image.Resampling.BOX).tobytes()
    return _middle(across, min(1.0, shape)), _middle(down, min(1.0, 1 / shape))


def _middle(weights: bytes, part: float) -> float:
    """Of the window of this part of the line that weighs most, nearest to the line's own middle."""
    length = max(1, round(part * len(weights)))
    sums = [0, *accumulate(weights)]
    slack = len(weights) - length
    if not slack:
        return 0.5

    def worth(start: int) -> tuple[float, float]:
        aside = abs(2 * start / slack - 1)
        return (sums[start + length] - sums[start]) * (1 - _TO_CENTRE * aside**2), -aside

    best = max(range(slack + 1), key=worth)
    return round((best + length / 2) / len(weights), 4)

"""Pictures for the demo workspace of a shop that does not exist: drawn, so that they are ours to give away."""

from __future__ import annotations

from typing import Final

from pins.demo.art import ceramics, outdoors, plants, prints, rooms, table
from pins.demo.art.canvas import Canvas
from pins.demo.art.scene import DRAWN, Scene

__all__ = ["SCENES", "Scene", "draw"]

# Neighbours in a grid should differ in colour and subject.
_ORDER: Final = (
    "flat_white",
    "sofa_and_lamp",
    "terracotta_pots",
    "burano_facades",
    "candle_and_book",
    "ribbed_vases",
    "butter_croissants",
    "desk_and_lamp",
    "paper_waves",
    "monstera_leaves",
    "rainbow_arches",
    "citrus_slices",
    "reading_nook",
    "sea_and_sun",
    "tea_bowls",
    "kitchen_pendants",
    "colour_cards",
    "cactus_row",
    "bookshelf",
    "olive_terrace",
    "lemon_tart",
    "desk_flatlay",
    "umbrella_sky",
    "arches_and_vases",
    "hanging_plants",
    "dusk_hills",
    "breakfast_plate",
    "peg_rail",
    "azulejo_tiles",
    "sourdough_loaf",
    "limewash_bathroom",
    "moon_dunes",
    "woven_rug",
    "botanical_print",
    "yellow_tram",
    "paper_shapes",
    "mountain_lake",
)
_MODULES: Final = (ceramics, outdoors, plants, prints, rooms, table)  # importing them fills DRAWN

SCENES: Final[tuple[Scene, ...]] = tuple(DRAWN[name][0] for name in _ORDER)


def draw(scene_name: str, *, width: int = 1200, height: int = 1800, seed: int = 0) -> bytes:
    """A JPEG of the scene; the same seed draws the same picture."""
    _, drawing = DRAWN[scene_name]
    canvas = Canvas(width, height, seed)
    drawing(canvas)
    return canvas.finish()

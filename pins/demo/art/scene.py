"""What a scene is: words a marketer would write, and how to draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from pins.demo.art.canvas import Canvas

Drawing: TypeAlias = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Scene:
    name: str
    board: str
    title: str
    description: str
    alt_text: str
    palette: tuple[str, ...]


DRAWN: Final[dict[str, tuple[Scene, Drawing]]] = {}


def scene(
    name: str, *, board: str, title: str, description: str, alt_text: str, palette: tuple[str, ...]
) -> Callable[[Drawing], Drawing]:
    def keep(drawing: Drawing) -> Drawing:
        DRAWN[name] = Scene(name, board, title, description, alt_text, palette), drawing
        return drawing

    return keep

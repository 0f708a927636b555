"""A Pin as Pinterest shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.pinterest.addresses import pin_address
from accounts.pinterest.types.reading import count, identity, instant, known_id, object_of, text


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Slot:
    """The words of one picture of a carousel."""

    title: str = ""
    description: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    id: str
    created_at: datetime | None = None
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""
    board_id: str = ""
    section_id: str = ""
    parent_pin_id: str = ""
    media_type: str = ""
    creative_type: str = ""
    dominant_color: str = ""
    is_owner: bool | None = None
    images: tuple[Image, ...] = ()  # smallest first
    slots: tuple[Slot, ...] = ()  # of a carousel, in its order

    @classmethod
    def read(cls, json: object) -> Pin:
        row = object_of(json)
        media = row.get("media")
        return cls(
            id=identity(row),
            created_at=instant(row.get("created_at")),
            title=text(row, "title"),
            description=text(row, "description"),
            link=text(row, "link"),
            alt_text=text(row, "alt_text"),
            board_id=known_id(row, "board_id"),
            section_id=known_id(row, "board_section_id"),
            parent_pin_id=known_id(row, "parent_pin_id"),
            media_type=text(media, "media_type") if isinstance(media, dict) else "",
            creative_type=text(row, "creative_type"),
            dominant_color=text(row, "dominant_color"),
            is_owner=row["is_owner"] if isinstance(row.get("is_owner"), bool) else None,
            images=tuple(sorted(_images(media), key=lambda image: image.width)),
            slots=tuple(
                Slot(text(item, "title"), text(item, "description"), text(item, "link"))
                for item in _items(media)
            ),
        )

    @property
    def url(self) -> str:
        return pin_address(self.id)

    def image_at_least(self, width: int) -> Image | None:
        """The smallest picture that is as wide, else the widest there is; None for a Pin without one."""
        wide = (image for image in self.images if image.width >= width)
        return next(wide, self.images[-1] if self.images else None)


def _images(media: object) -> Iterable[Image]:
    """The pictures of a Pin, or of the first item of a carousel."""
    shown = media.get("images") if isinstance(media, dict) else None
    if not isinstance(shown, dict):
        shown = next((item.get("images") for item in _items(media)), None)
    for size in shown.values() if isinstance(shown, dict) else ():
        if isinstance(size, dict) and (url := text(size, "url")):
            yield Image(url, count(size, "width") or 0, count(size, "height") or 0)


def _items(media: object) -> Iterator[Mapping[str, Any]]:
    items = media.get("items") if isinstance(media, dict) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item

"""Boards and their sections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.pinterest.types.reading import count, identity, instant, object_of, text


@dataclass(frozen=True, slots=True)
class Board:
    id: str
    name: str
    description: str = ""
    privacy: str = "PUBLIC"
    pin_count: int | None = None
    cover_url: str = ""
    created_at: datetime | None = None

    @classmethod
    def read(cls, json: object) -> Board:
        row = object_of(json)
        media = row.get("media")
        return cls(
            id=identity(row),
            name=text(row, "name"),
            description=text(row, "description"),
            privacy=text(row, "privacy") or "PUBLIC",
            pin_count=count(row, "pin_count"),
            cover_url=text(media, "image_cover_url") if isinstance(media, dict) else "",
            created_at=instant(row.get("created_at")),
        )


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    name: str

    @classmethod
    def read(cls, json: object) -> Section:
        row = object_of(json)
        return cls(id=identity(row), name=text(row, "name"))

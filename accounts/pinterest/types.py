"""Pinterest's words as frozen dataclasses: what goes out and what comes in. No dict of JSON travels further.

Reading is strict about ids (an item without one is a garbled answer) and tolerant about everything else.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

READY: Final = "READY"  # the data_status of a day whose numbers no longer change


class Garbled(ValueError):
    """A 2xx answer that isn't what was asked for. client.py turns it into Unavailable or OutcomeUnknown."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    bookmark: str | None


@dataclass(frozen=True, slots=True)
class UserAccount:
    id: str
    username: str
    name: str
    kind: str
    follower_count: int | None
    website: str
    picture_url: str = ""

    @classmethod
    def read(cls, json: object) -> UserAccount:
        row = _object(json)
        username = _text(row, "username")
        return cls(
            # Accounts have an id since 2023; the name served before and still identifies.
            id=_text(row, "id") or _id({"id": username}),
            username=username,
            name=_text(row, "business_name"),
            kind=_text(row, "account_type"),
            follower_count=_count(row, "follower_count"),
            website=_text(row, "website_url"),
            picture_url=_text(row, "profile_image"),
        )


@dataclass(frozen=True, slots=True)
class Board:
    id: str
    name: str
    description: str = ""
    privacy: str = "PUBLIC"
    pin_count: int = 0
    cover_url: str = ""
    created_at: datetime | None = None

    @classmethod
    def read(cls, json: object) -> Board:
        row = _object(json)
        media = row.get("media")
        return cls(
            id=_id(row),
            name=_text(row, "name"),
            description=_text(row, "description"),
            privacy=_text(row, "privacy") or "PUBLIC",
            pin_count=_count(row, "pin_count") or 0,
            cover_url=_text(media, "image_cover_url") if isinstance(media, dict) else "",
            created_at=instant(row.get("created_at")),
        )


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    name: str

    @classmethod
    def read(cls, json: object) -> Section:
        row = _object(json)
        return cls(id=_id(row), name=_text(row, "name"))


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    width: int
    height: int


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

    @classmethod
    def read(cls, json: object) -> Pin:
        row = _object(json)
        media = row.get("media")
        return cls(
            id=_id(row),
            created_at=instant(row.get("created_at")),
            title=_text(row, "title"),
            description=_text(row, "description"),
            link=_text(row, "link"),
            alt_text=_text(row, "alt_text"),
            board_id=_text(row, "board_id"),
            section_id=_text(row, "board_section_id"),
            parent_pin_id=_text(row, "parent_pin_id"),
            media_type=_text(media, "media_type") if isinstance(media, dict) else "",
            creative_type=_text(row, "creative_type"),
            dominant_color=_text(row, "dominant_color"),
            is_owner=row["is_owner"] if isinstance(row.get("is_owner"), bool) else None,
            images=tuple(sorted(_images(media), key=lambda image: image.width)),
        )

    @property
    def url(self) -> str:
        return f"https://www.pinterest.com/pin/{self.id}/"

    def image_at_least(self, width: int) -> Image | None:
        """The smallest picture that is as wide, else the widest there is; None for a Pin without one."""
        wide = (image for image in self.images if image.width >= width)
        return next(wide, self.images[-1] if self.images else None)


@dataclass(frozen=True, slots=True)
class ImageBase64:
    content_type: str
    data: bytes = field(repr=False)

    def payload(self) -> dict[str, object]:
        return {
            "source_type": "image_base64",
            "content_type": self.content_type,
            "data": base64.b64encode(self.data).decode("ascii"),
        }


@dataclass(frozen=True, slots=True)
class ImageUrl:
    url: str

    def payload(self) -> dict[str, object]:
        return {"source_type": "image_url", "url": self.url}


MediaSource = ImageBase64 | ImageUrl


@dataclass(frozen=True, slots=True)
class NewPin:
    board_id: str
    media: MediaSource
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""
    section_id: str = ""
    dominant_color: str = ""

    def payload(self) -> dict[str, object]:
        words = {
            "board_section_id": self.section_id,
            "title": self.title,
            "description": self.description,
            "link": self.link,
            "alt_text": self.alt_text,
            "dominant_color": self.dominant_color,
        }
        given = {name: word for name, word in words.items() if word}
        return {"board_id": self.board_id, "media_source": self.media.payload(), **given}


# Asked for on every Pin; the video ones are refused (400) on an image Pin.
LIFETIME_METRICS: Final = ("TOTAL_COMMENTS", "TOTAL_REACTIONS")
PIN_METRICS: Final = ("IMPRESSION", "PIN_CLICK", "OUTBOUND_CLICK", "SAVE", *LIFETIME_METRICS)
VIDEO_METRICS: Final = (*PIN_METRICS, "VIDEO_MRC_VIEW", "VIDEO_AVG_WATCH_TIME")


@dataclass(frozen=True, slots=True)
class DailyNumbers:
    """One UTC day of one Pin. A day before the Pin was made, and its like, has no numbers and is left out."""

    day: date
    status: str
    impressions: int
    pin_clicks: int
    outbound_clicks: int
    saves: int
    video_views: int | None
    avg_watch_ms: int | None

    @property
    def is_final(self) -> bool:
        return self.status == READY


@dataclass(frozen=True, slots=True)
class PinAnalytics:
    days: tuple[DailyNumbers, ...]
    comments: int | None = None
    reactions: int | None = None

    @classmethod
    def read(cls, json: object) -> PinAnalytics:
        """Out of what is keyed `all`; a Pin without data yet has no such key, or nothing in it."""
        whole = _object(json).get("all")
        if not isinstance(whole, dict):
            return cls(())
        rows = whole.get("daily_metrics")
        days = [_day(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        lifetime = whole.get("lifetime_metrics")
        totals = lifetime if isinstance(lifetime, dict) else {}
        return cls(
            days=tuple(sorted((day for day in days if day), key=lambda day: day.day)),
            comments=_count(totals, "TOTAL_COMMENTS"),
            reactions=_count(totals, "TOTAL_REACTIONS"),
        )


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A pair of tokens as handed out. Prints without them."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int
    scopes: tuple[str, ...]


def instant(value: object) -> datetime | None:
    """An aware instant out of Pinterest's time, which is UTC and says no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _object(json: object) -> Mapping[str, Any]:
    if not isinstance(json, dict):
        raise Garbled("An object was expected.")
    return json


def _id(row: Mapping[str, Any]) -> str:
    found = _text(row, "id")
    if not found:
        raise Garbled("An item has no id.")
    return found


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int else ""


def _count(row: Mapping[str, Any], key: str) -> int | None:
    """A whole number, never below zero; analytics send some of them as fractions."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return max(round(value), 0)
    except (ValueError, OverflowError):  # NaN and Infinity, which Python's json lets through
        return None


def _images(media: object) -> Iterable[Image]:
    """The pictures of a Pin, or of the first item of a carousel."""
    if not isinstance(media, dict):
        return
    items = media.get("items")
    sizes = media.get("images")
    if not isinstance(sizes, dict) and isinstance(items, list) and items and isinstance(items[0], dict):
        sizes = items[0].get("images")
    for size in sizes.values() if isinstance(sizes, dict) else ():
        if isinstance(size, dict) and (url := _text(size, "url")):
            yield Image(url, _count(size, "width") or 0, _count(size, "height") or 0)


def _day(row: Mapping[str, Any]) -> DailyNumbers | None:
    metrics = row.get("metrics")
    try:
        day = date.fromisoformat(_text(row, "date"))
    except ValueError:
        return None
    if not isinstance(metrics, dict) or not metrics:
        return None
    return DailyNumbers(
        day=day,
        status=_text(row, "data_status"),
        impressions=_count(metrics, "IMPRESSION") or 0,
        pin_clicks=_count(metrics, "PIN_CLICK") or 0,
        outbound_clicks=_count(metrics, "OUTBOUND_CLICK") or 0,
        saves=_count(metrics, "SAVE") or 0,
        video_views=_count(metrics, "VIDEO_MRC_VIEW"),
        avg_watch_ms=_count(metrics, "VIDEO_AVG_WATCH_TIME"),
    )

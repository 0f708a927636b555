"""Pins as they are kept and as they are shown. The calls that make and change them are in `pins`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pinsched.simulator import growth, paging, pictures
from pinsched.simulator.pictures import Picture
from pinsched.simulator.replies import Reply
from pinsched.simulator.store import Row, Store, Value, new_id
from pinsched.simulator.world import Call, World, as_datetime, wire_time

COLUMNS: Final = (
    "id, person_id, board_id, section_id, title, description, link, alt_text, dominant_color, parent_pin_id, "
    "created_us, shuffle, source_type, creative_type, pictures, media_id, saved"
)


@dataclass(frozen=True, slots=True)
class NewPin:
    person_id: str
    board_id: str
    section_id: str | None
    title: str | None
    description: str | None
    link: str | None
    alt_text: str | None
    dominant_color: str | None
    parent_pin_id: str | None
    source_type: str
    creative_type: str
    pictures: str
    media_id: str | None = None
    saved: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """A Pin as stored. `seq` counts creations over all people; `shuffle` is its place in a shuffled list;
    `saved` tells a save of someone's Pin from one made here."""

    seq: int
    id: str
    person_id: str
    board_id: str
    section_id: str | None
    title: str | None
    description: str | None
    link: str | None
    alt_text: str | None
    dominant_color: str | None
    parent_pin_id: str | None
    created_us: int
    shuffle: int
    source_type: str
    creative_type: str
    pictures: str
    media_id: str | None
    saved: int

    @property
    def created(self) -> datetime:
        return as_datetime(self.created_us)

    @property
    def video(self) -> bool:
        return self.creative_type == "VIDEO"


def pin(row: Row) -> Pin:
    return Pin(*(row[name] for name in Pin.__slots__))


def by_id(store: Store, pin_id: str) -> Pin | None:
    row = store.one("SELECT * FROM pins WHERE id = ?", (pin_id,))
    return pin(row) if row else None


def insert(world: World, new: NewPin, *, created_us: int | None = None) -> Pin:
    """One statement, so a Pin is there whole or not at all."""
    values: list[Value] = [
        new_id(),
        new.person_id,
        new.board_id,
        new.section_id,
        new.title,
        new.description,
        new.link,
        new.alt_text,
        new.dominant_color,
        new.parent_pin_id,
        world.now_us() if created_us is None else created_us,
        random.getrandbits(62),
        new.source_type,
        new.creative_type,
        new.pictures,
        new.media_id,
        int(new.saved),
    ]
    marks = ",".join("?" * len(values))
    row = world.store.one(f"INSERT INTO pins ({COLUMNS}) VALUES ({marks}) RETURNING *", values)  # noqa: S608
    if row is None:  # pragma: no cover  # RETURNING always has a row here
        raise LookupError("the Pin was not stored")
    return pin(row)


def listed(call: Call, where: str, args: Sequence[Value], size: int, *, metrics: bool) -> Reply:
    """A page of the Pins that satisfy `where`: newest first, unless the simulator is told to shuffle."""
    order = "shuffle" if call.world.settings.order == "shuffled" else "created_us"
    after = paging.place(call.request.args.get("bookmark"))
    onward = f"AND (pins.{order}, pins.seq) < (?, ?)" if after else ""
    rows = call.world.store.all(
        f"SELECT pins.* FROM pins WHERE {where} {onward} "  # noqa: S608  # both are our own words
        f"ORDER BY pins.{order} DESC, pins.seq DESC LIMIT ?",
        (*args, *(after or ()), size + 1),
    )
    return paging.page(
        [pin(row) for row in rows],
        size,
        where=lambda one: (getattr(one, order), one.seq),
        show=lambda one: as_json(call, one, metrics=metrics),
    )


def as_json(call: Call, one: Pin, *, metrics: bool = False) -> dict[str, object]:
    return {
        "id": one.id,
        "created_at": wire_time(one.created_us),
        "link": one.link,
        "title": one.title,
        "description": one.description,
        "dominant_color": one.dominant_color,
        "alt_text": one.alt_text,
        "board_id": one.board_id,
        "board_section_id": one.section_id,
        "board_owner": {"username": call.person.username},
        "parent_pin_id": one.parent_pin_id,
        "creative_type": one.creative_type,
        "is_owner": one.person_id == call.person.id,
        "is_standard": True,
        "has_been_promoted": False,
        "media": _media(call.world, one),
        "pin_metrics": _metrics(one, call.world.now()) if metrics else None,
    }


def _media(world: World, one: Pin) -> dict[str, object]:
    shown = pictures.load(one.pictures)
    if one.creative_type == "CAROUSEL":
        return {"media_type": "multiple_images", "items": [_item(world, picture) for picture in shown]}
    images = world.pictures.urls(shown[0])
    if one.video:
        # The live API leaves these empty until the video is processed; the simulator never looks inside.
        unknown: dict[str, object] = dict.fromkeys(("video_url", "duration", "height", "width"))
        cover = images["600x"]["url"]
        return {"media_type": "video", "images": images, "cover_image_url": cover, **unknown}
    return {"media_type": "image", "images": images}


def _item(world: World, picture: Picture) -> dict[str, object]:
    return {
        "item_type": "image",
        "title": picture.title,
        "description": picture.description,
        "link": picture.link,
        "images": world.pictures.urls(picture),
    }


def _metrics(one: Pin, now: datetime) -> dict[str, object]:
    ever = growth.lifetime(one.id, one.created, now, video=one.video)
    recent = growth.recent(one.id, one.created, now, days=90, video=one.video)

    def four(day: growth.Day) -> dict[str, int]:
        return {
            "impression": day.impressions,
            "pin_click": day.pin_clicks,
            "clickthrough": day.outbound_clicks,
            "save": day.saves,
        }

    lifetime = {**four(ever), "reaction": ever.reactions, "comment": ever.comments}
    return {"90d": four(recent), "lifetime_metrics": lifetime}

"""All that the client can be asked: each method, each parameter and each kind of media at least once."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, get_args

from accounts.pinterest.operations.pins import PinFilter
from accounts.pinterest.types import (
    Age,
    Carousel,
    Gender,
    ImageBase64,
    ImageUrl,
    Interest,
    KeyFrame,
    MediaSource,
    NewPin,
    PinChanges,
    Region,
    Slide,
    SlotChanges,
    TrendKind,
    Video,
)
from pins.rules import metrics
from tests.unit.pinterest_description import OPERATIONS

JPEG: Final = ImageBase64("image/jpeg", b"\xff\xd8\xff picture")
PNG: Final = ImageBase64("image/png", b"\x89PNG picture")
FAR: Final = ImageUrl("https://alderandoat.example/desk.jpg")
WORDS: Final[dict[str, Any]] = {
    "title": "t" * 100,
    "description": "Läuft? & = %",
    "link": "https://alderandoat.example/?a=b&c",
}
ACTING: Final = {"ad_account_id": "549755885175"}
SPAN: Final = (date(2026, 7, 21), date(2026, 10, 19))
IMAGES: Final = metrics.asked(video=False)
VIDEOS: Final = metrics.asked(video=True)
OF_AN_ACCOUNT: Final = ("IMPRESSION", "ENGAGEMENT")
UPLOAD: Final = {name: f"word for {name}" for name in OPERATIONS["upload_video"]["upload"]["parameters"]}

Case = tuple[tuple[Any, ...], dict[str, Any]]


def case(*args: Any, **kwargs: Any) -> Case:
    return args, kwargs


def new(media: MediaSource, **more: str) -> Case:
    return case(NewPin("7", media, **more))


CASES: Final[dict[str, list[Case]]] = {
    "user_account": [case(), case(**ACTING)],
    "account_analytics": [
        case(*SPAN, OF_AN_ACCOUNT),
        case(*SPAN, OF_AN_ACCOUNT, content="ORGANIC", source="YOUR_PINS", **ACTING),
    ],
    "boards": [case(), case(**ACTING)],
    "board": [case("7", **ACTING)],
    "create_board": [case("Rugs"), case("Rugs", description="On floors", privacy="PROTECTED", **ACTING)],
    "update_board": [
        case("7", name="Carpets", **ACTING),
        case("7", description="", privacy="SECRET"),
        case("7", description="On floors", privacy="PUBLIC"),
    ],
    "delete_board": [case("7"), case("7", **ACTING)],
    "sections": [case("7", **ACTING)],
    "create_section": [case("7", "s" * 180, **ACTING)],
    "create_pin": [
        case(
            NewPin(
                "7",
                JPEG,
                alt_text="A desk",
                section_id="8",
                dominant_color="#6E7874",
                parent_pin_id="9",
                **WORDS,
            ),
            **ACTING,
        ),
        new(PNG),
        new(FAR),
        new(Video("5", KeyFrame(0))),
        new(Video("5", KeyFrame(12))),
        new(Video("5", FAR), title="Moving"),
        new(Video("5", PNG), title="Moving"),
        new(Carousel((Slide(JPEG), Slide(PNG)))),
        new(Carousel(tuple(Slide(JPEG, **WORDS) for _ in range(5)), cover=4), title="Five desks"),
        new(Carousel((Slide(FAR, **WORDS), Slide(FAR), Slide(FAR)), cover=1)),
    ],
    "pin": [case("11", **ACTING)],
    "update_pin": [
        case("11", PinChanges(alt_text="A desk", board_id="7", section_id="8", **WORDS), **ACTING),
        case("11", PinChanges(title="", description="", link="", alt_text="", section_id="")),
        case("11", PinChanges(slots=(SlotChanges(), SlotChanges(**WORDS), SlotChanges(title="")))),
    ],
    "delete_pin": [case("11", **ACTING)],
    "save_pin": [case("11", "7"), case("11", "7", section_id="8", **ACTING)],
    "pins_page": [
        case(),
        case(
            bookmark="b=1&c",
            page_size=250,
            pin_filter="exclude_repins",
            include_protected_pins=True,
            **ACTING,
        ),
    ],
    "pins": [
        case(include_protected_pins=True, **ACTING),
        *(case(pin_filter=name) for name in get_args(PinFilter)),
    ],
    "pin_pages": [case(**ACTING)],
    "board_pins": [case("7", **ACTING)],
    "section_pins": [case("7", "8", **ACTING)],
    "pin_analytics": [case("11", *SPAN, IMAGES), case("11", *SPAN, VIDEOS, **ACTING)],
    "pins_analytics": [
        case(["11"], *SPAN, IMAGES),
        case([str(number) for number in range(1, 101)], *SPAN, VIDEOS, **ACTING),
    ],
    "each_pin_analytics": [
        case(["11"], *SPAN, IMAGES),
        case([*map(str, range(150))], *SPAN, VIDEOS, **ACTING),
    ],
    "register_video": [case()],
    "upload_video": [],  # it needs the server's address: a test of its own below
    "media_upload": [case("5")],
    "media_uploads": [case()],
    "related_terms": [case(["desk setup", "a, b & c"])],
    "suggested_terms": [case("desk"), case("desk", limit=1)],
    "trends": [
        *(case(region, "growing") for region in get_args(Region)),
        *(case("US", kind, limit=1) for kind in get_args(TrendKind)),
        case(
            "DE+AT+CH",
            "monthly",
            keywords=["desk", "lamp, red"],
            interests=get_args(Interest),
            genders=get_args(Gender),
            ages=get_args(Age),
        ),
    ],
}

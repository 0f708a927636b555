from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from accounts.pinterest.body import encode
from accounts.pinterest.types import (
    Analytics,
    Board,
    DailyNumbers,
    Garbled,
    Image,
    ImageBase64,
    ImageUrl,
    NewPin,
    Pin,
    TokenGrant,
    UserAccount,
    instant,
)
from pins.rules import metrics


def test_a_time_without_a_zone_is_utc() -> None:
    assert instant("2026-01-02T03:04:05") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert instant("2026-01-02T03:04:05Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert instant("2026-01-02T03:04:05+02:00") == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "yesterday", 7, {}])
def test_what_is_no_time_is_none(value: object) -> None:
    assert instant(value) is None


def test_a_pin_is_read_with_its_pictures_smallest_first() -> None:
    pin = Pin.read(
        {
            "id": "11",
            "created_at": "2026-01-02T03:04:05",
            "title": None,
            "link": "https://x.example/",
            "board_id": "7",
            "board_section_id": None,
            "is_owner": True,
            "media": {
                "media_type": "image",
                "images": {
                    "1200x": {"url": "https://i/1200", "width": 1200, "height": 1800},
                    "150x150": {"url": "https://i/150", "width": 150, "height": 150},
                    "600x": {"url": "https://i/600", "width": 600, "height": 900},
                    "broken": {"width": 5},
                },
            },
        }
    )

    assert pin.title == ""
    assert pin.section_id == ""
    assert pin.is_owner is True
    assert [image.width for image in pin.images] == [150, 600, 1200]
    assert pin.image_at_least(400) == Image("https://i/600", 600, 900)
    assert pin.image_at_least(5000) == Image("https://i/1200", 1200, 1800)
    assert pin.url == "https://www.pinterest.com/pin/11/"


def test_a_carousel_shows_its_first_picture() -> None:
    media = {"media_type": "multiple_images", "items": [{"images": {"150x150": {"url": "https://i/1"}}}]}
    assert Pin.read({"id": "1", "media": media}).images == (Image("https://i/1", 0, 0),)


def test_a_pin_without_pictures_has_none() -> None:
    assert Pin.read({"id": "1"}).image_at_least(100) is None


@pytest.mark.parametrize("json", [None, [], "pin", {}, {"id": ""}, {"id": None}])
def test_an_item_without_an_id_is_garbled(json: object) -> None:
    with pytest.raises(Garbled):
        Pin.read(json)


def test_a_number_for_an_id_is_taken() -> None:
    assert Board.read({"id": 549755885175, "name": "Desks"}).id == "549755885175"


def test_an_account_without_an_id_is_known_by_its_name() -> None:
    assert UserAccount.read({"username": "ines"}).id == "ines"


def test_a_new_pin_sends_only_what_was_given() -> None:
    new = NewPin(board_id="7", media=ImageUrl("https://x.example/a.jpg"), title="Desks")

    assert new.payload() == {
        "board_id": "7",
        "title": "Desks",
        "media_source": {"source_type": "image_url", "url": "https://x.example/a.jpg"},
    }


def test_bytes_travel_as_base64_and_are_not_printed() -> None:
    image = ImageBase64("image/jpeg", b"\xff\xd8\xff")

    assert json.loads(encode(image.payload())) == {
        "source_type": "image_base64", "content_type": "image/jpeg", "data": "/9j/",
    }  # fmt: skip
    assert "xff" not in repr(image)


def test_tokens_are_not_printed() -> None:
    grant = TokenGrant("pina_secret", "pinr_secret", 1, 1, ("pins:read",))
    assert "secret" not in repr(grant)
    assert "secret" not in f"{grant}"


def test_days_without_numbers_are_left_out() -> None:
    numbers = Analytics.read(
        {
            "all": {
                "daily_metrics": [
                    {
                        "date": "2026-10-18",
                        "data_status": "ESTIMATE",
                        "metrics": {"IMPRESSION": 9, "SAVE": 2.0},
                    },
                    {
                        "date": "2026-10-17",
                        "data_status": "READY",
                        "metrics": {
                            "IMPRESSION": 240,
                            "PIN_CLICK": 37,
                            "OUTBOUND_CLICK": 20,
                            "SAVE": 20,
                            "VIDEO_MRC_VIEW": 20,
                            "VIDEO_AVG_WATCH_TIME": 2507.75,
                        },
                    },
                    {"date": "2026-10-16", "data_status": "BEFORE_PIN_CREATED"},
                    {"date": "soon", "data_status": "READY", "metrics": {"IMPRESSION": 1}},
                    "nonsense",
                ],
                "lifetime_metrics": {"TOTAL_COMMENTS": 10, "TOTAL_REACTIONS": float("nan")},
            }
        },
        metrics.asked(video=True),
    )

    assert [day.day for day in numbers.days] == [date(2026, 10, 17), date(2026, 10, 18)]
    assert [day.is_ready for day in numbers.days] == [True, False]
    assert numbers.days[0].numbers["VIDEO_AVG_WATCH_TIME"] == 2508
    assert numbers.days[1].numbers["VIDEO_MRC_VIEW"] is None
    assert numbers.days[1].numbers["PIN_CLICK"] is None
    assert (numbers.lifetime["TOTAL_COMMENTS"], numbers.lifetime["TOTAL_REACTIONS"]) == (10, None)


@pytest.mark.parametrize("json", [{}, {"all": None}, {"all": []}, {"all": {"daily_metrics": None}}])
def test_a_pin_without_data_has_no_days(json: object) -> None:
    assert Analytics.read(json, list(WHOLE)).days == ()


WHOLE = {"IMPRESSION": 9, "PIN_CLICK": 0, "OUTBOUND_CLICK": 0, "SAVE": 0}
NO_NUMBER: list[object] = [None, "", "7", "n/a", True, [], {}, float("nan"), float("inf")]


def day_of(said: object, *, status: str = "READY") -> DailyNumbers:
    day = {"date": "2026-10-17", "data_status": status, "metrics": said}
    (found,) = Analytics.read({"all": {"daily_metrics": [day]}}, list(WHOLE)).days
    return found


@pytest.mark.parametrize("value", NO_NUMBER)
@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_number_is_unknown(name: str, value: object) -> None:
    assert day_of(WHOLE | {name: value}).numbers == WHOLE | {name: None}
    assert day_of(WHOLE).numbers == WHOLE


@pytest.mark.parametrize("name", WHOLE)
def test_a_number_that_is_missing_is_unknown(name: str) -> None:
    rest = {other: number for other, number in WHOLE.items() if other != name}
    assert day_of(rest).numbers == WHOLE | {name: None}


@pytest.mark.parametrize("said", [None, {}, [], "none"])
def test_a_ready_day_that_says_nothing_is_unknown(said: object) -> None:
    assert day_of(said).numbers == dict.fromkeys(WHOLE)


def test_a_status_without_numbers_has_none_whatever_stands_there() -> None:
    rows = [
        {"date": "2026-10-17", "data_status": status, "metrics": WHOLE}
        for status in ("BEFORE_PIN_CREATED", "IN_BAD_TAG_DATE", "LESS_THAN_EVER")
    ]
    assert Analytics.read({"all": {"daily_metrics": rows}}, list(WHOLE)).days == ()


def test_a_board_that_does_not_say_how_many_pins_it_has() -> None:
    assert Board.read({"id": "7"}).pin_count is None
    assert Board.read({"id": "7", "pin_count": 0}).pin_count == 0

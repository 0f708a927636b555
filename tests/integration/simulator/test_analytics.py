"""Numbers that could be true, stay true once final, and the rules on asking for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.integration.simulator.harness import TIMEOUT, Pinterest, error_of

METRICS = "IMPRESSION,PIN_CLICK,OUTBOUND_CLICK,SAVE,SAVE_RATE"
DAY = 86400


def day(back: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=back)).isoformat()


def old_pins(pinterest: Pinterest, *ages: int) -> list[str]:
    plans = [
        {"board": "House plants", "title": f"{age} days", "created_at": f"{day(age)}T12:00:00"}
        for age in ages
    ]
    made = pinterest.control("people", {"username": "alderandoat", "pins": plans})["pins"]
    return [pin["id"] for pin in made]


def ask(
    pinterest: Pinterest, pin: str, first: int = 30, last: int = 0, metrics: str = METRICS, **more: Any
) -> Any:
    query: dict[str, Any] = {"start_date": day(first), "end_date": day(last), "metric_types": metrics, **more}
    return pinterest.get(f"/pins/{pin}/analytics", **query)["all"]


@pytest.fixture
def noon(pinterest: Pinterest) -> None:
    """The simulator's clock at twelve o'clock UTC of today, so that no test meets midnight."""
    now = datetime.now(UTC)
    pinterest.config(clock_offset_seconds=(now.replace(hour=12, minute=0, second=0) - now).total_seconds())


pytestmark = pytest.mark.usefixtures("noon")


def test_days_are_counted_from_the_pins_first_to_today(pinterest: Pinterest) -> None:
    (pin,) = old_pins(pinterest, 10)
    found = ask(pinterest, pin)
    days = found["daily_metrics"]
    assert [entry["date"] for entry in days] == [day(back) for back in range(30, -1, -1)]
    statuses = [entry["data_status"] for entry in days]
    assert statuses == ["BEFORE_PIN_CREATED"] * 20 + ["READY"] * 9 + ["ESTIMATE", "PROCESSING"]
    assert all("metrics" not in entry for entry in days[:20])
    counted = [entry["metrics"] for entry in days[20:]]
    assert all(set(metrics) == set(METRICS.split(",")) for metrics in counted)
    assert found["summary_metrics"]["IMPRESSION"] == sum(metrics["IMPRESSION"] for metrics in counted) > 0
    for metrics in counted:
        assert metrics["OUTBOUND_CLICK"] <= metrics["PIN_CLICK"] <= metrics["IMPRESSION"]
        assert metrics["SAVE_RATE"] == pytest.approx(
            metrics["SAVE"] / max(1, metrics["IMPRESSION"]), abs=1e-5
        )


def test_a_final_day_never_changes_and_the_last_two_still_grow(pinterest: Pinterest) -> None:
    (pin,) = old_pins(pinterest, 20)
    offset = pinterest.control("config")["clock_offset_seconds"]

    def impressions(hours: int) -> dict[str, tuple[str, int]]:
        pinterest.config(clock_offset_seconds=offset + hours * 3600)
        days = ask(pinterest, pin, first=15)["daily_metrics"]
        return {entry["date"]: (entry["data_status"], entry["metrics"]["IMPRESSION"]) for entry in days}

    then, again, evening, later = impressions(0), impressions(0), impressions(8), impressions(96)
    assert again == then
    assert evening[day(0)][1] > then[day(0)][1]
    assert evening[day(1)][1] >= then[day(1)][1]
    for back in (0, 1):
        assert then[day(back)][0] != later[day(back)][0] == "READY"
        assert later[day(back)][1] > then[day(back)][1]
    for back in range(2, 16):
        assert then[day(back)][0] == "READY"
        assert then[day(back)] == evening[day(back)] == later[day(back)]


def test_pins_differ_and_old_ones_fade(pinterest: Pinterest) -> None:
    pins = old_pins(pinterest, *[60] * 1, *range(61, 70))
    young, old = 0, 0
    totals = set()
    for pin in pins:
        entries = [entry["metrics"]["IMPRESSION"] for entry in ask(pinterest, pin, 58, 2)["daily_metrics"]]
        young += sum(entries[:14])
        old += sum(entries[-14:])
        totals.add(sum(entries))
    assert len(totals) > 5
    assert young > 2 * old > 0


@pytest.mark.parametrize(
    "change",
    [
        {"start_date": "2020-01-01"},
        {"start_date": day(91)},
        {"end_date": day(-3)},
        {"start_date": day(1), "end_date": day(5)},
        {"start_date": "today"},
        {"start_date": ""},
        {"metric_types": ""},
        {"metric_types": "IMPRESSION,APPLAUSE"},
        {"metric_types": "VIDEO_START"},
        {"split_field": "APP_TYPE"},
    ],
)
def test_what_may_not_be_asked_is_refused(pinterest: Pinterest, change: dict[str, str]) -> None:
    (pin,) = old_pins(pinterest, 20)
    query = {"start_date": day(90), "end_date": day(0), "metric_types": METRICS}
    assert pinterest.call("GET", f"/pins/{pin}/analytics", **query).status_code == 200
    answer = pinterest.call("GET", f"/pins/{pin}/analytics", **(query | change))
    assert error_of(answer) == (400, 1)


def test_comments_and_reactions_are_lifetime_numbers_only(pinterest: Pinterest) -> None:
    (pin,) = old_pins(pinterest, 40)
    found = ask(pinterest, pin, metrics="IMPRESSION,TOTAL_COMMENTS,TOTAL_REACTIONS")
    assert set(found["lifetime_metrics"]) == {"TOTAL_COMMENTS", "TOTAL_REACTIONS"}
    assert set(found["summary_metrics"]) == {"IMPRESSION"}
    assert set(found["daily_metrics"][0]["metrics"]) == {"IMPRESSION"}
    assert ask(pinterest, pin)["lifetime_metrics"] == {}


def test_pins_from_before_the_lifetime_numbers_have_none(pinterest: Pinterest) -> None:
    (old,) = old_pins(pinterest, (datetime.now(UTC).date() - date(2023, 3, 19)).days)
    assert ask(pinterest, old, metrics="IMPRESSION,TOTAL_REACTIONS")["lifetime_metrics"] == {}


def test_metric_types_may_be_repeated_instead_of_joined(pinterest: Pinterest) -> None:
    (pin,) = old_pins(pinterest, 5)
    repeated = requests.get(
        f"{pinterest.url}/v5/pins/{pin}/analytics",
        params=[
            ("start_date", day(5)),
            ("end_date", day(2)),
            ("metric_types", "SAVE"),
            ("metric_types", "PIN_CLICK"),
        ],
        headers={"Authorization": f"Bearer {pinterest.token}"},
        timeout=TIMEOUT,
    ).json()
    assert set(repeated["all"]["summary_metrics"]) == {"SAVE", "PIN_CLICK"}


def video_pin(pinterest: Pinterest) -> str:
    pinterest.config(media_seconds=0)
    upload = pinterest.call("POST", "/media", {"media_type": "video"}).json()
    form = {name: (None, value) for name, value in upload["upload_parameters"].items()}
    clip = {**form, "file": ("a.mp4", b"\x00\x00\x00\x18ftypmp42")}
    address = upload["upload_url"].replace("//localhost:", "//127.0.0.1:")
    assert requests.post(address, files=clip, timeout=TIMEOUT).status_code == 204
    media = {"source_type": "video_id", "media_id": upload["media_id"], "cover_image_key_frame_time": 0}
    pin: str = pinterest.post_pin(media_source=media).json()["id"]
    pinterest.config(clock_offset_seconds=pinterest.control("config")["clock_offset_seconds"] + 5 * DAY)
    return pin


def test_video_numbers_are_for_video_pins(pinterest: Pinterest) -> None:
    pin = video_pin(pinterest)
    asked = "VIDEO_START,VIDEO_MRC_VIEW,VIDEO_AVG_WATCH_TIME,VIDEO_V50_WATCH_TIME,VIDEO_10S_VIEW"
    total = ask(pinterest, pin, 0, -5, metrics=asked)["summary_metrics"]
    assert total["VIDEO_START"] >= total["VIDEO_MRC_VIEW"] >= total["VIDEO_10S_VIEW"] > 0
    assert total["VIDEO_AVG_WATCH_TIME"] == pytest.approx(
        total["VIDEO_V50_WATCH_TIME"] / total["VIDEO_START"]
    )
    query = {"start_date": day(0), "end_date": day(0), "metric_types": "USER_FOLLOW"}
    assert error_of(pinterest.call("GET", f"/pins/{pin}/analytics", **query)) == (400, 1)


def test_a_batch_is_keyed_by_pin_and_leaves_out_pins_without_data(pinterest: Pinterest) -> None:
    pins = old_pins(pinterest, 30, 29)
    fresh = pinterest.post_pin().json()["id"]
    query = {"start_date": day(20), "end_date": day(1), "metric_types": METRICS}
    found = pinterest.get("/pins/analytics", pin_ids=",".join([*pins, fresh]), **query)
    assert set(found) == set(pins)
    single = ask(pinterest, pins[0], 20, 1)
    assert found[pins[0]]["all"] == single


def test_a_batch_has_its_own_rules(pinterest: Pinterest) -> None:
    video = video_pin(pinterest)
    (image,) = old_pins(pinterest, 3)
    query = {"start_date": day(3), "end_date": day(0)}

    def status(metrics: str, *pins: str) -> int:
        asked: dict[str, Any] = {**query, "metric_types": metrics, "pin_ids": list(pins)}
        return pinterest.call("GET", "/pins/analytics", **asked).status_code

    assert status(METRICS, image, video) == 200
    assert status("VIDEO_START", video) == 200
    assert status("VIDEO_START", image, video) == 400
    assert status("USER_FOLLOW", image, video) == 400
    assert status("USER_FOLLOW", image) == 200
    assert status(METRICS) == 400
    assert status(METRICS, *map(str, range(101))) == 400
    assert status(METRICS, "1") == 404


def test_the_account_is_the_sum_of_its_pins(pinterest: Pinterest) -> None:
    pins = old_pins(pinterest, 30, 20, 10)
    parts = [ask(pinterest, pin, 12, 2)["summary_metrics"] for pin in pins]
    whole = pinterest.get("/user_account/analytics", start_date=day(12), end_date=day(2))["all"]
    assert len(whole["daily_metrics"]) == 11
    assert whole["summary_metrics"]["IMPRESSION"] == sum(part["IMPRESSION"] for part in parts)
    assert 0 < whole["summary_metrics"]["ENGAGEMENT_RATE"] < 1
    wrong = {"start_date": day(12), "end_date": day(2), "metric_types": "USER_FOLLOW"}
    assert error_of(pinterest.call("GET", "/user_account/analytics", **wrong)) == (400, 1)


def test_lists_can_bring_their_metrics(pinterest: Pinterest) -> None:
    old_pins(pinterest, 200)
    assert pinterest.get("/pins")["items"][0]["pin_metrics"] is None
    metrics = pinterest.get("/pins", pin_metrics="true")["items"][0]["pin_metrics"]
    assert metrics["lifetime_metrics"]["impression"] > metrics["90d"]["impression"] > 0
    assert {"reaction", "comment"} <= set(metrics["lifetime_metrics"])


def test_others_may_not_look(pinterest: Pinterest) -> None:
    (pin,) = old_pins(pinterest, 5)
    query = {"start_date": day(3), "end_date": day(0), "metric_types": METRICS}
    other = pinterest.token_of("northlightstudio")
    assert error_of(pinterest.call("GET", f"/pins/{pin}/analytics", token=other, **query)) == (403, 29)
    assert error_of(pinterest.call("GET", "/pins/1/analytics", **query)) == (404, 50)

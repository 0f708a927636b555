"""Times near the ends of the calendar: refused where they are given, and shown where they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Pin, Status
from pins.schedule import queue
from tests.conftest import SignIn
from tests.integration.pinsched.test_tenancy import Things, caller, signed_in
from tests.support import factories
from tests.support.every_page import admin_pages, opened, pages

pytestmark = pytest.mark.django_db

WORDS = "That is more than five years ahead. Pick an earlier time."
LAST = datetime.max.replace(tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
# What people and scripts send, and what they are told.
FAR = [
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T00:00:00+23:59",
    "2500-01-01T00:00:00Z",
]
UNREAL = [
    "0001-01-01T00:00:00+23:59",
    "-001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-12-31T23:59:60Z",
]


@pytest.fixture
def pin(workspace: Workspace, offline: PinterestAccount) -> Pin:
    Workspace.objects.update(time_zone="Asia/Tokyo")
    workspace.refresh_from_db()
    return factories.make_pin(workspace, offline, picture=factories.make_media(workspace))


@pytest.mark.parametrize("at", [*FAR, *UNREAL, "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_the_api_refuses_what_nobody_plans(at: str, pin: Pin, alice: User) -> None:
    call, path = caller(alice), f"pins/pin_{pin.pk}"
    body = call("get", path).json()
    new = {name: body[name] for name in ("account", "board", "title", "media")} | {"publish_at": at}
    answers = [
        call("post", "pins", new),
        call("post", f"{path}/schedule", {"publish_at": at}),
        call("patch", path, {"publish_at": at}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert list(answer.json()["error"]["fields"]) == ["publish_at"]
    if at in ("9999-12-31T23:59:59Z", "2500-01-01T00:00:00Z"):
        assert WORDS in answers[0].json()["error"]["fields"]["publish_at"]
    assert list(Pin.objects.values_list("status", flat=True)) == [Status.DRAFT]


def test_a_little_over_five_years_is_the_bound(pin: Pin) -> None:
    now = timezone.now()
    assert queue.wrong_time(now + queue.FARTHEST, now=now) is None
    assert queue.wrong_time(now.replace(year=now.year + 5, day=1), now=now) is None
    beyond = queue.wrong_time(now + queue.FARTHEST + timedelta.resolution, now=now)
    assert beyond is not None
    assert (beyond.field, beyond.message) == ("publish_at", WORDS)


@pytest.mark.parametrize(
    ("day", "clock", "told"),
    [
        ("9999-12-31", "23:59", WORDS),
        ("9999-12-31", "00:00", WORDS),
        ("0001-01-01", "00:00", "The calendar has no such day there. Pick another date."),
        ("0001-01-02", "12:00", "That time is past. Pick a later one."),
    ],
)
def test_every_form_says_it_at_the_time_and_keeps_what_was_typed(
    day: str, clock: str, told: str, pin: Pin, alice: User, client_of: SignIn
) -> None:
    client, board = client_of(alice), f"board-{pin.board_id}"
    typed = {"choice": "at", "date": day, "time": clock, "destination": board, "title": "Kept as typed"}
    answers = [
        client.post(f"/pins/{pin.pk}/reschedule/", typed),
        client.post("/pins/compose/", typed | {"batch": pin.pk, "media": pin.media.get().pk}),
        client.post("/pins/save/", typed | {"address": "4011110111101111"}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert answer.context["when"].errors["time"] == [told]
        assert f'value="{day}"' in answer.text
    assert "Kept as typed" in answers[1].text
    assert not Pin.objects.exclude(status=Status.DRAFT).exists()


@pytest.mark.parametrize(("zone", "at"), [("Asia/Tokyo", LAST), ("America/New_York", FIRST)])
def test_what_is_stored_already_breaks_no_page(
    zone: str, at: datetime, workspace: Workspace, alice: User, operator: Client, client_of: SignIn
) -> None:
    """An older release took them."""
    Workspace.objects.filter(pk=workspace.pk).update(time_zone=zone)
    workspace.refresh_from_db()
    alices = Things(workspace)
    Pin.objects.filter(pk=alices.pin.pk).update(
        status=Status.SCHEDULED, publish_at=at, due_at=at, published_at=at, created_at=at, updated_at=at
    )
    PinterestAccount.objects.update(refresh_expires_at=at, boards_synced_at=at)
    workspace.notifications.update(about_at=at)
    shown = opened(signed_in(client_of, alice), pages(alices))
    assert {"/pins/", f"/pins/{alices.pin.pk}/", f"/pins/compose/?batch={alices.pin.pk}"} <= set(shown)
    opened(operator, admin_pages(alices))
    (row,) = caller(alice)("get", "pins").json()["items"]
    assert row["publish_at"].startswith(f"{at.year:04}")


@pytest.mark.parametrize(
    "query",
    [
        *("from=9999-12-31T23:59:59Z", "to=0001-01-01T00:00:00Z", "from=1969-12-31T23:59:59Z"),
        *("to=2101-01-01T00:00:00Z", "from=9999-12-31T23:59:59-23:59", "from=2026-12-31T23:59:60Z"),
        *("from=-0001-01-01T00:00:00Z", "to=0001-01-01T00:00:00%2B23:59"),
    ],
)
def test_filters_are_bounded_with_words(query: str, pin: Pin, alice: User) -> None:
    answer = caller(alice)("get", f"pins?{query}")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize(
    "query", ["from=1970-01-01T00:00:00Z&to=2100-12-31T23:59:59Z", "to=1970-01-01T00:00:00Z"]
)
def test_within_the_bounds_every_filter_answers(query: str, pin: Pin, alice: User) -> None:
    assert caller(alice)("get", f"pins?{query}").status_code == 200


@pytest.mark.parametrize(
    "cursor", ["metrics-day:0001-01-01", "metrics-day:9999-12-31", "metrics-day:--------"]
)
def test_a_cursor_with_a_date_of_any_kind_is_read_or_refused(cursor: str, pin: Pin, alice: User) -> None:
    from django.utils.http import urlsafe_base64_encode

    answer = caller(alice)("get", f"metrics?cursor={urlsafe_base64_encode(cursor.encode())}")
    assert answer.status_code == (422 if cursor.endswith("--") else 200)


def test_addresses_with_dates_and_numbers_of_any_size_are_pages_or_none(
    pin: Pin, alice: User, operator: Client, client_of: SignIn
) -> None:
    client, digits = client_of(alice), "9" * 5000
    met = {
        path: client.get(path).status_code
        for path in (
            *("/pins/calendar/9999/12/", "/pins/calendar/1/1/", "/pins/calendar/2101/1/"),
            *(f"/pins/calendar/{digits}/1/", f"/pins/calendar/2026/{digits}/", f"/pins/{digits}/"),
        )
    }
    assert set(met.values()) == {404}
    for query in ("at=9999-12-31T23:59", "at=0001-01-01T00:00", f"at={digits}", "at=2026-12-31T23:59:60"):
        assert client.get(f"/pins/compose/?{query}").status_code == 200
    for query in (f"page={digits}", f"account={digits[:4000]}", f"board={digits[:19]}"):
        assert client.get(f"/pins/?{query}").status_code == 200
    for query in ("publish_at__year=9999", "publish_at__year=99999", f"publish_at__year={digits}"):
        assert operator.get(f"/admin/pins/pin/?{query}").status_code < 500


@pytest.mark.parametrize(
    ("path", "gone", "there"), [("2010/1", "Previous", "Next"), ("2099/12", "Next", "Previous")]
)
def test_the_first_and_the_last_month_lead_no_further(
    path: str, gone: str, there: str, pin: Pin, alice: User, client_of: SignIn
) -> None:
    text = client_of(alice).get(f"/pins/calendar/{path}/").text
    assert f"{there} month" in text
    assert f"{gone} month" not in text

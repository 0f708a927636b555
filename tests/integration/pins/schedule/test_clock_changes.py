"""Pages on days when clocks change: where a Pin stands, which day is today, which times can be typed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Pin, Status
from pins.schedule import agenda
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

# Where midnight is skipped: the day, and the instant at which it begins, at one o'clock.
SKIPPED = [
    ("Asia/Beirut", date(2027, 3, 28), datetime(2027, 3, 27, 22, tzinfo=UTC)),
    ("Africa/Cairo", date(2027, 4, 30), datetime(2027, 4, 29, 22, tzinfo=UTC)),
    ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ("America/Havana", date(2018, 3, 11), datetime(2018, 3, 11, 5, tzinfo=UTC)),
]
A_SECOND = timedelta(seconds=1)


def at_home(workspace: Workspace, zone: str) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(time_zone=zone)
    workspace.refresh_from_db()


@pytest.mark.parametrize(("zone", "day", "begins"), SKIPPED)
def test_a_day_without_midnight_has_its_pins_and_no_others(
    zone: str, day: date, begins: datetime, workspace: Workspace, offline: PinterestAccount
) -> None:
    at_home(workspace, zone)
    for title, at in (
        ("before", begins - A_SECOND),
        ("first", begins),
        ("last", begins + timedelta(hours=23) - A_SECOND),
        ("after", begins + timedelta(hours=23)),
    ):
        factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=at, title=title)
    weeks = agenda.month(workspace, day.year, day.month, now=begins)
    titles = {each.on: [pin.title for pin in each.pins] for week in weeks for each in week}
    assert titles[day - timedelta(days=1)] == ["before"]
    assert titles[day] == ["first", "last"]
    assert titles.get(day + timedelta(days=1), ["after"]) == ["after"]


@pytest.mark.parametrize(("zone", "day", "begins"), SKIPPED)
def test_today_changes_with_the_jump(zone: str, day: date, begins: datetime, workspace: Workspace) -> None:
    at_home(workspace, zone)
    assert agenda.overview(workspace, now=begins - A_SECOND).today.on == day - timedelta(days=1)
    overview = agenda.overview(workspace, now=begins)
    assert overview.today.on == day
    assert overview.ahead[0].on == day + timedelta(days=1)
    marked = [each.on for week in agenda.month(workspace, day.year, day.month, now=begins) for each in week
              if each.is_today]  # fmt: skip
    assert marked == [day]


def test_the_pages_of_such_a_day_are_shown(
    workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    zone, _, begins = SKIPPED[0]
    at_home(workspace, zone)
    pin = factories.make_pin(
        workspace, offline, status=Status.SCHEDULED, publish_at=begins, title="At the jump"
    )
    with time_machine.travel(begins, tick=False):
        client = client_of(alice)
        for path in ("/", "/pins/", "/pins/calendar/", f"/pins/{pin.pk}/", f"/pins/compose/?batch={pin.pk}"):
            assert client.get(path).status_code == 200
        assert "01:00 At the jump" in client.get("/pins/calendar/").text
        assert "Today 01:00" in client.get("/pins/").text


def test_a_time_in_the_skipped_hour_is_refused_at_the_field_and_stays_typed(
    workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    zone, day, begins = SKIPPED[0]
    at_home(workspace, zone)
    picture = factories.make_media(workspace)
    pin = factories.make_pin(workspace, offline, status=Status.SCHEDULED, picture=picture)
    with time_machine.travel(begins - timedelta(days=3), tick=False):
        answer = client_of(alice).post(f"/pins/{pin.pk}/reschedule/", {"date": day, "time": "00:30"})
    assert answer.status_code == 422
    assert answer.context["when"].errors["time"] == [
        "00:30 does not exist on 28 March 2027: the clocks go forward then."
    ]
    assert 'value="00:30"' in answer.text


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("02:30", "2027-10-31T01:30:15.500000"),  # as it was: the second half past two, with its seconds
        ("02:31", "2027-10-31T00:31:00"),  # moved: the first
    ],
)
def test_a_pin_in_the_second_of_two_like_hours_is_moved_only_by_moving_it(
    typed: str,
    at: str,
    workspace: Workspace,
    offline: PinterestAccount,
    alice: User,
    client_of: SignIn,
) -> None:
    at_home(workspace, "Europe/Berlin")
    second = datetime(2027, 10, 31, 1, 30, 15, 500_000, tzinfo=UTC)
    picture = factories.make_media(workspace)
    pin = factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=second, picture=picture)
    client = client_of(alice)
    form = client.get(f"/pins/compose/?batch={pin.pk}").context["when"]
    assert form.initial["time"].strftime("%H:%M") == "02:30"
    sent = {
        "batch": pin.pk,
        "media": picture.pk,
        "destination": f"board-{pin.board_id}",
        "title": "New words",
    }
    for path, more in (("/pins/compose/", sent | {"choice": "at"}), (f"/pins/{pin.pk}/reschedule/", {})):
        Pin.objects.filter(pk=pin.pk).update(publish_at=second)
        assert client.post(path, more | {"date": "2027-10-31", "time": typed}).status_code == 302
        pin.refresh_from_db()
        assert pin.publish_at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert pin.title == "New words"

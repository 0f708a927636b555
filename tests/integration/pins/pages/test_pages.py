"""Pages of the Pins, through Django's client: what they show, what they refuse, what they cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Board, PinterestAccount, User, Workspace
from pins.models import DailyMetric, Heartbeat, Media, Pin, Status
from pins.publish import dispatch
from pins.schedule import queue
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(offline: PinterestAccount) -> Board:
    return offline.boards.get()


def fill(workspace: Workspace, account: PinterestAccount, number: int) -> None:
    """Pins in all states around now, on few pictures, with numbers."""
    pictures = [factories.make_media(workspace) for _ in range(2)]
    now = timezone.now()
    states = [Status.SCHEDULED, Status.PUBLISHED, Status.DRAFT, Status.FAILED, Status.NEEDS_REVIEW]
    for n in range(number):
        at = now + timedelta(hours=(n % 240) - 40)
        factories.make_pin(
            workspace, account, status=states[n % 5], publish_at=at, picture=pictures[n % 2], title=f"Pin {n}"
        )
    DailyMetric.objects.bulk_create(
        DailyMetric(pin=pin, account=account, day=now.date() - timedelta(days=n), impressions=10, read_at=now)
        for pin in Pin.objects.filter(status=Status.PUBLISHED, metrics=None)
        for n in range(3)
    )


def queries(client: Client, url: str) -> int:
    client.get(url)  # the first one fills caches
    with CaptureQueriesContext(connection) as found:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(found)


@pytest.mark.parametrize("url", ["/", "/pins/", "/pins/?layout=table", "/pins/calendar/"])
def test_a_page_costs_no_more_queries_at_300_pins_than_at_60(
    url: str, workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    fill(workspace, offline, 60)
    client = client_of(alice)
    few = queries(client, url)
    fill(workspace, offline, 240)
    assert queries(client, url) == few <= 12


def test_home_leads_a_newcomer_to_connect(alice: User, workspace: Workspace, client_of: SignIn) -> None:
    answer = client_of(alice).get("/")
    assert answer.status_code == 200
    assert "csrftoken" in answer.cookies
    assert reverse("accounts:connect") in answer.text


def test_a_stranger_is_sent_to_sign_in(client: Client, workspace: Workspace) -> None:
    answer = client.get("/pins/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_a_viewer_sees_the_queue_but_not_the_composer(
    vera: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    client = client_of(vera)
    pin = factories.make_pin(workspace, offline)
    assert client.get("/pins/").status_code == 200
    assert client.get("/pins/compose/").status_code == 403
    assert client.post(f"/pins/{pin.pk}/delete/").status_code == 403


def test_the_queue_is_searched_by_title_link_and_board(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    factories.make_pin(workspace, offline, title="A brass lamp")
    factories.make_pin(workspace, offline, title="Croissants")
    text = client_of(alice).get("/pins/?q=BRASS").text
    assert "A brass lamp" in text
    assert "Croissants" not in text
    assert "Croissants" in client_of(alice).get("/pins/?q=desks").text  # the board's name


def test_all_that_needs_somebody_is_one_filter_of_the_queue(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    states = [*[Status.FAILED] * 3, Status.NEEDS_REVIEW, Status.SCHEDULED, Status.DRAFT]
    for n, status in enumerate(states):
        factories.make_pin(workspace, offline, status=status, title=f"Pin {n}")
    factories.make_pin(workspace, offline, status=Status.SCHEDULED, title="Overdue one", due_at=None)
    client = client_of(alice)
    assert 'href="/pins/?status=needs_you">All 5 in the queue<' in client.get("/").text
    page = client.get("/pins/?status=needs_you")
    shown = {pin.title for pin in page.context["page"]}
    assert shown == {"Pin 0", "Pin 1", "Pin 2", "Pin 3", "Overdue one"}
    assert ("needs_you", "Needs you", 5) in page.context["tabs"]
    assert "Needs you <small>" not in client.get("/pins/").text


def test_home_calls_no_account_healthy_whose_connection_ends(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    factories.make_pin(workspace, offline)
    client = client_of(alice)
    assert "Healthy" in client.get("/").text
    PinterestAccount.objects.update(refresh_expires_at=timezone.now() + timedelta(days=10))
    text = client.get("/").text
    assert "Healthy" not in text
    assert "Ends soon" in text
    assert "The connection ends " in text


@pytest.mark.parametrize(
    "query",
    [
        "cursor=999",
        "cursor=x",
        "status=nonsense",
        "board=abc",
        "board=99999999999999999999",
        "q=%00",
        "account=-1",
    ],
)
def test_nonsense_in_the_address_shows_a_page(
    query: str, alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    factories.make_pin(workspace, offline)
    assert client_of(alice).get(f"/pins/?{query}").status_code == 200


@pytest.mark.parametrize("path", ["1900/1", "2026/13", "2026/0", "99999/1"])
def test_a_month_that_is_none_is_not_found(
    path: str, alice: User, workspace: Workspace, client_of: SignIn
) -> None:
    assert client_of(alice).get(f"/pins/calendar/{path}/").status_code == 404


def test_the_calendar_puts_a_pin_on_its_local_day(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    """23:30 UTC on 30 June is 1 July in Lisbon, where summer time holds."""
    from datetime import UTC, datetime

    at = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
    factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=at, title="Late in June")
    text = client_of(alice).get("/pins/calendar/2027/7/").text
    assert re.search(r"00:30 Late in June", text)


# Composer --------------------------------------------------------------------------------------------


def compose(client: Client, **fields: Any) -> Any:
    form = {
        "batch": "",
        "title": "",
        "description": "",
        "alt_text": "",
        "link": "",
        "destination": "",
        "choice": "draft",
    }
    return client.post("/pins/compose/", form | fields)


def uploaded(client: Client, data: bytes | None = None) -> Media:
    answer = client.post("/pins/compose/upload/", {"file": factories.upload(data)})
    assert answer.status_code == 201, answer.text
    return Media.objects.latest("pk")


def test_several_images_become_a_pin_each(alice: User, board: Board, client_of: SignIn) -> None:
    client = client_of(alice)
    pictures = [uploaded(client) for _ in range(3)]
    answer = compose(
        client,
        title="Three desks",
        destination=f"board-{board.pk}",
        media=[picture.pk for picture in pictures],
        choice="at",
        date="2027-03-01",
        time="09:30",
    )
    assert answer.status_code == 302
    pins = Pin.objects.order_by("pk")
    assert [(p.title, p.status, p.cover.pk if p.cover else None) for p in pins] == [
        ("Three desks", Status.SCHEDULED, picture.pk) for picture in pictures
    ]
    assert {p.publish_at.isoformat() for p in pins if p.publish_at} == {"2027-03-01T09:30:00+00:00"}


def test_the_form_works_without_scripts(alice: User, board: Board, client_of: SignIn) -> None:
    answer = compose(
        client_of(alice),
        title="No scripts",
        destination=f"board-{board.pk}",
        files=[factories.upload(), factories.upload()],
        choice="now",
    )
    assert answer.status_code == 302
    assert Pin.objects.filter(status=Status.SCHEDULED, title="No scripts").count() == 2


def test_too_long_a_title_is_refused_at_its_field_and_kept(
    alice: User, board: Board, client_of: SignIn
) -> None:
    client = client_of(alice)
    picture = uploaded(client)
    answer = compose(
        client, title="x" * 108, media=[picture.pk], destination=f"board-{board.pk}", choice="now"
    )
    assert answer.status_code == 422
    assert "Shorten the title by 8 characters" in answer.text
    assert "x" * 108 in answer.text
    assert f'name="media" value="{picture.pk}"' in answer.text
    assert Pin.objects.get().status == Status.DRAFT


def test_scheduling_without_a_board_says_so_at_the_board(
    alice: User, board: Board, client_of: SignIn
) -> None:
    client = client_of(alice)
    answer = compose(client, title="Lost", media=[uploaded(client).pk], choice="now")
    assert answer.status_code == 422
    assert "Choose a board" in answer.text


def test_a_time_that_the_clocks_skip_is_refused(alice: User, board: Board, client_of: SignIn) -> None:
    """Lisbon, 28 March 2027: 01:00 is followed by 02:00."""
    client = client_of(alice)
    answer = compose(
        client,
        destination=f"board-{board.pk}",
        media=[uploaded(client).pk],
        choice="at",
        date="2027-03-28",
        time="01:30",
    )
    assert answer.status_code == 422
    assert "does not exist" in answer.text


def test_a_time_in_the_past_is_refused(alice: User, board: Board, client_of: SignIn) -> None:
    client = client_of(alice)
    answer = compose(
        client,
        destination=f"board-{board.pk}",
        media=[uploaded(client).pk],
        choice="at",
        date="2020-01-01",
        time="09:00",
    )
    assert answer.status_code == 422
    assert "That time is past" in answer.text


def test_autosave_keeps_half_written_words(alice: User, board: Board, client_of: SignIn) -> None:
    client = client_of(alice)
    first = client.post("/pins/compose/autosave/", {"title": "x" * 150, "batch": ""}).json()
    again = client.post(
        "/pins/compose/autosave/", {"title": "shorter", "batch": first["fields"]["batch"]}
    ).json()
    assert first["fields"] == again["fields"]
    assert Pin.objects.get().title == "shorter"
    assert "shorter" in client.get(again["url"]).text


def test_taking_a_picture_off_the_form_deletes_its_draft(
    alice: User, board: Board, client_of: SignIn
) -> None:
    client = client_of(alice)
    one, two = uploaded(client), uploaded(client)
    saved = client.post("/pins/compose/autosave/", {"title": "t", "media": [one.pk, two.pk]}).json()
    client.post("/pins/compose/autosave/", {"title": "t", "media": [two.pk], **saved["fields"]})
    (left,) = Pin.objects.exclude(status=Status.DELETED)
    assert left.cover == two


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"GIF89a" + b"\0" * 100, b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused_in_words(
    data: bytes, alice: User, workspace: Workspace, client_of: SignIn
) -> None:
    answer = client_of(alice).post("/pins/compose/upload/", {"file": factories.upload(data)})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]
    assert not Media.objects.exists()


def test_another_workspaces_picture_can_not_be_used(
    alice: User, charlie: User, board: Board, client_of: SignIn
) -> None:
    theirs = uploaded(client_of(charlie))
    assert compose(client_of(alice), media=[theirs.pk]).status_code == 404


def test_a_scheduled_pin_is_never_autosaved(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    pin = factories.make_pin(
        workspace, offline, status=Status.SCHEDULED, picture=factories.make_media(workspace)
    )
    client = client_of(alice)
    assert "data-autosave-url" not in client.get(f"/pins/compose/?batch={pin.pk}").text
    assert client.post("/pins/compose/autosave/", {"batch": pin.pk, "title": "new"}).status_code == 409


def test_a_draft_that_was_deleted_meanwhile_says_so_and_can_be_brought_back(
    alice: User, workspace: Workspace, charlie: User, client_of: SignIn
) -> None:
    pin = factories.make_pin(workspace, title="Gone")
    client, address = client_of(alice), f"/pins/compose/?batch={pin.pk}"
    client.post(f"/pins/{pin.pk}/delete/")
    for answer in (client.get(address), compose(client, batch=pin.pk, title="Typed")):
        assert answer.status_code == 404
        assert "This Pin was deleted" in answer.text
        assert f"/pins/{pin.pk}/restore/" in answer.text
    autosaved = client.post("/pins/compose/autosave/", {"batch": pin.pk, "title": "Typed"})
    assert autosaved.json() == {"error": {"message": "this Pin was deleted meanwhile"}}
    assert "This Pin was deleted" not in client_of(charlie).get(address).text
    client.post(f"/pins/{pin.pk}/restore/")
    assert client.get(address).status_code == 200


# The Pin's page --------------------------------------------------------------------------------------


def test_delete_asks_first_and_can_be_undone(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    pin = factories.make_pin(workspace, offline, title="Oops")
    client = client_of(alice)
    assert "Delete “Oops”?" in client.get(f"/pins/{pin.pk}/delete/").text
    done = client.post(f"/pins/{pin.pk}/delete/", follow=True)
    assert f"/pins/{pin.pk}/restore/" in done.text
    assert client.get(f"/pins/{pin.pk}/").status_code == 404
    client.post(f"/pins/{pin.pk}/restore/")
    assert client.get(f"/pins/{pin.pk}/").status_code == 200


def test_the_buttons_move_a_pin_through_its_states(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    pin = factories.make_pin(workspace, offline, picture=factories.make_media(workspace))
    client = client_of(alice)

    def status() -> str:
        pin.refresh_from_db()
        return pin.status

    client.post(f"/pins/{pin.pk}/reschedule/", {"date": "2027-05-01", "time": "10:00"})
    assert status() == Status.SCHEDULED
    client.post(f"/pins/{pin.pk}/unschedule/")
    assert status() == Status.DRAFT
    client.post(f"/pins/{pin.pk}/publish-now/")
    assert status() == Status.SCHEDULED
    refused = client.post(f"/pins/{pin.pk}/retry/", follow=True)
    assert "Only a failed Pin" in refused.text


def test_a_waiting_page_is_told_to_load_again_only_when_the_pin_moved(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    pin = factories.make_pin(workspace, offline, status=Status.SCHEDULED)
    client = client_of(alice)
    assert f"/pins/{pin.pk}/changed/?was=scheduled" not in client.get(f"/pins/{pin.pk}/").text  # an hour away
    Pin.objects.filter(pk=pin.pk).update(due_at=timezone.now())
    assert f"/pins/{pin.pk}/changed/?was=scheduled" in client.get(f"/pins/{pin.pk}/").text
    assert client.get(f"/pins/{pin.pk}/changed/?was=scheduled&why=").status_code == 204
    Pin.objects.filter(pk=pin.pk).update(status=Status.FAILED)
    assert client.get(f"/pins/{pin.pk}/changed/?was=scheduled&why=")["HX-Refresh"] == "true"


def test_history_shows_each_try_with_its_reason_and_request_id(
    alice: User, workspace: Workspace, offline: PinterestAccount, client_of: SignIn
) -> None:
    now = timezone.now()
    pin = factories.make_pin(workspace, offline, status=Status.FAILED)
    pin.attempts.create(
        state="refused", started_at=now, sent_at=now, lease_until=now, http_status=400, code="1",
        message="No good link.", request_id="rid-77",
    )  # fmt: skip
    text = client_of(alice).get(f"/pins/{pin.pk}/").text
    assert "No good link." in text
    assert "rid-77" in text


def test_pictures_are_served_to_their_workspace_only(
    alice: User, charlie: User, workspace: Workspace, client_of: SignIn, client: Client
) -> None:
    picture = factories.make_media(workspace)
    assert picture.original.name
    mine: Any = client_of(alice).get(picture.prepared_url)
    assert b"".join(mine.streaming_content).startswith(b"\xff\xd8")
    for close in mine._resource_closers:  # closing the response would close the test's connection too
        close()
    assert (mine.status_code, mine["Content-Type"]) == (200, "image/jpeg")
    assert "immutable" in mine["Cache-Control"]
    assert client_of(charlie).get(picture.prepared_url).status_code == 404
    assert client.get(picture.prepared_url).status_code == 302
    # What was uploaded never goes back out as it came.
    assert client_of(alice).get(f"/media/{picture.original.name}").status_code == 404
    assert client_of(alice).get("/media/../manage.py").status_code == 404


def test_a_late_pin_says_that_nobody_dispatches(
    workspace: Workspace, account: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    now = timezone.now()
    queue.schedule(pin, at=now - timedelta(minutes=2), now=now - timedelta(minutes=3))
    page = client_of(alice)
    assert "has been silent since" in page.get(f"/pins/{pin.pk}/").text
    Heartbeat.objects.beat(dispatch.BEAT, now)
    assert "has been silent since" not in page.get(f"/pins/{pin.pk}/").text


@pytest.mark.parametrize("days", [1, 2])
def test_a_line_is_drawn_from_the_second_day_on(
    workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn, days: int
) -> None:
    now = timezone.now()
    pin = factories.make_pin(
        workspace, offline, status=Status.PUBLISHED, published_at=now - timedelta(days=days - 1)
    )
    DailyMetric.objects.create(
        pin=pin, account=offline, day=(now - timedelta(days=days - 1)).date(), impressions=3, read_at=now
    )
    page = client_of(alice).get(f"/pins/{pin.pk}/").text
    assert ('data-module="chart"' in page) == (days > 1)
    assert ("From its second day on" in page) == (days == 1)

"""The library: Pins made elsewhere are found, changes there are followed, what is gone is known to be gone.

And nothing is taken for a find that an attempt may have made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import boards, calls
from accounts.models import PinterestAccount, User, Workspace
from accounts.pinterest.errors import Unavailable
from accounts.pinterest.types import PinChanges
from pins import tasks
from pins.analytics import pull
from pins.live import changes, library
from pins.models import Attempt, AttemptState, Library, LiveChange, Origin, Pin, PinKind, Status
from pins.publish import dispatch
from pins.publish.once import Outcome
from pins.schedule import queue
from pinsched.celery import app
from tests.conftest import SignIn, Time
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)

BOARD = "House plants"
DAY = timedelta(days=1)
POST = {"method": "POST", "path": "/v5/pins$"}


def by_hand(simulator: Simulator, *titles: str, at: datetime | None = None, **more: Any) -> list[str]:
    """Somebody pins these on pinterest.com, yesterday unless said; their ids."""
    made_at = (at or timezone.now() - DAY).isoformat()
    plans = [{"board": BOARD, "title": title, "created_at": made_at} | more for title in titles]
    return [pin["id"] for pin in simulator.person("alderandoat", pins=plans)["pins"]]


@pytest.fixture
def out(workspace: Workspace, account: PinterestAccount, clock: Time) -> Pin:
    """A Pin that we have published, an hour ago."""
    pin = factories.make_pin(
        workspace, account, picture=factories.make_media(workspace), board=account.boards.get(name=BOARD)
    )
    queue.publish_now(pin, now=clock())
    assert send_all(clock) == [Outcome.DONE]
    grow_old(pin)
    return fresh(pin)


def grow_old(pin: Pin) -> None:
    Pin.objects.filter(pk=pin.pk).update(updated_at=timezone.now() - timedelta(hours=1))


def found() -> list[str]:
    return sorted(Pin.objects.filter(origin=Origin.FOUND).values_list("pinterest_id", flat=True))


def broken(simulator: Simulator) -> None:
    """From now on Pinterest gives no further page."""
    simulator.fault("status", method="GET", path="/v5/pins$", status=503)


# What is new -----------------------------------------------------------------------------------------------


def test_pins_made_elsewhere_become_rows_and_are_measured(
    account: PinterestAccount, simulator: Simulator, out: Pin
) -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    ids = by_hand(simulator, "A fern", at=at, description="In shade.", link="https://fern.example/")
    report = library.sync(account)
    assert (report.pins, report.new) == (2, 1)
    (pin,) = Pin.objects.filter(origin=Origin.FOUND)
    assert (pin.pinterest_id, pin.status, pin.kind) == (ids[0], Status.PUBLISHED, PinKind.CREATE)
    assert (pin.title, pin.description, pin.link) == ("A fern", "In shade.", "https://fern.example/")
    assert (pin.published_at, pin.publish_at, pin.board) == (at, at, account.boards.get(name=BOARD))
    assert pin.live_image_url
    assert pull.pull(account, now=timezone.now()).read == 2
    assert library.sync(account).new == 0
    assert len(found()) == 1


def test_all_pages_are_read_whatever_their_order(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.config(order="shuffled")
    ids = by_hand(simulator, *(f"Fern {n}" for n in range(600)))
    told: list[int] = []
    assert library.sync(account, tell=lambda report: told.append(report.pins)).new == 600
    assert found() == sorted(ids)
    assert told == [250, 500, 600]


def test_a_save_made_elsewhere_is_a_save(account: PinterestAccount, simulator: Simulator) -> None:
    (parent,) = by_hand(simulator, "A fern")
    board = account.boards.get(name="Slow mornings")
    now = timezone.now()
    copy = calls.ask(account, lambda client: client.save_pin(parent, board.pinterest_id), now=now)
    library.sync(account)
    pin = Pin.objects.get(pinterest_id=copy.id)
    assert (pin.kind, pin.parent_pinterest_id, pin.board) == (PinKind.SAVE, parent, board)


def test_sections_and_boards_are_those_of_ours(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    boards.sync(account, now=timezone.now())
    by_hand(simulator, "A table", board="Rooms", section="Kitchen")
    simulator.person("alderandoat", boards=[{"name": "Too new"}])
    by_hand(simulator, "A chair", board="Too new")
    library.sync(account)
    table, chair = (Pin.objects.get(title=title) for title in ("A table", "A chair"))
    assert table.section == account.boards.get(name="Rooms").sections.get()
    assert chair.board is None
    boards.sync(account, now=timezone.now())
    grow_old(chair)
    library.sync(account)
    assert fresh(chair).board == account.boards.get(name="Too new")


def test_what_breaks_off_keeps_what_was_read_and_says_why(
    account: PinterestAccount, simulator: Simulator
) -> None:
    by_hand(simulator, *(f"Fern {n}" for n in range(300)))
    with pytest.raises(Unavailable):
        library.sync(account, tell=lambda report: broken(simulator))
    assert len(found()) == 250
    row = Library.objects.get()
    assert (row.read_at, bool(row.message), bool(row.tried_at)) == (None, True, True)
    simulator.control("faults", method="DELETE")
    assert library.sync(account).new == 50
    row.refresh_from_db()
    assert (bool(row.read_at), row.message, row.pin_count) == (True, "", 300)


# Never an attempt's own Pin --------------------------------------------------------------------------------


def test_the_pin_of_an_attempt_in_doubt_is_left_to_it(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """Taken for a find, it would look explained, and be posted again."""
    pin = factories.make_pin(
        workspace, account, picture=factories.make_media(workspace), board=account.boards.get(name=BOARD)
    )
    queue.publish_now(pin, now=clock())
    simulator.fault("drop_after", **POST, times=1)
    assert send_all(clock) == [Outcome.IN_DOUBT]
    old = by_hand(simulator, "A fern")
    assert library.sync(account, clock=clock).new == 1
    assert found() == old
    reconcile_all(clock)
    assert fresh(pin).status == Status.PUBLISHED
    library.sync(account, clock=clock)
    assert found() == old
    assert len(simulator.pins()) == 2


def test_so_it_is_for_another_workspace_with_the_same_account(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    other = factories.connect(
        factories.make_workspace(factories.make_user("else@example.com"), name="Elsewhere"), simulator
    )
    pin = factories.make_pin(
        workspace, account, picture=factories.make_media(workspace), board=account.boards.get(name=BOARD)
    )
    queue.publish_now(pin, now=clock())
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert library.sync(other, clock=clock).new == 0
    reconcile_all(clock, seconds=3)
    assert fresh(pin).status == Status.PUBLISHED
    assert library.sync(other, clock=clock).new == 1  # there it was made elsewhere


def test_what_is_settled_while_a_page_is_stored_is_no_find(account: PinterestAccount, out: Pin) -> None:
    """The page shows it; our row comes to know its id just before it would be made a find."""
    published = {"status": Status.PUBLISHED, "pinterest_id": out.pinterest_id}
    Pin.objects.filter(pk=out.pk).update(status=Status.FAILED, pinterest_id="")

    def then_the_answer_comes(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if 'INTO "pins_pin"' in sql:  # INSERT, or INSERT OR IGNORE
            Pin.objects.filter(pk=out.pk).update(**published)
        return execute(sql, *args)

    with connection.execute_wrapper(then_the_answer_comes):
        library.sync(account)
    assert fresh(out).status == Status.PUBLISHED
    assert found() == []
    assert Pin.objects.count() == 1


def test_a_find_makes_way_for_the_attempt_whose_pin_it_is(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """Should a page's Pin ever seem older than the call that made it."""
    pin = factories.make_pin(
        workspace, account, picture=factories.make_media(workspace), board=account.boards.get(name=BOARD)
    )
    queue.publish_now(pin, now=clock())

    def as_a_page_is_read() -> datetime:
        """Asked for between Pinterest's answer and its writing down."""
        if simulator.pins() and not found():
            tries = Attempt.objects.all()
            tries.update(state=AttemptState.REFUSED)
            assert library.sync(account).new == 1
            tries.update(state=AttemptState.SENT)
        return clock()

    (claim,) = dispatch.claim(now=clock())
    assert publishing.send(claim.attempt, clock=as_a_page_is_read) == Outcome.DONE
    (live_pin,) = simulator.pins()
    assert (fresh(pin).status, fresh(pin).pinterest_id) == (Status.PUBLISHED, live_pin["id"])
    assert found() == []


def test_an_old_doubt_holds_back_its_own_board_only(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    pin = factories.make_pin(workspace, account, board=account.boards.get(name=BOARD))
    doubt = Pin.objects.filter(pk=pin.pk)
    doubt.update(status=Status.NEEDS_REVIEW, publish_at=clock() - 3 * DAY)
    sent = {"started_at": clock() - 3 * DAY, "sent_at": clock() - 3 * DAY, "lease_until": clock() - 3 * DAY}
    pin.attempts.create(state=AttemptState.UNKNOWN, **sent)
    by_hand(simulator, "May be it")
    elsewhere = by_hand(simulator, "Surely not", board="Slow mornings")
    library.sync(account, clock=clock)
    assert found() == elsewhere
    pin.attempts.update(started_at=clock() - DAY / 2, sent_at=clock() - DAY / 2)
    later = by_hand(simulator, "Just now", board="Slow mornings", at=clock())
    library.sync(account, clock=clock)
    assert later[0] not in found()


# What is known ---------------------------------------------------------------------------------------------


def change_there(account: PinterestAccount, pin: Pin, **words: Any) -> None:
    now = timezone.now()
    calls.ask(account, lambda client: client.update_pin(pin.pinterest_id, PinChanges(**words)), now=now)


def test_what_is_changed_on_pinterest_is_changed_here(account: PinterestAccount, out: Pin) -> None:
    change_there(account, out, title="Two vases", description="On two desks.")
    assert library.sync(account).changed == 1
    pin = fresh(out)
    assert (pin.title, pin.description, pin.origin) == ("Two vases", "On two desks.", Origin.COMPOSED)
    assert pin.kind == PinKind.CREATE
    grow_old(out)
    assert library.sync(account).changed == 0


def test_an_alt_text_that_a_list_leaves_out_stays(account: PinterestAccount, out: Pin) -> None:
    Pin.objects.filter(pk=out.pk).update(alt_text="A vase")
    library.sync(account)
    assert fresh(out).alt_text == "A vase"


def test_a_row_that_has_just_changed_knows_better(account: PinterestAccount, out: Pin) -> None:
    change_there(account, out, title="Two vases")
    Pin.objects.filter(pk=out.pk).update(updated_at=timezone.now())
    assert library.sync(account).changed == 0
    assert fresh(out).title == out.title


def test_a_pin_that_is_being_changed_is_left_alone(account: PinterestAccount, out: Pin, bob: User) -> None:
    change_there(account, out, title="Two vases")
    changes.change(out, given={"title": "Three vases"}, user=bob, now=timezone.now())
    assert library.sync(account).changed == 0
    LiveChange.objects.all().delete()
    assert library.sync(account).changed == 1


# What is gone ----------------------------------------------------------------------------------------------


def test_a_pin_that_was_deleted_there_has_vanished(
    account: PinterestAccount, out: Pin, bob: User, client_of: SignIn
) -> None:
    calls.ask(account, lambda client: client.delete_pin(out.pinterest_id), now=timezone.now())
    assert library.sync(account).vanished == 1
    pin = fresh(out)
    assert (pin.status, bool(pin.vanished_at)) == (Status.PUBLISHED, True)
    assert pull.pull(account, now=timezone.now(), everything=True).due == 0
    assert pull.due_accounts(timezone.now() + DAY) == []
    assert "no longer on Pinterest" in client_of(bob).get(f"/pins/{pin.pk}/").text


def test_one_that_comes_back_is_there_again(account: PinterestAccount, out: Pin) -> None:
    Pin.objects.filter(pk=out.pk).update(vanished_at=timezone.now() - DAY)
    library.sync(account)
    assert fresh(out).vanished_at is None


def test_who_may_not_see_secret_boards_can_not_tell(account: PinterestAccount, out: Pin) -> None:
    now = timezone.now()
    calls.ask(account, lambda client: client.delete_pin(out.pinterest_id), now=now)
    scopes = " ".join(scope for scope in account.scopes.split() if scope != "pins:read_secret")
    PinterestAccount.objects.update(scopes=scopes)
    account.refresh_from_db()
    assert library.sync(account).vanished == 0


def test_what_the_list_only_hides_has_not_vanished(
    account: PinterestAccount, out: Pin, simulator: Simulator
) -> None:
    """A list that leaves out a Pin proves nothing: Pinterest is asked for it."""
    simulator.person("alderandoat", boards=[{"name": BOARD, "privacy": "PROTECTED"}])
    assert library.sync(account).vanished == 0
    assert fresh(out).vanished_at is None


def test_a_list_that_breaks_off_makes_nothing_vanish(
    account: PinterestAccount, out: Pin, simulator: Simulator
) -> None:
    calls.ask(account, lambda client: client.delete_pin(out.pinterest_id), now=timezone.now())
    by_hand(simulator, *(f"Fern {n}" for n in range(300)))
    with pytest.raises(Unavailable):
        library.sync(account, tell=lambda report: broken(simulator))
    assert fresh(out).vanished_at is None


# Whose turn it is ------------------------------------------------------------------------------------------


def test_each_account_is_read_once_a_day_and_an_hour_after_a_failure(account: PinterestAccount) -> None:
    now = timezone.now()
    assert list(library.due_accounts(now)) == [account]
    assert library.begin(account, now=now)
    assert not library.begin(account, now=now)
    assert list(library.due_accounts(now)) == []
    assert list(library.due_accounts(now + library.UNFINISHED_WAIT)) == [account]
    assert library.begin(account, now=now + library.UNFINISHED_WAIT)
    library.sync(account)
    assert list(library.due_accounts(now + timedelta(hours=2))) == []
    assert list(library.due_accounts(timezone.now() + DAY)) == [account]


def test_a_tick_reads_what_is_due(
    account: PinterestAccount, simulator: Simulator, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    settings.PINTEREST_API_URL = account.api_url
    by_hand(simulator, "A fern")
    tasks.read_due_libraries()
    assert len(found()) == 1
    by_hand(simulator, "Another")
    tasks.read_due_libraries()
    assert len(found()) == 1  # not due again
    Library.objects.update(read_at=timezone.now() - DAY, tried_at=timezone.now() - DAY)
    tasks.read_due_libraries()
    assert len(found()) == 2


def test_the_day_of_a_find_is_its_day_on_pinterest(
    account: PinterestAccount, simulator: Simulator, bob: User, client_of: SignIn
) -> None:
    by_hand(simulator, "A fern", at=datetime(2026, 3, 4, 12, tzinfo=UTC))
    library.sync(account)
    client = client_of(bob)
    pin = Pin.objects.get()
    assert pin.published_at is not None
    assert pin.published_at.date() == date(2026, 3, 4)
    assert f"/pins/{pin.pk}/" in client.get("/pins/calendar/2026/3/").text
    assert "Found on Pinterest" in client.get(f"/pins/{pin.pk}/").text
    assert "A fern" in client.get("/pins/?origin=found").text
    assert "A fern" not in client.get("/pins/?origin=composed").text

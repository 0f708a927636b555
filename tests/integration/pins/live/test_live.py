"""Changing and deleting Pins that are on Pinterest: done once and known, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import boards, calls, health, quota
from accounts.models import Board, Health, PinterestAccount, User, Workspace
from accounts.pinterest.types import PinChanges
from pins import tasks
from pins.compose import drafts
from pins.errors import Invalid, WrongState
from pins.live import changes, execute
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.publish.once import Outcome
from pins.schedule import queue
from pinsched.celery import app
from tests.conftest import Time
from tests.support import factories
from tests.support.at_once import at_once
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, send_all

pytestmark = pytest.mark.django_db(transaction=True)

PATCH = {"method": "PATCH", "path": "/v5/pins/"}
DELETE = {"method": "DELETE", "path": "/v5/pins/"}
READ = {"method": "GET", "path": "/v5/pins/"}
TICK = 3  # seconds


@pytest.fixture
def pin(workspace: Workspace, account: PinterestAccount) -> Pin:
    """Published, here and there."""
    made = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.publish_now(made, now=timezone.now())
    send_all()
    return fresh(made)


def change(pin: Pin, clock: Time, user: User | None = None, **given: Any) -> LiveChange:
    made = changes.change(pin, given=given, user=user, now=clock())
    assert made is not None
    return made


def delete(pin: Pin, clock: Time) -> LiveChange:
    return changes.delete(pin, user=None, now=clock())


def ticks(clock: Time, *, seconds: float = TICK) -> list[Outcome | None]:
    """What the sweeper starts in so many seconds."""
    found = []
    for _ in range(max(1, round(seconds / TICK))):
        found += [execute.carry_out(pk, clock=clock) for pk in execute.due(clock())]
        clock.passes(TICK)
    return found


def sent(simulator: Simulator, method: str) -> list[dict[str, Any]]:
    return [call for call in simulator.calls() if call["method"] == method and "/v5/pins/" in call["path"]]


def there(simulator: Simulator) -> dict[str, Any]:
    (found,) = simulator.pins()
    return found


def board_with_section(account: PinterestAccount, simulator: Simulator) -> Board:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    boards.sync(account, now=timezone.now())
    return account.boards.get(name="Rooms")


# Done ----------------------------------------------------------------------------------------------------


def test_words_are_changed_there_and_then_here(
    pin: Pin, simulator: Simulator, clock: Time, alice: User
) -> None:
    asked = change(pin, clock, alice, title="Another title", description="", link="https://example.com/new")
    assert fresh(pin).title == pin.title
    assert ticks(clock) == [Outcome.DONE]
    now = fresh(pin)
    assert (now.title, now.description, now.link) == ("Another title", "", "https://example.com/new")
    assert now.status == Status.PUBLISHED
    shown = there(simulator)
    assert (shown["title"], shown["link"]) == ("Another title", "https://example.com/new")
    assert not shown["description"]
    asked.refresh_from_db()
    assert (asked.http_status, asked.created_by, now.live_change) == (200, alice, None)
    assert asked.request_id
    assert len(sent(simulator, "PATCH")) == 1
    assert ticks(clock, seconds=90) == []


def test_only_what_changes_is_sent(pin: Pin, simulator: Simulator, clock: Time) -> None:
    """What somebody else changed there meanwhile stays."""
    token = simulator.grant()["access_token"]
    requests.patch(
        f"{simulator.api_url}/pins/{pin.pinterest_id}",
        json={"link": "https://example.com/by-hand"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    ).raise_for_status()
    change(pin, clock, title="Another title")
    ticks(clock)
    shown = there(simulator)
    assert (shown["title"], shown["link"]) == ("Another title", "https://example.com/by-hand")


def test_a_pin_moves_to_a_section_and_out_of_it(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    rooms = board_with_section(account, simulator)
    kitchen = rooms.sections.get()
    change(pin, clock, board=rooms, section=kitchen)
    ticks(clock)
    assert (fresh(pin).board, fresh(pin).section) == (rooms, kitchen)
    assert there(simulator)["board_section_id"] == kitchen.pinterest_id
    change(fresh(pin), clock, section=None)
    ticks(clock)
    assert (fresh(pin).board, fresh(pin).section) == (rooms, None)
    shown = there(simulator)
    assert (shown["board_id"], shown["board_section_id"]) == (rooms.pinterest_id, None)


def test_a_deleted_pin_is_gone_and_keeps_its_numbers(pin: Pin, simulator: Simulator, clock: Time) -> None:
    assert pin.account
    pin.metrics.create(day=clock().date(), account=pin.account, impressions=5, read_at=clock())
    assert delete(pin, clock) == delete(pin, clock)
    assert ticks(clock) == [Outcome.DONE]
    assert simulator.pins() == []
    assert fresh(pin).status == Status.DELETED
    assert fresh(pin).metrics.count() == 1
    assert not Pin.objects.of(pin.workspace).exists()


def test_what_was_deleted_there_can_not_be_brought_back_as_a_draft(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    delete(pin, clock)
    ticks(clock)
    with pytest.raises(WrongState):
        drafts.restore(fresh(pin))


# Lost ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule", [{"kind": "drop_after"}, {"kind": "garble"}, {"kind": "status", "status": 503, "commit": True}]
)
@pytest.mark.parametrize("kind", LiveKind)
def test_what_was_done_and_not_answered_is_found_and_not_sent_again(
    pin: Pin, simulator: Simulator, clock: Time, kind: LiveKind, rule: dict[str, object]
) -> None:
    method = "PATCH" if kind == LiveKind.UPDATE else "DELETE"
    simulator.control("faults", rule | {"method": method, "path": "/v5/pins/", "times": 1})
    asked = change(pin, clock, title="Another") if kind == LiveKind.UPDATE else delete(pin, clock)
    assert ticks(clock) == [Outcome.IN_DOUBT]
    asked.refresh_from_db()
    assert asked.code == "checking"
    assert Outcome.DONE in ticks(clock, seconds=9)
    assert len(sent(simulator, method)) == 1
    if kind == LiveKind.UPDATE:
        assert fresh(pin).title == there(simulator)["title"] == "Another"
    else:
        assert (fresh(pin).status, simulator.pins()) == (Status.DELETED, [])


@pytest.mark.parametrize("rule", [{"kind": "drop_before"}, {"kind": "status", "status": 500}])
@pytest.mark.parametrize("kind", LiveKind)
def test_what_was_not_done_goes_again_once_the_call_is_over_for_certain(
    pin: Pin, simulator: Simulator, clock: Time, kind: LiveKind, rule: dict[str, object]
) -> None:
    method = "PATCH" if kind == LiveKind.UPDATE else "DELETE"
    simulator.control("faults", rule | {"method": method, "path": "/v5/pins/", "times": 1})
    asked = change(pin, clock, title="Another") if kind == LiveKind.UPDATE else delete(pin, clock)
    ticks(clock, seconds=execute.SETTLES.total_seconds() - 6)
    asked.refresh_from_db()
    assert (asked.state, len(sent(simulator, method))) == (LiveState.SENT, 1)
    ticks(clock, seconds=30)
    asked.refresh_from_db()
    assert (asked.state, len(sent(simulator, method))) == (LiveState.DONE, 2)
    calls = [call["method"] for call in simulator.calls() if "/v5/pins/" in call["path"]]
    assert calls[0] == calls[-1] == method
    assert "GET" in calls


@pytest.mark.parametrize("landed", [True, False])
def test_a_worker_that_died_after_sending(pin: Pin, simulator: Simulator, clock: Time, landed: bool) -> None:
    asked = change(pin, clock, title="Another")
    now = clock()
    LiveChange.objects.advance(
        asked.pk, LiveState.WAITING, LiveState.SENT, sent_at=now, due_at=now + execute.SETTLES
    )
    if landed:
        client = calls.fresh_client(pin.account, now=now)  # type: ignore[arg-type]
        client.update_pin(pin.pinterest_id, PinChanges(title="Another"))
    assert ticks(clock, seconds=27) == []
    ticks(clock, seconds=15)
    asked.refresh_from_db()
    assert (asked.state, fresh(pin).title, there(simulator)["title"]) == (
        LiveState.DONE,
        "Another",
        "Another",
    )
    assert len(sent(simulator, "PATCH")) == 1


def test_a_message_that_was_lost_is_handed_out_again(pin: Pin, clock: Time) -> None:
    asked = change(pin, clock, title="Another")
    assert execute.due(clock()) == [asked.pk]
    assert execute.due(clock()) == []
    clock.passes(execute.HANDED_OUT.total_seconds() + 1)
    assert execute.due(clock()) == [asked.pk]


@pytest.fixture
def eager() -> Iterator[None]:
    """Tasks run where they are sent from."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def test_the_sweep_starts_what_no_message_did(
    pin: Pin, simulator: Simulator, clock: Time, eager: None
) -> None:
    change(pin, clock, title="Another")
    tasks.sweep()
    assert fresh(pin).title == there(simulator)["title"] == "Another"


def test_two_workers_send_it_once(pin: Pin, simulator: Simulator, clock: Time) -> None:
    asked = change(pin, clock, title="Another")
    assert Outcome.DONE in at_once([partial(execute.carry_out, asked.pk)] * 2)
    assert len(sent(simulator, "PATCH")) == 1


def test_a_worker_that_was_frozen_before_sending_sends_nothing(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    asked = change(pin, clock, title="Another")
    reads = iter([0, 0, 0, 6, 0])  # ready, with its client, sent; frozen; it stays

    def thawing() -> datetime:
        clock.passes(next(reads))
        return clock()

    assert execute.carry_out(asked.pk, clock=thawing) == Outcome.PUT_OFF
    assert sent(simulator, "PATCH") == []
    assert ticks(clock) == [Outcome.DONE]


def test_nothing_is_decided_while_the_pin_can_not_be_read(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **PATCH, times=1)
    simulator.fault("status", **READ, status=503)
    asked = change(pin, clock, title="Another")
    ticks(clock, seconds=90)
    asked.refresh_from_db()
    assert (asked.state, asked.code) == (LiveState.SENT, "checking")
    with pytest.raises(WrongState):
        changes.withdraw(asked, now=clock())
    simulator.no_faults()
    ticks(clock, seconds=60)
    assert fresh(pin).title == "Another"
    assert len(sent(simulator, "PATCH")) == 1


@pytest.mark.parametrize("landed", [True, False])
def test_a_pin_that_pinterest_does_not_show_any_more_is_for_a_person_to_look_at(
    pin: Pin, simulator: Simulator, clock: Time, landed: bool
) -> None:
    simulator.fault("drop_after" if landed else "drop_before", **PATCH, times=1)
    simulator.fault("status", **READ, status=403)
    asked = change(pin, clock, title="Another")
    ticks(clock, seconds=24)
    asked.refresh_from_db()
    assert (asked.state, asked.code) == (LiveState.SENT, "checking")  # it may be allowed again
    ticks(clock, seconds=30)
    asked.refresh_from_db()
    assert (asked.state, asked.is_in_doubt) == (LiveState.REFUSED, True)
    assert "“You are not permitted to access that resource.” Look on pinterest.com" in asked.message
    assert ticks(clock, seconds=300) == []
    changes.retry(asked, now=clock())
    assert ticks(clock) == [Outcome.DONE]


# Refused -------------------------------------------------------------------------------------------------


def test_what_pinterest_refuses_stands_with_its_words_until_it_is_tried_again_or_dismissed(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    body = {"code": 1, "message": "Sorry! This link leads to spam we know."}
    simulator.fault("status", **PATCH, status=400, body=body, times=1)
    asked = change(pin, clock, link="https://example.com/bad")
    assert ticks(clock) == [Outcome.REFUSED]
    asked.refresh_from_db()
    assert (asked.code, asked.message, asked.http_status) == ("1", body["message"], 400)
    assert fresh(pin).live_change == asked
    assert fresh(pin).status == Status.PUBLISHED
    assert ticks(clock, seconds=60) == []
    changes.retry(asked, now=clock())
    assert ticks(clock) == [Outcome.DONE]
    with pytest.raises(WrongState):
        changes.retry(asked, now=clock())
    with pytest.raises(WrongState):
        changes.withdraw(asked, now=clock())


def test_a_new_change_takes_the_place_of_a_refused_one(pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("status", **PATCH, status=400, times=1)
    refused = change(pin, clock, title="Not this", link="https://example.com/bad")
    ticks(clock)
    assert changes.wished(fresh(pin)).title == "Not this"
    asked = change(pin, clock, title="But this")
    refused.refresh_from_db()
    assert (refused.state, asked.words) == (LiveState.WITHDRAWN, {"title": "But this"})


def test_an_app_without_the_beta_is_told_so_and_the_account_goes_on(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.config(beta=False)
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.REFUSED]
    asked.refresh_from_db()
    account.refresh_from_db()
    assert (asked.code, asked.message, account.health) == ("beta", execute.BETA, Health.ACTIVE)
    delete(pin, clock)
    assert ticks(clock) == [Outcome.DONE]


def test_a_pin_that_somebody_deleted_there(pin: Pin, simulator: Simulator, clock: Time) -> None:
    calls.fresh_client(pin.account, now=clock()).delete_pin(pin.pinterest_id)  # type: ignore[arg-type]
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.REFUSED]
    asked.refresh_from_db()
    assert (asked.code, asked.message) == ("gone", execute.NOT_ON_PINTEREST)
    delete(pin, clock)
    assert ticks(clock) == [Outcome.DONE]
    assert fresh(pin).status == Status.DELETED


def test_a_board_that_vanished_there_is_pinterests_own_word(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    rooms = board_with_section(account, simulator)
    Board.objects.filter(pk=rooms.pk).update(pinterest_id="404404")
    asked = change(pin, clock, board=rooms)
    assert ticks(clock) == [Outcome.REFUSED]
    asked.refresh_from_db()
    assert asked.message == "Board not found."
    assert fresh(pin).board == pin.board


def test_a_link_that_pinterest_writes_in_its_own_way_is_as_wanted(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("status", **PATCH, status=503, times=1)
    change(pin, clock, title="Another", link="https://example.com/new")
    assert ticks(clock) == [Outcome.IN_DOUBT]
    assert pin.account is not None
    written = PinChanges(title=" Another  ", link="https://www.example.com/new/")
    calls.fresh_client(pin.account, now=clock()).update_pin(pin.pinterest_id, written)
    assert Outcome.DONE in ticks(clock, seconds=10)
    assert len(sent(simulator, "PATCH")) == 2


def test_where_only_that_is_to_change_it_is_read_to_the_letter(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    """From http to https, and to two paragraphs: else the Pin as it was would pass for changed."""
    simulator.fault("drop_before", **PATCH, times=1)
    title, link = pin.title.replace(" ", "  "), pin.link.replace("https://", "http://")
    change(pin, clock, title=title, link=link)
    ticks(clock, seconds=60)
    shown = there(simulator)
    assert (shown["title"], shown["link"]) == (title, link)


# Waiting -------------------------------------------------------------------------------------------------


def test_a_pause_that_pinterest_asks_for_is_kept(pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("status", **PATCH, status=429, headers={"Retry-After": "40"}, times=1)
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    asked.refresh_from_db()
    assert asked.code == "rate_limited"
    assert asked.next_try_at is not None
    assert timedelta(seconds=30) < asked.next_try_at - clock() < timedelta(seconds=41)


def test_a_part_of_the_quota_is_left_to_scheduled_pins(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    left = quota.room(account, "org_write").left
    assert quota.take(account, "org_write", cost=left - 10) is None
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    asked.refresh_from_db()
    assert asked.code == "quota"
    assert sent(simulator, "PATCH") == []
    assert quota.room(account, "org_write").left == 10


def test_a_held_account_holds_its_changes_too(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    asked = change(pin, clock, title="Another")
    health.hold(account, code="spam", message="Pinterest says spam.", now=clock())
    assert ticks(clock, seconds=30) == []
    assert execute.carry_out(asked.pk, clock=clock) is None
    assert sent(simulator, "PATCH") == []
    health.release(account, now=clock())
    assert ticks(clock) == [Outcome.DONE]


def test_a_hold_keeps_nobody_from_looking_what_became_of_a_call(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """A hold stops what is sent; reading goes on."""
    simulator.fault("drop_after", **PATCH, times=1)
    change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.IN_DOUBT]
    health.hold(account, code="spam", message="Pinterest says spam.", now=clock())
    assert Outcome.DONE in ticks(clock, seconds=10)
    assert fresh(pin).title == "Another"


def test_what_waits_for_its_quota_has_not_left(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """It may still be taken back, and nobody has to find out what became of it."""
    quota.pause(account, "org_write", timedelta(minutes=1))
    asked = change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    asked.refresh_from_db()
    assert (asked.code, asked.sent_at) == ("quota", None)


def test_a_missing_permission_holds_the_account(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    grant = simulator.grant(scope="pins:read,boards:read")
    PinterestAccount.objects.filter(pk=account.pk).update(access_token=grant["access_token"])
    change(pin, clock, title="Another")
    assert ticks(clock) == [Outcome.PUT_OFF]
    account.refresh_from_db()
    assert (account.health, account.health_code) == (Health.HELD, "scope")


def test_an_expired_token_is_renewed(pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.kill_tokens("access")
    change(pin, clock, title="Another")
    assert ticks(clock, seconds=6) == [Outcome.PUT_OFF, Outcome.DONE]


def test_a_token_that_is_refused_though_it_was_just_renewed_ends_the_grant(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("status", **PATCH, status=401)
    change(pin, clock, title="Another")
    ticks(clock, seconds=30)
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    assert len(sent(simulator, "PATCH")) == 2


def test_a_renewal_that_an_outage_stops_ends_no_grant(
    pin: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    simulator.kill_tokens("access")
    simulator.fault("status", status=503, path="/oauth/token")
    asked = change(pin, clock, title="Another")
    assert ticks(clock, seconds=15)[:2] == [Outcome.PUT_OFF] * 2
    asked.refresh_from_db()
    account.refresh_from_db()
    assert (account.health, asked.code) == (Health.ACTIVE, "unavailable")
    simulator.no_faults()
    assert Outcome.DONE in ticks(clock, seconds=120)


def test_a_dead_grant_asks_for_a_reconnect_and_reconnecting_resumes(
    pin: Pin, account: PinterestAccount, workspace: Workspace, simulator: Simulator, clock: Time
) -> None:
    simulator.kill_tokens("access", "refresh")
    change(pin, clock, title="Another")
    ticks(clock, seconds=6)
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    factories.connect(workspace, simulator)
    assert ticks(clock) == [Outcome.DONE]


def test_an_unreachable_pinterest_is_tried_less_and_less_often(
    pin: Pin, account: PinterestAccount, settings: Any, clock: Time
) -> None:
    nowhere = "http://127.0.0.1:9/v5"  # nobody listens there
    settings.PINTEREST_API_URL = nowhere
    PinterestAccount.objects.filter(pk=account.pk).update(api_url=nowhere)
    asked = change(pin, clock, title="Another")
    waits = []
    for _ in range(4):
        assert [execute.carry_out(pk, clock=clock) for pk in execute.due(clock())] == [Outcome.PUT_OFF]
        asked.refresh_from_db()
        waits.append((asked.due_at - clock()).total_seconds())
        clock.passes(waits[-1] + 0.1)
    assert asked.code == "unavailable"
    assert waits == sorted(waits)


# What people ask for -------------------------------------------------------------------------------------


def test_what_waits_takes_up_a_second_wish(pin: Pin, simulator: Simulator, clock: Time) -> None:
    first = change(pin, clock, title="First", link="https://example.com/1")
    assert change(pin, clock, title="Second", alt_text="A vase") == first
    ticks(clock)
    shown = there(simulator)
    assert (shown["title"], shown["link"], shown["alt_text"]) == ("Second", "https://example.com/1", "A vase")
    assert len(sent(simulator, "PATCH")) == 1


def test_while_pinterest_may_be_at_it_nothing_else_begins(
    pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_before", **PATCH, times=1)
    change(pin, clock, title="First")
    ticks(clock)
    with pytest.raises(WrongState):
        change(pin, clock, title="Second")
    with pytest.raises(WrongState):
        delete(pin, clock)
    ticks(clock, seconds=45)
    assert fresh(pin).title == "First"
    change(pin, clock, title="Second")


def test_deleting_takes_a_waiting_change_back(pin: Pin, simulator: Simulator, clock: Time) -> None:
    asked = change(pin, clock, title="Another")
    end = delete(pin, clock)
    asked.refresh_from_db()
    assert asked.state == LiveState.WITHDRAWN
    with pytest.raises(WrongState):
        change(pin, clock, title="Another")
    changes.withdraw(end, now=clock())
    assert ticks(clock, seconds=60) == []
    assert there(simulator)["title"] == fresh(pin).title == pin.title


def test_what_was_taken_back_is_not_sent(pin: Pin, simulator: Simulator, clock: Time) -> None:
    asked = change(pin, clock, title="Another")
    (handed_out,) = execute.due(clock())
    changes.withdraw(asked, now=clock())
    assert execute.carry_out(handed_out, clock=clock) is None
    assert sent(simulator, "PATCH") == []


def test_preflight_looks_at_what_changes_and_at_nothing_else(
    pin: Pin, account: PinterestAccount, workspace: Workspace, clock: Time
) -> None:
    Pin.objects.filter(pk=pin.pk).update(link="https://bit.ly/old")
    change(fresh(pin), clock, title="Fine")
    other = factories.make_account(workspace, username="other")
    theirs = factories.make_board(other, name="Theirs")
    gone = factories.make_board(account, name="Gone", vanished_at=timezone.now())
    for field, given in (
        ("title", {"title": "x" * 101}),
        ("link", {"link": "https://bit.ly/new"}),
        ("board", {"board": theirs}),
        ("board", {"board": gone}),
        ("board", {"board": None}),
    ):
        with pytest.raises(Invalid) as refused:
            changes.change(fresh(pin), given=given, user=None, now=clock())
        assert {problem.field for problem in refused.value.problems} == {field}
    assert LiveChange.objects.get().words == {"title": "Fine"}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.PUBLISHING, Status.FAILED])
def test_what_is_not_on_pinterest_is_not_changed_there(
    workspace: Workspace, account: PinterestAccount, status: Status, clock: Time
) -> None:
    other = factories.make_pin(workspace, account, status=status)
    with pytest.raises(WrongState):
        change(other, clock, title="Another")
    with pytest.raises(WrongState):
        delete(other, clock)


def test_a_workspace_goes_with_the_changes_in_it(
    pin: Pin, workspace: Workspace, account: PinterestAccount, clock: Time
) -> None:
    lamps = factories.make_board(account, name="Lamps")
    change(pin, clock, board=lamps)
    workspace.delete()
    assert not LiveChange.objects.exists()


def test_the_database_allows_one_unfinished_change_a_pin(pin: Pin, clock: Time) -> None:
    change(pin, clock, title="Another")
    with pytest.raises(IntegrityError), transaction.atomic():
        LiveChange.objects.create(pin=pin, kind=LiveKind.DELETE, due_at=clock())

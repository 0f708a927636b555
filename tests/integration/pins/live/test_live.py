"""Changing and deleting Pins that are on Pinterest: done once and known, whatever is lost on the way."""

from __future__ import annotations

import pytest
import requests
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import boards, calls
from accounts.models import Board, Health, PinterestAccount, User, Workspace
from accounts.pinterest.types import PinChanges
from pins.compose import drafts
from pins.errors import Invalid, WrongState
from pins.live import changes, execute
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.publish.once import Outcome
from tests.conftest import Time
from tests.integration.pins.live.changing import PATCH, change, delete, sent, there, ticks
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh

pytestmark = pytest.mark.django_db(transaction=True)


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

"""What becomes of Pins whose answer was lost: adopted, sent again, or shown to a person. Never doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import boards, connect, health
from accounts.models import Health, PinterestAccount, User, Workspace
from accounts.pinterest.errors import OutcomeUnknown
from accounts.pinterest.types import Pin as LivePin
from pins.models import Attempt, AttemptState, Media, Pin, Status
from pins.publish import dispatch, once, outcome, publication, reconcile
from pins.publish.evidence import Evidence
from pins.publish.once import Outcome
from tests.conftest import Time
from tests.integration.pins.publish.due_pins import POST, due
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def only_attempt(pin: Pin) -> Attempt:
    return pin.attempts.get()


# Made, and the answer lost -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule", [{"kind": "drop_after"}, {"kind": "garble"}, {"kind": "status", "status": 503, "commit": True}]
)
def test_a_pin_that_was_made_is_adopted(
    due_pin: Pin, simulator: Simulator, clock: Time, rule: dict[str, object]
) -> None:
    simulator.control("faults", rule | POST | {"times": 1})
    assert send_all(clock) == [Outcome.IN_DOUBT]
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.PUBLISHING, "checking")
    reconcile_all(clock, seconds=3)
    (live,) = simulator.pins()
    pin = fresh(due_pin)
    assert (pin.status, pin.pinterest_id, pin.reason_code) == (Status.PUBLISHED, live["id"], "")
    assert (only_attempt(pin).state, only_attempt(pin).code) == (AttemptState.SUCCEEDED, "adopted")
    reconcile_all(clock)
    assert len(simulator.pins()) == 1


def test_a_pin_in_a_section_is_found_there(
    workspace: Workspace, account: PinterestAccount, picture: Media, simulator: Simulator, clock: Time
) -> None:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    pin = due(workspace, account, picture, board=board, section=board.sections.get())
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    assert fresh(pin).status == Status.PUBLISHED
    assert [call["path"] for call in simulator.calls() if call["path"].endswith("/pins")][-1].count(
        "sections"
    )


def test_it_is_found_behind_hundreds_of_others_in_any_order(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    assert due_pin.board is not None
    at = (clock() - timedelta(days=3)).isoformat()
    others = [
        {"board": due_pin.board.name, "title": f"Older {number}", "created_at": at} for number in range(600)
    ]
    simulator.person("alderandoat", pins=others)
    simulator.config(order="shuffled")
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED


@pytest.mark.parametrize("made", [True, False])
def test_a_pin_whose_section_is_gone_is_looked_for_on_the_whole_board(
    workspace: Workspace,
    account: PinterestAccount,
    picture: Media,
    simulator: Simulator,
    clock: Time,
    made: bool,
) -> None:
    """Merged into another, say. If it isn't there it goes again, and Pinterest says why it can't."""
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    pin = due(workspace, account, picture, board=board, section=board.sections.get())
    gone = {"code": 2031, "message": "Section not found."}
    simulator.fault("drop_after" if made else "drop_before", **POST, times=1)
    simulator.fault("status", **POST, status=404, body=gone)
    simulator.fault("status", method="GET", path="/sections/.*/pins", status=404, body=gone)
    send_all(clock)
    reconcile_all(clock)
    found = (fresh(pin).status, fresh(pin).reason_code)
    assert found == ((Status.PUBLISHED, "") if made else (Status.FAILED, "2031"))


def test_a_twin_of_another_section_explains_what_stands_on_the_board_of_a_section_that_is_gone(
    workspace: Workspace, account: PinterestAccount, picture: Media, simulator: Simulator, clock: Time
) -> None:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen", "Hall"]}])
    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    kitchen, hall = (board.sections.get(name=name) for name in ("Kitchen", "Hall"))
    pins = [due(workspace, account, picture, board=board, section=section) for section in (hall, kitchen)]
    simulator.fault("drop_after", **POST, times=1)  # of the hall
    simulator.fault("drop_before", **POST, times=1)  # of the kitchen
    send_all(clock)
    gone = {"code": 2031, "message": "Section not found."}
    simulator.fault(
        "status", method="GET", path=f"/sections/{kitchen.pinterest_id}/pins", status=404, body=gone
    )
    places = reconcile.due(now=clock())
    reconcile.look(next(place for place in places if place.section == kitchen.pk), clock=clock)
    assert [fresh(pin).status for pin in pins] == [Status.PUBLISHING] * 2
    reconcile_all(clock)
    in_hall, in_kitchen = (fresh(pin) for pin in pins)
    (live,) = (pin for pin in simulator.pins() if pin["board_section_id"] == hall.pinterest_id)
    assert in_hall.pinterest_id == live["id"] != in_kitchen.pinterest_id


# Not made, and nobody said so ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [{"kind": "drop_before"}, {"kind": "status", "status": 500}])
def test_a_pin_that_was_not_made_goes_again_after_two_readings(
    due_pin: Pin, simulator: Simulator, clock: Time, rule: dict[str, object]
) -> None:
    simulator.control("faults", rule | POST | {"times": 1})
    began = clock()
    send_all(clock)
    reconcile_all(clock)
    pin = fresh(due_pin)
    assert pin.status == Status.PUBLISHED
    assert len(simulator.pins()) == 1
    first, second = pin.attempts.order_by("pk")
    assert (first.state, first.code) == (AttemptState.DEFERRED, "absent")
    assert first.absent_at is not None
    assert second.sent_at is not None
    assert first.absent_at - began >= timedelta(seconds=once.DEADLINE + 10)
    assert timedelta(seconds=20) <= second.sent_at - first.absent_at
    assert second.sent_at - began <= timedelta(minutes=2)


def test_a_worker_that_died_after_sending(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    now = clock()
    (claim,) = dispatch.claim(now=now)
    Attempt.objects.advance(
        claim.attempt,
        AttemptState.CLAIMED,
        AttemptState.SENT,
        sent_at=now,
        lease_until=now + publication.SENT_LEASE,
    )
    clock.passes(10)
    assert reconcile.sweep(now=clock()) == 0
    reconcile_all(clock)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_nothing_is_decided_while_pinterest_cannot_be_read(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_before", **POST, times=1)
    simulator.fault("status", method="GET", path="/pins", status=503)
    send_all(clock)
    reconcile_all(clock, seconds=90)
    assert fresh(due_pin).status == Status.PUBLISHING
    assert simulator.pins() == []
    simulator.no_faults()
    reconcile_all(clock, seconds=180)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_it_waits_for_a_reconnect_and_says_so(
    due_pin: Pin, workspace: Workspace, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert due_pin.account is not None
    health.needs_reconnect(due_pin.account, now=clock())
    reconcile_all(clock, seconds=30)
    assert "Reconnect @alderandoat" in fresh(due_pin).reason_message
    factories.connect(workspace, simulator)
    reconcile_all(clock, seconds=400)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_token_that_ended_meanwhile_is_renewed_to_look(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    simulator.kill_tokens("access")
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_gateway_that_knows_no_such_page_has_not_said_that_the_board_is_gone(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **POST, times=1)
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=404, body={}, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.PUBLISHING, "checking")
    clock.passes(60)
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED


def test_a_connection_that_ended_says_nothing_of_another_workspaces_pin(
    workspace: Workspace,
    account: PinterestAccount,
    picture: Media,
    simulator: Simulator,
    clock: Time,
    charlie: User,
) -> None:
    theirs = factories.connect(Workspace.objects.get(members=charlie), simulator)
    pins = [
        due(workspace, account, picture),
        due(theirs.workspace, theirs, factories.make_media(theirs.workspace)),
    ]
    simulator.fault("drop_before", **POST, times=2)
    send_all(clock)
    connect.disconnect(account, now=clock())
    places = reconcile.due(now=clock())
    reconcile.look(next(place for place in places if place.account == account.pk), clock=clock)
    mine, other = (fresh(pin).reason_message for pin in pins)
    assert "disconnected" in mine
    assert "disconnected" not in other


def test_a_board_that_is_gone_fails_the_pin(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_before", **POST, times=1)
    body = {"code": 40, "message": "Board not found."}
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=404, body=body)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    assert (fresh(due_pin).status, fresh(due_pin).reason_code) == (Status.FAILED, "board_vanished")


# Races -----------------------------------------------------------------------------------------------------


def test_an_answer_that_comes_after_the_sweeper_still_counts(due_pin: Pin, clock: Time) -> None:
    attempt = lost_in_flight(clock)
    outcome.succeed(attempt, LivePin("123"), Evidence("", "", 201), published_at=clock(), now=clock())
    assert (fresh(due_pin).status, fresh(due_pin).pinterest_id) == (Status.PUBLISHED, "123")


def test_a_refusal_that_comes_after_the_sweeper_still_counts(due_pin: Pin, clock: Time) -> None:
    attempt = lost_in_flight(clock)
    assert outcome.refuse(attempt, Evidence("1", "No."), now=clock())
    assert fresh(due_pin).status == Status.FAILED


def lost_in_flight(clock: Time) -> Attempt:
    (claim,) = dispatch.claim(now=clock())
    Attempt.objects.advance(claim.attempt, AttemptState.CLAIMED, AttemptState.SENT, sent_at=clock())
    attempt = Attempt.objects.select_related("pin").get(pk=claim.attempt)
    assert outcome.lose(attempt, Evidence.of(OutcomeUnknown("Lost.")), now=clock())
    return attempt


def test_a_place_is_handed_out_once(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert len(reconcile.due(now=clock())) == 1
    assert reconcile.due(now=clock()) == []
    clock.passes(61)  # its reader was killed
    assert len(reconcile.due(now=clock())) == 1


def test_a_held_account_is_still_looked_at(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert due_pin.account is not None
    health.hold(due_pin.account, code="spam", message="Spam.", now=clock())
    assert due_pin.account.health == Health.HELD
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED

"""Two of a kind at the very same instant: one wins, and the other leaves nothing half done.

The instant is made: both threads meet right before, or right after, the statement that decides.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection
from django.utils import timezone

from accounts import health
from accounts.models import Board, PinterestAccount, Workspace
from pins.models import Attempt, AttemptState, Pin, Status
from pins.publish import dispatch, publication
from pins.publish.dispatch import Claim
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories, publishing
from tests.support.at_once import at_once
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all
from tests.support.waiting import PATIENCE
from tests.support.windows import counted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

POST: Final = {"method": "POST", "path": "/v5/pins$"}
SPAM: Final = {"code": 8, "message": "Sorry! We blocked this because it looks like spam."}

Execute = Callable[..., Any]
Says = Callable[[str], bool]  # which statement


def due_pins(workspace: Workspace, account: PinterestAccount, count: int) -> list[Pin]:
    picture = factories.make_media(workspace)
    pins = [factories.make_pin(workspace, account, picture=picture) for _ in range(count)]
    for pin in pins:
        queue.publish_now(pin, now=timezone.now())
    return pins


@pytest.fixture
def due_pin(workspace: Workspace, account: PinterestAccount) -> Pin:
    (pin,) = due_pins(workspace, account, 1)
    return pin


@pytest.fixture
def claimed(due_pin: Pin) -> int:
    """Its attempt."""
    (claim,) = dispatch.claim(now=timezone.now())
    return claim.attempt


@contextmanager
def once(
    says: Says, *, before: Callable[[], object] = bool, after: Callable[[], object] = bool
) -> Iterator[None]:
    """Do something around the first of this thread's statements that says so."""
    done = False

    def meanwhile(execute: Execute, sql: str, *args: Any) -> Any:
        nonlocal done
        mine = not done and says(sql)
        done |= mine
        if mine:
            before()
        answer = execute(sql, *args)
        if mine:
            after()
        return answer

    with connection.execute_wrapper(meanwhile):
        yield


@contextmanager
def without_row_locks() -> Iterator[None]:
    """As on a database that has none: what is read may be another's before it is written."""

    def plain(execute: Execute, sql: str, *args: Any) -> Any:
        return execute(sql.partition(" FOR UPDATE")[0], *args)

    with connection.execute_wrapper(plain):
        yield


def picks(table: str) -> Says:
    """Reads which rows it will write, and locks them."""
    return lambda sql: sql.startswith(f'SELECT "{table}"."id"')


def departs(sql: str) -> bool:
    return sql.startswith('UPDATE "pins_attempt"') and '"sent_at" = ' in sql


def closes(sql: str) -> bool:
    """Writes down what became of an attempt, or that nobody knows."""
    return sql.startswith('UPDATE "pins_attempt"') and '"look_at" = ' in sql


def met() -> Callable[[], object]:
    """For two threads: wait for the other one."""
    barrier = threading.Barrier(2)
    return lambda: barrier.wait(PATIENCE)


# Claiming ------------------------------------------------------------------------------------------------


def each_once(pins: Sequence[Pin], claims: Sequence[Claim]) -> bool:
    """Every Pin is on its way by exactly one attempt, and each attempt is in one hand."""
    attempts = Attempt.objects.values_list("pk", "pin_id")
    on_their_way = Pin.objects.filter(status=Status.PUBLISHING).values_list("pk", flat=True)
    return sorted(claim.attempt for claim in claims) == sorted(pk for pk, _ in attempts) and sorted(
        pin for _, pin in attempts
    ) == sorted(on_their_way) == sorted(pin.pk for pin in pins)


def test_of_two_dispatchers_that_look_at_once_each_pin_has_one(
    workspace: Workspace, account: PinterestAccount
) -> None:
    """Neither waits for the other: each has read, and locked what it read, before either writes."""
    pins = due_pins(workspace, account, 40)
    another = factories.make_account(workspace, username="fernandlinen")
    factories.make_board(another)
    pins += due_pins(workspace, another, 5)
    meet = met()

    def claim() -> list[Claim]:
        with once(picks("pins_pin"), after=meet):
            return dispatch.claim(now=timezone.now())

    one, other = at_once([claim, claim])
    assert each_once(pins, one + other)


def test_without_locks_the_slower_dispatcher_leaves_nothing_half_done(
    workspace: Workspace, account: PinterestAccount
) -> None:
    """Of the five due Pins that it has read the other takes three: none of this look counts."""
    pins = due_pins(workspace, account, 5)
    later = timezone.now() + timedelta(minutes=1)
    Pin.objects.filter(pk__in=[pin.pk for pin in pins[3:]]).update(due_at=later, publish_at=later)
    faster_is_done = threading.Event()
    both_have_read = met()

    def faster() -> list[Claim]:
        with once(picks("pins_pin"), after=both_have_read), without_row_locks():
            claims = dispatch.claim(now=timezone.now())
        faster_is_done.set()
        return claims

    def slower() -> list[Claim]:
        def has_read() -> None:
            both_have_read()
            assert faster_is_done.wait(PATIENCE)

        with once(picks("pins_pin"), after=has_read), without_row_locks():
            return dispatch.claim(now=later)

    one, other = at_once([faster, slower])
    assert len(one) == 3
    assert len(other) == 2  # with its next look, in the same round
    assert each_once(pins, one + other)


def test_without_locks_two_dispatchers_that_read_the_same_claim_it_once(
    workspace: Workspace, account: PinterestAccount
) -> None:
    pins = due_pins(workspace, account, 12)
    meet = met()

    def claim() -> list[Claim]:
        with once(picks("pins_pin"), after=meet), without_row_locks():
            return dispatch.claim(now=timezone.now())

    one, other = at_once([claim, claim])
    assert each_once(pins, one + other)


def test_of_two_dispatchers_one_sends_a_lost_message_again(
    workspace: Workspace, account: PinterestAccount
) -> None:
    pins = due_pins(workspace, account, 12)
    first = dispatch.claim(now=timezone.now())
    assert each_once(pins, first)
    now = timezone.now() + dispatch.CLAIM_LEASE + timedelta(seconds=1)
    meet = met()

    def again() -> list[Claim]:
        with once(picks("pins_attempt"), after=meet):
            return dispatch.claim(now=now)

    one, other = at_once([again, again])
    assert each_once(pins, one + other)
    assert set(Attempt.objects.values_list("state", "lease_until")) == {
        (AttemptState.CLAIMED, now + dispatch.CLAIM_LEASE)
    }


# Sending -------------------------------------------------------------------------------------------------


def send_twice(attempt: int, says: Says) -> list[Outcome | None]:
    """Two deliveries of one message, both about to make the statement that decides; the winner's first."""
    meet = met()

    def send() -> Outcome | None:
        with once(says, before=meet):
            return publishing.send(attempt)

    return sorted(at_once([send, send]), key=lambda state: state is None)


def posts(simulator: Simulator) -> int:
    return sum(call["method"] == "POST" and call["path"].endswith("/v5/pins") for call in simulator.calls())


def test_of_two_senders_of_one_attempt_one_calls_pinterest(
    claimed: int, due_pin: Pin, account: PinterestAccount, simulator: Simulator
) -> None:
    assert send_twice(claimed, departs) == [Outcome.DONE, None]
    assert posts(simulator) == 1
    (live,) = simulator.pins()
    pin, attempt = fresh(due_pin), Attempt.objects.get()
    assert (pin.status, pin.pinterest_id, pin.reason_code) == (Status.PUBLISHED, live["id"], "")
    assert (attempt.pk, attempt.state, attempt.code) == (claimed, AttemptState.SUCCEEDED, "")
    assert set(counted(account)) == {1}  # the other one gave back what its call would have cost


def hold(pin: Pin) -> None:
    assert pin.account is not None
    health.hold(pin.account, code="spam", message="Pinterest says spam.", now=timezone.now())


def lose_board(pin: Pin) -> None:
    Board.objects.filter(pins=pin).update(vanished_at=timezone.now())


@pytest.mark.parametrize(
    ("happens", "becomes", "state", "status"),
    [
        (hold, Outcome.PUT_OFF, AttemptState.DEFERRED, Status.SCHEDULED),
        (lose_board, Outcome.REFUSED, AttemptState.REFUSED, Status.FAILED),
    ],
)
def test_of_two_senders_that_may_not_send_one_says_so(
    happens: Callable[[Pin], None],
    becomes: Outcome,
    state: AttemptState,
    status: Status,
    claimed: int,
    due_pin: Pin,
    simulator: Simulator,
) -> None:
    happens(due_pin)
    assert send_twice(claimed, closes) == [becomes, None]
    assert posts(simulator) == 0
    assert (fresh(due_pin).status, Attempt.objects.get().state) == (status, state)


# An answer that comes when everything is settled -----------------------------------------------------------


def late(attempt: int, clock: Time, meanwhile: Callable[[], object]) -> Outcome | None:
    """Send, and do something in the instant between Pinterest's answer and writing it down."""
    answered, go_on = threading.Event(), threading.Event()

    def hesitate() -> None:
        answered.set()
        assert go_on.wait(PATIENCE)

    def send() -> Outcome | None:
        with once(closes, before=hesitate):
            return publishing.send(attempt, clock=clock)

    def others() -> None:
        try:
            assert answered.wait(PATIENCE)
            meanwhile()
        finally:
            go_on.set()

    state, _ = at_once([send, others])
    return state


def all_rows(pin: Pin) -> list[Any]:
    return [*Pin.objects.filter(pk=pin.pk).values(), *pin.attempts.order_by("pk").values()]


def settle_otherwise(pin: Pin, clock: Time) -> list[Any]:
    """The sweeper takes the sender for lost, and reconcile finds out by itself; what is written then."""
    clock.passes(publication.SENT_LEASE.total_seconds() + 1)
    reconcile_all(clock)
    assert pin.attempts.order_by("pk")[0].settled_at
    return all_rows(pin)


def test_a_pin_that_was_adopted_while_its_answer_was_on_its_way_is_not_called_published(
    claimed: int, due_pin: Pin, simulator: Simulator, clock: Time, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    written: list[list[Any]] = []
    state = late(claimed, clock, lambda: written.append(settle_otherwise(due_pin, clock)))
    assert state is None
    assert [all_rows(due_pin)] == written
    assert (len(simulator.pins()), Attempt.objects.get().code) == (1, "adopted")
    said = [line for line in lines() if line["event"] in ("pin.published", "publish.answered_late")]
    (pinterest_id,) = (pin["id"] for pin in simulator.pins())
    assert [(line["event"], line["attempt"], line["pinterest"]) for line in said] == [
        ("publish.answered_late", claimed, pinterest_id)
    ]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "drop_before"},  # no answer: lose
        {"kind": "status", "status": 400},  # no: refuse
        # A limit, or a stop, both known to others at once: defer.
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 429, "body": SPAM},
    ],
)
def test_what_comes_too_late_changes_nothing_and_is_nobodys_outcome(
    rule: dict[str, object],
    claimed: int,
    due_pin: Pin,
    simulator: Simulator,
    clock: Time,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    """By then the Pin was proven absent, and sent again if its account may."""
    simulator.control("faults", rule | POST | {"times": 1})
    written: list[list[Any]] = []
    state = late(claimed, clock, lambda: written.append(settle_otherwise(due_pin, clock)))
    assert state is None
    assert [all_rows(due_pin)] == written
    settled = [line["attempt"] for line in lines() if line["event"] == "attempt.settled"]
    assert settled.count(claimed) == 2  # unknown, then absent

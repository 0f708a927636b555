"""Changing and deleting Pins that are on Pinterest: what becomes of a change whose answer was lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest

from accounts import calls
from accounts.pinterest.types import PinChanges
from pins import tasks
from pins.errors import WrongState
from pins.live import changes, execute
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.publish.once import Outcome
from pinsched.celery import app
from tests.conftest import Time
from tests.integration.pins.live.changing import PATCH, READ, change, delete, sent, there, ticks
from tests.support.at_once import at_once
from tests.support.simulated import Simulator
from tests.support.ticks import fresh

pytestmark = pytest.mark.django_db(transaction=True)


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

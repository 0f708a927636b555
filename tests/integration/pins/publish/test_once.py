"""The guard before each call that writes to Pinterest, tried with a kind of call that is nobody's yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import health, quota
from accounts.models import PinterestAccount
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import Board
from pins.publish import once
from pins.publish.evidence import Evidence
from pins.publish.once import NotNow, Outcome
from tests.conftest import Time
from tests.support.simulated import Simulator
from tests.support.windows import counted

pytestmark = pytest.mark.django_db

NAME = "Desks by the window"
NO = {"code": 1, "message": "No."}
POST: dict[str, Any] = {"method": "POST", "path": "/boards"}


class NewBoard(once.Write[Board]):
    """A row in memory: what it went through."""

    def __init__(self, account: PinterestAccount, *, departs: bool = True) -> None:
        self.account, self.departs = account, departs
        self.went: list[str] = []
        self.until: datetime | None = None
        self.shown = ""

    def depart(self, now: datetime) -> bool:
        self.went.append("sent" if self.departs else "taken")
        return self.departs

    def call(self, client: PinterestClient) -> Board:
        return client.create_board(NAME)

    def succeed(self, made: Board, evidence: Evidence, now: datetime) -> Outcome | None:
        self.went.append(f"made {made.name} {evidence.http_status}")
        return Outcome.DONE

    def refuse(self, no: Any, now: datetime) -> Outcome | None:
        self.went.append("refused")
        return Outcome.REFUSED

    def lose(self, evidence: Evidence, now: datetime) -> Outcome | None:
        self.went.append("lost")
        return Outcome.IN_DOUBT

    def put_off(
        self, evidence: Evidence, now: datetime, *, until: datetime, sent: bool, shown: str = ""
    ) -> Outcome | None:
        self.went.append(f"{'sent, ' if sent else ''}waits: {evidence.code}")
        self.until, self.shown = until, shown or evidence.message
        return Outcome.PUT_OFF


def called(simulator: Simulator) -> int:
    return len(
        [call for call in simulator.calls() if call["method"] == "POST" and call["path"].endswith("/boards")]
    )


def test_it_is_sent_and_then_called(account: PinterestAccount, simulator: Simulator) -> None:
    write = NewBoard(account)
    assert once.send(write) == Outcome.DONE
    assert write.went == ["sent", f"made {NAME} 201"]
    assert called(simulator) == 1
    assert set(counted(account)) == {1}


def test_of_two_one_goes_on_and_the_other_gives_its_quota_back(
    account: PinterestAccount, simulator: Simulator
) -> None:
    late = NewBoard(account, departs=False)
    assert once.send(late) == Outcome.PUT_OFF  # its row says that somebody else has it: nothing is written
    assert late.went == ["taken", "waits: connected_anew"]
    assert called(simulator) == 0
    assert set(counted(account)) <= {0}


@pytest.mark.parametrize(
    ("fault", "outcome", "went"),
    [
        (
            {"kind": "status", "status": 400, "body": {"code": 1, "message": "No."}},
            Outcome.REFUSED,
            "refused",
        ),
        ({"kind": "status", "status": 500}, Outcome.IN_DOUBT, "lost"),
        ({"kind": "drop_after"}, Outcome.IN_DOUBT, "lost"),
        ({"kind": "status", "status": 429}, Outcome.PUT_OFF, "sent, waits: rate_limited"),
    ],
    ids=["no", "broken", "no answer", "a pause"],
)
def test_each_kind_of_answer_has_one_consequence(
    fault: dict[str, Any], outcome: Outcome, went: str, account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.fault(fault.pop("kind"), **POST, times=1, **fault)
    write = NewBoard(account)
    assert once.send(write) == outcome
    assert write.went == ["sent", went]
    assert called(simulator) == 1


def test_a_hold_before_it_was_sent_stops_it_and_says_why(account: PinterestAccount, clock: Time) -> None:
    health.hold(account, code="spam", message="Pinterest says spam.", now=clock())
    write = NewBoard(account)
    assert once.send(write, clock) == Outcome.PUT_OFF
    assert (write.went, write.shown) == (["waits: spam"], "Pinterest says spam.")


def test_a_full_window_lets_it_wait_before_it_is_sent(account: PinterestAccount, clock: Time) -> None:
    quota.pause(account, once.CATEGORY, timedelta(minutes=1))
    write = NewBoard(account)
    assert once.send(write, clock) == Outcome.PUT_OFF
    assert write.went == ["waits: quota"]
    assert write.until is not None
    assert timedelta(seconds=55) < write.until - clock() <= timedelta(seconds=60)


def test_a_process_that_was_frozen_after_that_calls_no_more(
    account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    class Freezing(NewBoard):
        def depart(self, now: datetime) -> bool:
            clock.passes(6)
            return super().depart(now)

    write = Freezing(account)
    assert once.send(write, clock) == Outcome.PUT_OFF
    assert write.went == ["sent", "sent, waits: frozen"]
    assert called(simulator) == 0


def test_what_is_not_ready_waits_without_a_call(account: PinterestAccount, simulator: Simulator) -> None:
    class Unready(NewBoard):
        def get_ready(self, now: datetime) -> None:
            raise NotNow("cover", "Its cover is being prepared.", timedelta(seconds=5))

    write = Unready(account)
    assert once.send(write) == Outcome.PUT_OFF
    assert write.went == ["waits: cover"]
    assert called(simulator) == 0

"""The pipeline's time is the database's, however wrong the machine's own clock is."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.clock import JUMP, Clock
from accounts.models import PinterestAccount, User, Workspace
from pins import tasks
from pins.models import Attempt, AttemptState, Heartbeat, Pin, Status
from pins.publish import dispatch, reconcile
from tests.conftest import SignIn
from tests.support import factories
from tests.support.waiting import PATIENCE

HOUR = timedelta(hours=1)
SLACK = timedelta(seconds=5)  # of a slow machine


class Told:
    """A source of time that tests turn: seconds since 1970, or None while the database is away."""

    def __init__(self) -> None:
        self.seconds: float | None = None

    def __call__(self) -> float:
        if self.seconds is None:
            raise OperationalError("away")
        return self.seconds


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(autouse=True)
def _of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What jumps here has not jumped for other tests."""
    fresh = Clock(clock._told, clock._every)
    monkeypatch.setattr(clock, "now", fresh.now)
    monkeypatch.setattr(clock, "jumped_within", fresh.jumped_within)


def around(instant: datetime, expected: datetime) -> bool:
    return abs(instant - expected) < SLACK


def seconds(instant: datetime) -> float:
    return instant.timestamp()


def test_it_goes_on_from_what_it_was_told() -> None:
    began = time.monotonic()
    clock_ = Clock(lambda: 1_000_000.0 + time.monotonic() - began, lambda: 0.0)
    for _ in range(100):
        shown = seconds(clock_.now())
        truth = 1_000_000.0 + time.monotonic() - began
        assert truth - 1 < shown <= truth + 1e-6  # late by an answer's way at most, and never early


def test_between_two_looks_it_asks_nobody(told: Told) -> None:
    told.seconds = 1_000_000.0
    patient = Clock(told, lambda: 3600.0)
    patient.now()
    told.seconds = 2_000_000.0
    assert around(patient.now(), datetime.fromtimestamp(1_000_000, UTC))


def test_without_a_first_answer_there_is_no_time_and_afterwards_it_goes_on_as_it_went(told: Told) -> None:
    """A worker that starts while the database is away would else live by its machine's clock for a while."""
    asked = Clock(told, lambda: 3600.0)
    for _ in range(2):
        with pytest.raises(OperationalError):
            asked.now()
    told.seconds = 1_000_000.0
    assert around(asked.now(), datetime.fromtimestamp(1_000_000, UTC))
    asked = Clock(told, lambda: 0.0)
    asked.now()
    told.seconds = None
    assert around(asked.now(), datetime.fromtimestamp(1_000_000, UTC))


@pytest.mark.parametrize("jump", [HOUR.total_seconds(), -HOUR.total_seconds(), JUMP * 2])
def test_it_follows_a_jump_and_says_that_there_was_one(told: Told, jump: float) -> None:
    told.seconds = 1_000_000.0
    asked = Clock(told, lambda: 0.0)
    assert not asked.jumped_within(HOUR)
    told.seconds += jump
    assert around(asked.now(), datetime.fromtimestamp(told.seconds, UTC))
    assert asked.jumped_within(HOUR)
    assert not asked.jumped_within(timedelta())


def test_a_correction_by_less_is_no_jump(told: Told) -> None:
    told.seconds = 1_000_000.0
    asked = Clock(told, lambda: 0.0)
    asked.now()
    told.seconds += JUMP / 2
    assert seconds(asked.now()) > 1_000_000.0 + JUMP / 4
    assert not asked.jumped_within(HOUR)


# With a database -----------------------------------------------------------------------------------------


def machine_rules() -> bool:
    """On SQLite all is one machine."""
    return connection.vendor != "postgresql"


@pytest.mark.django_db(transaction=True)
def test_the_database_says_what_time_it_is() -> None:
    before = datetime.now(UTC)
    with time_machine.travel(before + HOUR):
        assert around(clock.now(), before + HOUR if machine_rules() else before)
    assert around(clock.now(), before)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_not_asked_anything_but_the_database_is_as_soon_as_it_ends() -> None:
    before = datetime.now(UTC)
    fresh = Clock(clock._told, clock._every)
    with time_machine.travel(before + HOUR):
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            assert around(fresh.now(), before + HOUR)
        assert not asked.captured_queries
        assert around(fresh.now(), before + HOUR if machine_rules() else before)


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_whose_machine_is_an_hour_ahead_claims_nothing_early(
    workspace: Workspace, account: PinterestAccount
) -> None:
    now = datetime.now(UTC)
    pin = factories.make_pin(
        workspace,
        account,
        picture=factories.make_media(workspace),
        status=Status.SCHEDULED,
        publish_at=now + HOUR / 2,
    )
    with time_machine.travel(now + HOUR):
        tasks.dispatch()
    claimed = Attempt.objects.filter(pin=pin).exists()
    assert claimed == machine_rules()


@pytest.mark.django_db(transaction=True)
def test_a_door_whose_machine_is_an_hour_ahead_publishes_now_all_the_same(
    workspace: Workspace, account: PinterestAccount, client_of: SignIn, alice: User
) -> None:
    pin = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    browser = client_of(alice)
    with time_machine.travel(datetime.now(UTC) + HOUR):
        browser.post(f"/pins/{pin.pk}/publish-now/")
    pin.refresh_from_db()
    assert pin.publish_at is not None
    assert around(pin.publish_at, datetime.now(UTC) + (HOUR if machine_rules() else timedelta()))


@pytest.mark.django_db(transaction=True)
def test_a_jump_of_the_machines_clock_takes_no_living_call_for_lost(
    workspace: Workspace, account: PinterestAccount
) -> None:
    now = clock.now()
    pin = factories.make_pin(
        workspace,
        account,
        picture=factories.make_media(workspace),
        status=Status.PUBLISHING,
        publish_at=now,
    )
    Attempt.objects.create(
        pin=pin, state=AttemptState.SENT, started_at=now, sent_at=now, lease_until=now + timedelta(seconds=25)
    )
    with time_machine.travel(datetime.now(UTC) + HOUR):
        tasks.sweep()
    assert Attempt.objects.get().state == AttemptState.SENT


def scheduled(workspace: Workspace, account: PinterestAccount, *times: datetime) -> QuerySet[Pin]:
    picture = factories.make_media(workspace)
    made = [
        factories.make_pin(workspace, account, picture=picture, status=Status.SCHEDULED, publish_at=at)
        for at in times
    ]
    return Pin.objects.filter(pk__in=[pin.pk for pin in made])


@pytest.mark.django_db(transaction=True)
def test_a_sign_of_life_from_the_future_hides_no_outage(
    workspace: Workspace, account: PinterestAccount
) -> None:
    now = clock.now()
    dispatch.claim(now=now + HOUR)  # by a wrong clock
    assert Heartbeat.objects.get(pk=dispatch.BEAT).seen_at > now
    dispatch.claim(now=now)  # which was put right
    pins = scheduled(workspace, account, *(now + timedelta(minutes=minute) for minute in (1, 2)))
    dispatch.claim(now=now + HOUR / 2)  # nobody dispatched for half an hour
    assert sorted(pins.values_list("reason_code", flat=True)) == ["", "after_outage"]


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_that_was_frozen_for_long_makes_no_outage_of_it(
    workspace: Workspace, account: PinterestAccount
) -> None:
    now = clock.now()
    dispatch.claim(now=now)
    dispatch.claim(now=now - HOUR)  # it goes on with the time it had
    pins = scheduled(workspace, account, *(now - timedelta(minutes=minute) for minute in (1, 2)))
    dispatch.claim(now=now + timedelta(seconds=1))
    assert set(pins.values_list("reason_code")) == {("",)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_no_sign_of_life_is_left_in_a_transaction_that_others_must_wait_for() -> None:
    now = clock.now()
    dispatch._notice_outage(now)
    Heartbeat.objects.beat("beat", now)
    with CaptureQueriesContext(connection) as asked:
        dispatch._notice_outage(now + timedelta(seconds=1))
        Heartbeat.objects.beat("beat", now + timedelta(seconds=1))
    said = [query["sql"] for query in asked.captured_queries]
    assert not [sql for sql in said if sql == "BEGIN" or "FOR UPDATE" in sql]
    assert len([sql for sql in said if sql.startswith("UPDATE")]) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_nobody_waits_for_who_freezes_while_writing_down_what_became_of_an_attempt(
    workspace: Workspace, account: PinterestAccount
) -> None:
    """Not the dispatcher, not the sweepers: they go past its rows."""
    now = clock.now()
    ago = now - timedelta(minutes=1)
    frozen = [
        Attempt.objects.create(
            pin=factories.make_pin(workspace, account, status=Status.PUBLISHING, publish_at=ago),
            state=state,
            started_at=ago,
            sent_at=ago if state != AttemptState.CLAIMED else None,
            lease_until=ago,
            look_at=ago if state == AttemptState.UNKNOWN else None,
        )
        for state in (AttemptState.CLAIMED, AttemptState.SENT, AttemptState.UNKNOWN)
    ]
    due = factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=now)
    locked, over = threading.Event(), threading.Event()

    def freeze() -> None:
        with transaction.atomic():
            Attempt.objects.filter(pk__in=[attempt.pk for attempt in frozen]).update(message="…")
            locked.set()
            over.wait(2 * PATIENCE)
        connection.close()

    process = threading.Thread(target=freeze)
    process.start()
    try:
        assert locked.wait(PATIENCE)
        assert [claim.attempt for claim in dispatch.claim(now=now)] == [due.attempts.get().pk]
        assert reconcile.sweep(now=now) == 0
        assert reconcile.due(now=now) == []
    finally:
        over.set()
        process.join()
    assert reconcile.sweep(now=now) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_the_database_waits_for_nobody_who_stands_still_in_a_transaction() -> None:
    """A worker that freezes there, or whose machine vanishes, would else stop every other one."""
    with connection.cursor() as cursor:
        shown = {}
        for name in ("idle_in_transaction_session_timeout", "lock_timeout"):
            cursor.execute(f"SELECT setting FROM pg_settings WHERE name = '{name}'")
            shown[name] = cursor.fetchone()[0]
    assert shown["idle_in_transaction_session_timeout"] == "20000"
    assert shown["lock_timeout"] == "5000"

"""After a restore from a backup: what went out since is found again, and nothing is posted twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import connect, health
from accounts.models import Health, PinterestAccount, Stop, User, Workspace
from pins.live import changes, execute, library
from pins.media import unused
from pins.models import Attempt, AttemptState, LiveChange, LiveState, Media, Origin, Pin, Status
from pins.publish import dispatch, reconcile, restored
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import SignIn, Time
from tests.integration.pins.publish.test_hold import grant_of
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)


def hold_restored(since: str = "") -> str:
    """Unless another time is given, the backup was made a minute ago."""
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    out = StringIO()
    call_command("hold_restored", "--since", since or a_minute_ago.isoformat(), stdout=out)
    return out.getvalue()


def as_in_the_backup(pin: Pin) -> None:
    """The row as it was before the Pin went out."""
    pin.attempts.all().delete()
    rows = Pin.objects.filter(pk=pin.pk)
    rows.update(
        status=Status.SCHEDULED,
        pinterest_id="",
        published_at=None,
        measure_at=None,
        due_at=pin.publish_at,
        live_image_url="",
    )


def reconnect(account: PinterestAccount, simulator: Simulator) -> None:
    owner = account.workspace.members.first()
    assert owner is not None
    connect.finish(account.workspace, owner, grant_of(simulator), now=timezone.now())
    account.refresh_from_db()


def make(account: PinterestAccount, title: str) -> Pin:
    return factories.make_pin(
        account.workspace, account, picture=factories.make_media(account.workspace), title=title
    )


@pytest.fixture
def gone_out(account: PinterestAccount) -> Pin:
    """On Pinterest since the backup was made, and due in it."""
    pin = make(account, "Went out after the backup")
    queue.publish_now(pin, now=timezone.now())
    assert send_all() == [Outcome.DONE]
    as_in_the_backup(fresh(pin))
    return fresh(pin)


@pytest.fixture
def gone_out_early(account: PinterestAccount) -> Pin:
    """Due next week in the backup; somebody published it at once."""
    pin = make(account, "Published at once after the backup")
    queue.publish_now(pin, now=timezone.now())
    send_all()
    as_in_the_backup(fresh(pin))
    later = timezone.now() + timedelta(days=7)
    Pin.objects.filter(pk=pin.pk).update(publish_at=later, due_at=later)
    return fresh(pin)


@pytest.fixture
def still_to_go(account: PinterestAccount) -> Pin:
    pin = make(account, "Never went out")
    queue.publish_now(pin, now=timezone.now())
    return fresh(pin)


def test_what_went_out_after_the_backup_is_adopted_and_the_rest_is_sent_once(
    gone_out_early: Pin,
    gone_out: Pin,
    still_to_go: Pin,
    account: PinterestAccount,
    simulator: Simulator,
    clock: Time,
) -> None:
    next_week = fresh(make(account, "Due next week"))
    at = clock() + timedelta(days=6)
    queue.schedule(next_week, at=at, now=clock())
    there = {pin["title"]: pin["id"] for pin in simulator.pins()}
    assert len(there) == 2

    hold_restored()
    reconnect(account, simulator)
    assert (account.health, account.health_code) == (Health.HELD, "restored")
    reconcile_all(clock, seconds=12)
    assert len(simulator.pins()) == 2

    health.release(account, now=clock())
    assert dispatch.claim(now=clock()) == []  # nothing leaves before it was looked for
    reconcile_all(clock, seconds=120)
    titles = [pin["title"] for pin in simulator.pins()]
    assert sorted(titles) == sorted([*there, still_to_go.title])
    for pin in (gone_out, gone_out_early):
        assert (fresh(pin).status, fresh(pin).pinterest_id) == (Status.PUBLISHED, there[pin.title])
    assert fresh(still_to_go).status == Status.PUBLISHED
    assert (fresh(next_week).status, fresh(next_week).due_at) == (Status.SCHEDULED, at)
    account.refresh_from_db()
    assert (account.health, account.known_until) == (Health.ACTIVE, None)


def test_the_library_takes_nothing_for_a_find_that_a_restored_row_may_have_made(
    gone_out: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    hold_restored()
    library.sync(account, clock=clock)
    assert not Pin.objects.filter(origin=Origin.FOUND).exists()
    account.refresh_from_db()
    health.release(account, now=clock())
    reconcile_all(clock, seconds=60)
    assert fresh(gone_out).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_claim_that_the_backup_holds_is_not_sent(
    account: PinterestAccount, still_to_go: Pin, simulator: Simulator, clock: Time
) -> None:
    """It was claimed when the backup was made, and went out a moment later."""
    (claim,) = dispatch.claim(now=clock())
    assert publishing.send(claim.attempt, clock=clock) == Outcome.DONE
    as_in_the_backup(fresh(still_to_go))
    Pin.objects.filter(pk=still_to_go.pk).move_all(Status.SCHEDULED, Status.PUBLISHING)
    Attempt.objects.create(pin=still_to_go, started_at=clock(), lease_until=clock())
    hold_restored()
    account.refresh_from_db()
    clock.passes(60)
    assert send_all(clock) == [Outcome.PUT_OFF]
    health.release(account, now=clock())
    clock.passes(60)
    reconcile_all(clock, seconds=60)
    assert fresh(still_to_go).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_lost_answer_of_the_backup_takes_no_twins_pin(
    account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """Two with the same words: of one the answer was lost before the backup, the other went out after it."""
    workspace = account.workspace
    lost, gone = (
        factories.make_pin(
            workspace, account, picture=factories.make_media(workspace, color=color), title="Desk of the week"
        )
        for color in ("#103060", "#e0c020")
    )
    queue.publish_now(gone, now=timezone.now())
    assert send_all() == [Outcome.DONE]
    (there,) = simulator.pins()
    as_in_the_backup(fresh(gone))
    simulator.fault("status", method="POST", path="/pins", times=1, status=503)
    queue.publish_now(lost, now=timezone.now())
    Pin.objects.filter(pk=gone.pk).update(due_at=timezone.now() + timedelta(days=1))
    assert send_all() == [Outcome.IN_DOUBT]
    Pin.objects.filter(pk=gone.pk).update(due_at=timezone.now())
    hold_restored()
    account.refresh_from_db()
    attempt = lost.attempts.get()
    place = reconcile.Place(account.pk, attempt.pin.board_id or 0, None)

    reconcile_all(clock, seconds=60)
    assert reconcile.look(place, clock=clock) == {}  # a message from before the restore
    health.release(account, now=clock())
    reconcile_all(clock, seconds=180)
    assert (fresh(gone).status, fresh(gone).pinterest_id) == (Status.PUBLISHED, there["id"])
    assert fresh(lost).status == Status.PUBLISHED
    assert len(simulator.pins()) == 2


def test_nor_when_the_hold_is_ended_before_any_worker_runs(
    gone_out: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """Nothing is scheduled then: but the claim waits to be put off, and to be compared."""
    Pin.objects.filter(pk=gone_out.pk).move_all(Status.SCHEDULED, Status.PUBLISHING)
    Attempt.objects.create(pin=gone_out, started_at=clock(), lease_until=clock())
    hold_restored()
    account.refresh_from_db()
    health.release(account, now=clock())
    reconcile_all(clock, seconds=90)
    assert (fresh(gone_out).status, len(simulator.pins())) == (Status.PUBLISHED, 1)
    account.refresh_from_db()
    assert account.known_until is None


def test_a_find_that_was_made_before_the_accounts_were_held_explains_no_pin_away(
    gone_out: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """Workers ran on the restored rows for a while, and read the library."""
    since = fresh(gone_out).updated_at
    library.sync(account, clock=clock)
    assert Pin.objects.filter(origin=Origin.FOUND).count() == 1
    hold_restored((since - timedelta(minutes=5)).isoformat())
    account.refresh_from_db()
    health.release(account, now=clock())
    reconcile_all(clock, seconds=90)
    assert (fresh(gone_out).status, len(simulator.pins())) == (Status.PUBLISHED, 1)
    assert not Pin.objects.filter(origin=Origin.FOUND).exists()


@pytest.mark.parametrize("state", [LiveState.WAITING, LiveState.SENT])
def test_what_was_to_change_of_live_pins_a_person_asks_for_again(
    state: LiveState, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """It was done and then done otherwise, or was taken back: a deletion, say."""
    pin = make(account, "Stays")
    queue.publish_now(pin, now=timezone.now())
    send_all()
    asked = changes.change(fresh(pin), given={"title": "Older words"}, user=None, now=clock())
    assert asked is not None
    LiveChange.objects.filter(pk=asked.pk).update(state=state, sent_at=clock() - timedelta(hours=1))
    hold_restored()
    account.refresh_from_db()
    health.release(account, now=clock())
    reconcile_all(clock, seconds=30)
    for pk in execute.due(clock()):
        execute.carry_out(pk, clock=clock)
    assert [there["title"] for there in simulator.pins()] == ["Stays"]
    asked.refresh_from_db()
    assert (asked.state, asked.code) == (LiveState.REFUSED, "restored")
    changes.retry(asked, now=clock())
    assert [execute.carry_out(pk, clock=clock) for pk in execute.due(clock())] == [Outcome.DONE]
    assert [there["title"] for there in simulator.pins()] == ["Older words"]


def test_more_than_a_day_late_and_not_on_the_board_a_person_says_when(
    account: PinterestAccount, still_to_go: Pin, simulator: Simulator, clock: Time
) -> None:
    hold_restored()
    account.refresh_from_db()
    clock.passes(25 * 3600)
    health.release(account, now=clock())
    reconcile_all(clock, seconds=60)
    assert (fresh(still_to_go).reason_code, fresh(still_to_go).due_at) == ("absent_late", None)
    assert "restored from a backup" in fresh(still_to_go).reason_message
    assert simulator.pins() == []


def test_a_pin_that_is_alike_in_part_is_shown_to_a_person(
    gone_out: Pin, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    Pin.objects.filter(pk=gone_out.pk).update(description="As it was before somebody rewrote it.")
    hold_restored()
    account.refresh_from_db()
    health.release(account, now=clock())
    reconcile_all(clock, seconds=60)
    assert (fresh(gone_out).status, fresh(gone_out).reason_code) == (Status.NEEDS_REVIEW, "doubt")
    assert "restored from a backup" in fresh(gone_out).reason_message
    assert len(simulator.pins()) == 1


def test_uploads_that_no_restored_pin_uses_have_a_week_from_the_restore(
    account: PinterestAccount, still_to_go: Pin, clock: Time
) -> None:
    """The backup may be the wrong one, and a later one have a picture in a Pin, with the same files."""
    picture = factories.make_media(account.workspace)
    Media.objects.update(created_at=clock() - 2 * unused.KEPT_FOR)
    hold_restored()
    assert unused.begin(clock()) == []
    clock.passes(unused.KEPT_FOR.total_seconds() + 60)
    assert unused.begin(clock()) == [picture.pk]


# A whole queue -------------------------------------------------------------------------------------------


@pytest.fixture
def queued(account: PinterestAccount, monkeypatch: pytest.MonkeyPatch) -> list[Pin]:
    """Five Pins in batches of two."""
    monkeypatch.setattr(restored, "BATCH", 2)
    monkeypatch.setattr(reconcile, "BATCH", 2)
    pins = [make(account, f"Pin {number}") for number in range(5)]
    for pin in pins:
        queue.schedule(pin, at=timezone.now() + timedelta(days=1), now=timezone.now())
    hold_restored()
    account.refresh_from_db()
    health.release(account, now=timezone.now())
    return pins


def test_a_sweep_compares_some_batches_and_nothing_is_looked_for_before_the_last(
    queued: list[Pin], monkeypatch: pytest.MonkeyPatch, clock: Time
) -> None:
    monkeypatch.setattr(restored, "BATCHES", 1)
    for done in (2, 2, 1):
        assert reconcile.due(now=clock()) == []
        assert restored.compare(now=clock()) == done
    restored.compare(now=clock())
    assert len(reconcile.due(now=clock())) == 1
    assert reconcile.due(now=clock()) == []  # the whole place is handed out, however many wait there


def test_a_look_ends_with_its_lease_and_another_one_goes_on(
    queued: list[Pin], account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    restored.compare(now=clock())
    (place,) = reconcile.due(now=clock())

    def slow() -> datetime:
        clock.passes(15)
        return clock()

    rounds = 0
    while Attempt.objects.filter(state=AttemptState.UNKNOWN).exists():
        before = Attempt.objects.filter(state=AttemptState.UNKNOWN, absent_at=None).count()
        reconcile.look(place, clock=slow)
        left = Attempt.objects.filter(state=AttemptState.UNKNOWN, absent_at=None).count()
        assert before - left <= 4
        clock.passes(reconcile.LOOK_LEASE.total_seconds())
        rounds += 1
    assert rounds > 2
    assert {fresh(pin).status for pin in queued} == {Status.SCHEDULED}


# The command ---------------------------------------------------------------------------------------------


def test_an_earlier_time_always_counts(account: PinterestAccount) -> None:
    assert "1 accounts on hold" in hold_restored()
    account.refresh_from_db()
    recent = account.known_until
    assert recent is not None
    hold_restored("2026-11-23T02:00Z")
    hold_restored()
    account.refresh_from_db()
    assert account.known_until is not None
    assert account.known_until < recent
    assert f"{account.known_until:%Y-%m-%d %H:%M}" == "2026-11-23 02:00"


def test_when_the_backup_was_made_must_be_said(account: PinterestAccount) -> None:
    """A sign of life in the rows may be a worker's that ran on them already."""
    with pytest.raises(CommandError, match="Say when the backup was made: --since 2026-11-23T02:00Z"):
        call_command("hold_restored")
    account.refresh_from_db()
    assert (account.is_active, account.known_until) == (True, None)


@pytest.mark.parametrize("said", ["yesterday", "2026-11-23T02:00", "2026-13-45T02:00Z"])
def test_a_time_without_a_zone_is_refused(said: str) -> None:
    with pytest.raises(CommandError, match="zone"):
        hold_restored(said)


def test_a_backup_of_tomorrow_is_refused() -> None:
    with pytest.raises(CommandError, match="still to come"):
        hold_restored((timezone.now() + timedelta(days=1)).isoformat())


# The operator's hold -------------------------------------------------------------------------------------


def needs_reconnect(account: PinterestAccount) -> None:
    health.needs_reconnect(account, now=timezone.now())


def disconnect(account: PinterestAccount) -> None:
    connect.disconnect(account, now=timezone.now())


@pytest.mark.parametrize("meanwhile", [needs_reconnect, disconnect, bool])
def test_reconnecting_does_not_end_the_operators_hold(
    meanwhile: Callable[[PinterestAccount], None],
    still_to_go: Pin,
    account: PinterestAccount,
    simulator: Simulator,
) -> None:
    assert health.stop(account, why=Stop.OPERATOR, now=timezone.now())
    meanwhile(account)
    reconnect(account, simulator)
    assert (account.health, account.health_code) == (Health.HELD, "operator")
    assert account.health_message == health.STOPPED[Stop.OPERATOR]
    assert dispatch.claim(now=timezone.now()) == []
    assert health.release(account, now=timezone.now())
    assert account.is_active
    assert send_all() == [Outcome.DONE]


def test_behind_a_hold_of_pinterests_the_operators_stands(
    account: PinterestAccount, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    health.hold(account, code="spam", message="Pinterest says spam.", now=timezone.now())
    health.stop(account, why=Stop.OPERATOR, now=timezone.now())
    assert (account.health_code, account.stopped) == ("spam", "operator")
    client: Client = client_of(alice)
    for code, shown in (("operator", Health.HELD), ("", Health.ACTIVE)):
        client.post(reverse("accounts:release", args=[account.pk]))
        account.refresh_from_db()
        assert (account.health, account.health_code) == (shown, code)


def test_the_database_takes_no_active_account_that_is_stopped(account: PinterestAccount) -> None:
    health.stop(account, why=Stop.RESTORED, now=timezone.now())
    with pytest.raises(IntegrityError, match="stopped_account_is_not_active"):
        PinterestAccount.objects.filter(pk=account.pk).update(health=Health.ACTIVE)


def test_accounts_that_are_not_held_are_not_compared(still_to_go: Pin, clock: Time) -> None:
    assert restored.compare(now=clock()) == 0
    hold_restored()
    assert restored.compare(now=clock()) == 0
    assert fresh(still_to_go).status == Status.SCHEDULED

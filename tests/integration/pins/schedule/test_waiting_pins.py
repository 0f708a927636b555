"""What waits in an account's queue: put off by one word on the account; no more than may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import counters, quota
from accounts.models import PinterestAccount, User, Workspace
from pins import operations
from pins.errors import Invalid
from pins.models import Heartbeat, Media, Pin, Status
from pins.notifications.problems import lateness
from pins.operations import WaitsFor
from pins.publish import dispatch
from pins.rules import reasons
from pins.schedule import batch, queue
from tests.conftest import SignIn
from tests.integration.api.conftest import Caller
from tests.support import factories
from tests.support.ticks import fresh

pytestmark = pytest.mark.django_db

PAUSE = timedelta(seconds=50)


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    return factories.make_media(workspace)


@pytest.fixture
def as_bob(bob: User, workspace: Workspace) -> Caller:
    return Caller(bob, workspace)


def due(account: PinterestAccount, picture: Media, *, seconds: int = 60, **more: Any) -> Pin:
    """In the queue, its time over since so many seconds."""
    at = timezone.now() - timedelta(seconds=seconds)
    return factories.make_pin(
        account.workspace, account, status=Status.SCHEDULED, publish_at=at, picture=picture, **more
    )


# Quota -----------------------------------------------------------------------------------------------------


def test_pins_that_wait_for_quota_say_so_though_only_their_account_is_written(
    account: PinterestAccount, picture: Media, as_bob: Caller
) -> None:
    pins, now = [due(account, picture) for _ in range(3)], timezone.now()
    touched = [pin.updated_at for pin in pins]
    quota.pause(account, "org_write", PAUSE)
    assert dispatch.claim(now=now) == []
    for pin, at in zip(pins, touched, strict=True):
        said = as_bob.get(f"pins/pin_{pin.pk}").body
        assert said["reason"] == {"code": "quota", "message": reasons.QUOTA}
        assert fresh(pin).updated_at == at
        until = fresh(pin).next_try_at
        assert until is not None
        assert timedelta(seconds=45) < until - now <= PAUSE
        assert said["next_try_at"] is not None


def test_one_word_a_window_however_often_the_dispatcher_looks(
    account: PinterestAccount, picture: Media
) -> None:
    due(account, picture)
    quota.pause(account, "org_write", PAUSE)
    now = timezone.now()
    dispatch.claim(now=now)
    for _ in range(3):
        with CaptureQueriesContext(connection) as asked:
            dispatch.claim(now=timezone.now())
        assert not [each for each in asked if 'UPDATE "accounts_' in each["sql"]]


def test_as_soon_as_there_is_quota_they_go_whatever_was_said(
    account: PinterestAccount, picture: Media
) -> None:
    due(account, picture)
    PinterestAccount.objects.update(quota_until=timezone.now() + timedelta(hours=20))
    assert len(dispatch.claim(now=timezone.now())) == 1


def test_then_what_was_said_holds_no_longer_of_the_others(
    account: PinterestAccount, picture: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "OPEN_PER_ACCOUNT", 1)
    _, other = due(account, picture, seconds=120), due(account, picture)
    quota.pause(account, "org_write", timedelta(hours=20))
    now = timezone.now()
    dispatch.claim(now=now)
    assert fresh(other).why.code == "quota"
    redis = counters.here().redis
    redis.delete(*redis.scan_iter(f"pinsched:quota:*{account.api_url}*"))
    assert len(dispatch.claim(now=timezone.now())) == 1
    assert fresh(other).status == Status.SCHEDULED
    looked_at = fresh(other).looked_at
    assert looked_at is not None
    assert looked_at < now + timedelta(minutes=1)
    assert lateness.late(now + timedelta(hours=1)).filter(pk=other.pk).exists()


def test_a_pin_whose_time_comes_after_that_waits_for_nothing(
    account: PinterestAccount, picture: Media
) -> None:
    later = due(account, picture, seconds=-3600)
    PinterestAccount.objects.update(quota_until=timezone.now() + PAUSE)
    assert (fresh(later).next_try_at, fresh(later).why.code) == (None, "")
    assert not Pin.objects.put_off().exists()


def test_lists_counts_and_alarms_know_it(account: PinterestAccount, picture: Media) -> None:
    now = timezone.now()
    for _ in range(2):
        due(account, picture, seconds=3600)
    elsewhere = due(account, picture, seconds=3600, reason_code="x", reason_message="Something else.")
    Pin.objects.filter(pk=elsewhere.pk).update(due_at=now + timedelta(hours=2))
    PinterestAccount.objects.update(quota_until=now + PAUSE)
    assert Pin.objects.put_off().count() == 3
    groups = Pin.objects.put_off().by_reason()
    assert [(group["said"], group["number"], group["next_try"]) for group in groups] == [
        (reasons.QUOTA, 2, now + PAUSE),
        ("Something else.", 1, now + timedelta(hours=2)),
    ]
    assert operations.late(Pin.objects.all(), now=now, waits_for=WaitsFor.NEXT_TRY).count() == 3
    assert operations.lateness(now)[WaitsFor.NEXT_TRY].number == 3
    assert not lateness.late(now).exists()
    # When the window opens they are due; whoever still waits long after is late since then, not for an hour.
    at = now + PAUSE + timedelta(seconds=20)
    found = operations.lateness(at)[WaitsFor.NOTHING]
    assert (found.number, found.worst) == (2, timedelta(seconds=20))
    assert not lateness.late(at).exists()
    assert lateness.late(at + timedelta(minutes=10)).count() == 2


def test_after_an_outage_what_waited_for_quota_when_it_began_is_lined_up_too(
    account: PinterestAccount, picture: Media
) -> None:
    now = timezone.now()
    first, second = (due(account, picture, seconds=7200 - n) for n in range(2))
    dispatch.claim(now=now - timedelta(days=1))  # a sign of life
    PinterestAccount.objects.update(quota_until=now - timedelta(minutes=55))
    Heartbeat.objects.filter(pk=dispatch.BEAT).update(seen_at=now - timedelta(hours=1))
    assert [claim.attempt for claim in dispatch.claim(now=now)] == [fresh(first).attempts.get().pk]
    assert fresh(second).reason_code == "after_outage"
    assert fresh(second).next_try_at == now + timedelta(minutes=account.catch_up_minutes)


# The cap ---------------------------------------------------------------------------------------------------


@pytest.fixture
def cap(settings: Any) -> int:
    settings.WAITING_PINS_PER_ACCOUNT = 2
    return 2


def test_more_than_may_wait_are_refused_with_words(
    offline: PinterestAccount, picture: Media, cap: int, as_bob: Caller
) -> None:
    for _ in range(cap):
        due(offline, picture)
    board = offline.boards.get()
    body = {
        "account": f"acc_{offline.pk}", "board": f"brd_{board.pk}", "title": "One more",
        "media": [f"med_{picture.pk}"],
    }  # fmt: skip
    refused = as_bob.post("pins", body | {"publish_at": "now"})
    assert (refused.status, refused.code) == (422, "too_many_waiting")
    assert "2 Pins of @alderandoat wait already" in refused.fields["publish_at"][0]
    assert Pin.objects.count() == cap
    draft = as_bob.post("pins", body).body["id"]
    assert as_bob.post(f"pins/{draft}/schedule", {"publish_at": "now"}).status == 422
    assert as_bob.patch(f"pins/{draft}", {"publish_at": "now"}).status == 422
    waiting = Pin.objects.filter(status=Status.SCHEDULED).first()
    assert waiting is not None
    queue.schedule(waiting, at=timezone.now(), now=timezone.now())  # one that waits may move


def test_the_page_says_it_and_keeps_the_draft(
    offline: PinterestAccount, picture: Media, cap: int, bob: User, client_of: SignIn
) -> None:
    for _ in range(cap):
        due(offline, picture)
    draft = factories.make_pin(offline.workspace, offline, picture=picture)
    client = client_of(bob)
    page = client.post(f"/pins/{draft.pk}/publish-now/", follow=True).content.decode()
    assert "wait already" in page
    assert fresh(draft).status == Status.DRAFT


def test_a_batch_that_would_pass_it_is_refused_whole(
    offline: PinterestAccount, picture: Media, cap: int
) -> None:
    drafts = [factories.make_pin(offline.workspace, offline, picture=picture) for _ in range(cap + 1)]
    with pytest.raises(Invalid, match="wait already"):
        batch.schedule(drafts, at=timezone.now() + timedelta(days=1), now=timezone.now())
    assert not Pin.objects.filter(status=Status.SCHEDULED).exists()


def test_no_detour_over_another_account(
    offline: PinterestAccount, workspace: Workspace, picture: Media, cap: int, as_bob: Caller
) -> None:
    other = factories.make_account(workspace, username="other")
    board = factories.make_board(other, name="Lamps")
    waiting = due(other, picture)
    for _ in range(cap):
        due(offline, picture)
    there = {"account": f"acc_{offline.pk}", "board": f"brd_{offline.boards.get().pk}"}
    assert as_bob.patch(f"pins/pin_{waiting.pk}", there).status == 422
    assert fresh(waiting).board == board

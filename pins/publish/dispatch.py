"""Claim what is due. Enqueues nothing: the task does, after commit.

The database is the truth, a message only a hint. A claim is a compare-and-swap of each row with a lease, so
any number of dispatchers may run; SKIP LOCKED merely saves them waiting for each other on PostgreSQL. What
must wait for Pinterest's quota is put off here, by a word on its account, and holds no worker.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts import quota
from accounts.models import PinterestAccount
from pins.models import Attempt, AttemptState, Heartbeat, Pin, Status
from pins.models.pin import LOOKED_AT, TOO_OLD
from pins.publish import outcome
from pins.publish.evidence import Evidence

logger = logging.getLogger(__name__)

# Claimed this long before their time, so that the message is there in time.
AHEAD: Final = timedelta(seconds=15)
# After due: by then its message or its worker is taken for lost, and another message is sent. Short, because
# that costs nothing: of two messages one loses the compare-and-swap.
CLAIM_LEASE: Final = timedelta(seconds=4)
LOST_MESSAGES: Final = 1000  # messages sent again in one round
# At most so many of one account are claimed at a time: 5,000 Pins of one don't delay 5 of another.
OPEN_PER_ACCOUNT: Final = 100
OPEN_MOST: Final = 400  # of all accounts together: some seconds of sending, about a CLAIM_LEASE
BUNDLE: Final = 8  # attempts in one message: few enough to share a burst out among workers
SAME_MOMENT: Final = timedelta(milliseconds=100)
SOON: Final = timedelta(seconds=2)  # a shorter wait for quota is left to the sender

# Nobody dispatched for so long: then, and only then, what is overdue leaves one by one.
OUTAGE: Final = timedelta(minutes=10)
BEAT: Final = "dispatch"

OVERDUE_MESSAGE: Final = (
    "PinSched was not running when this Pin was due, more than a day ago. Publish it now, or pick a time."
)
SPACED_MESSAGE: Final = (
    "PinSched was not running when this Pin was due. What is overdue goes out by itself, one by one, the "
    "oldest first."
)
UNDELIVERED: Final = Evidence("after_outage", SPACED_MESSAGE)


@dataclass(frozen=True, slots=True)
class Claim:
    attempt: int
    eta: datetime


def claim(*, now: datetime) -> list[Claim]:
    """Move due Pins to `publishing`, each with one Attempt, oldest first; accounts take turns.

    Claims whose message was lost are among the answer again.
    """
    _notice_outage(now)
    return _claim_again(now) + _claim_due(now)


def _claim_again(now: datetime) -> list[Claim]:
    """What was claimed and never sent, however long ago."""
    # Locked, so that of two dispatchers one sends it; but nobody is waited for who is just settling one.
    with transaction.atomic():
        lost = list(Attempt.objects.undelivered(now).unlocked().values_list("pk", flat=True)[:LOST_MESSAGES])
        Attempt.objects.filter(pk__in=lost).update(lease_until=now + CLAIM_LEASE)
    return [Claim(pk, now) for pk in lost]


def _claim_due(now: datetime) -> list[Claim]:
    due = Pin.objects.due(now + AHEAD).filter(account=OuterRef("pk"))
    accounts = list(
        PinterestAccount.objects.publishing().filter(Exists(due)).defer("access_token", "refresh_token")
    )
    if not accounts:
        return []
    rooms = quota.rooms(accounts, "org_write")
    claimed = _claimed(now)
    share = max(1, min(OPEN_PER_ACCOUNT, OPEN_MOST // len(accounts)))
    turns: list[tuple[datetime, int, Claim]] = []
    for account in accounts:
        room, (waiting, due_now) = rooms[account.pk], claimed.get(account.pk, (0, 0))
        most = min(room.left, share)
        # What is due now isn't held up by claims whose time is still to come.
        claims = _claim_of(account, now, until=now, most=most - due_now)
        claims += _claim_of(account, now, until=now + AHEAD, most=most - waiting - len(claims))
        if room.left > 0:
            _goes_on(account, now)
        elif room.wait > SOON:
            _put_off(account, now + room.wait)
        turns += ((one.eta, turn, one) for turn, one in enumerate(claims))
    return [one for _, _, one in sorted(turns, key=lambda turn: turn[:2])]


def together(claims: Sequence[Claim]) -> Iterator[tuple[datetime, list[int]]]:
    """Claims in the order of their times, those due at the same moment in bundles for one message each."""
    bundle: list[int] = []
    since: datetime | None = None
    for one in claims:
        if since is None or len(bundle) >= BUNDLE or one.eta - since > SAME_MOMENT:
            if since is not None:
                yield since, bundle
            bundle, since = [], one.eta
        bundle.append(one.attempt)
    if since is not None:
        yield since, bundle


def _claimed(now: datetime) -> dict[int, tuple[int, int]]:
    """Claims of each account that nobody has sent yet: all, and those whose time has come."""
    rows = Attempt.objects.filter(state=AttemptState.CLAIMED).order_by().values_list("pin__account")
    numbers = rows.annotate(all=Count("pk"), due=Count("pk", filter=Q(lease_until__lte=now + CLAIM_LEASE)))
    return {account: (every, due) for account, every, due in numbers}


def _claim_of(account: PinterestAccount, now: datetime, *, until: datetime, most: int) -> list[Claim]:
    if most <= 0:
        return []
    # One short transaction an account: a crash in between leaves whole claims or none.
    with transaction.atomic():
        waiting = list(
            Pin.objects.due(until)
            .filter(account=account)
            .order_by("due_at", "publish_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", "due_at")[:most]
        )
        times = {pk: max(now, due_at) for pk, due_at in waiting if due_at is not None}
        won = Pin.objects.filter(pk__in=times).move_all(
            Status.SCHEDULED, Status.PUBLISHING, reason_code="", reason_message=""
        )
        if won < len(times):
            # Only where rows can't be locked (SQLite) and somebody was faster: all of it again, next tick.
            transaction.set_rollback(True)
            return []
        attempts = Attempt.objects.bulk_create(
            Attempt(pin_id=pk, started_at=now, lease_until=at + CLAIM_LEASE) for pk, at in times.items()
        )
    return [Claim(attempt.pk, times[attempt.pin_id]) for attempt in attempts]


def _put_off(account: PinterestAccount, until: datetime) -> None:
    """Say on the account, once a window, until when its due Pins wait: each of them answers with that."""
    said = account.quota_until
    if said is None or abs(until - said) > SOON:
        PinterestAccount.objects.filter(pk=account.pk).update(quota_until=until)


def _goes_on(account: PinterestAccount, now: datetime) -> None:
    """There is quota sooner than was said: a larger limit, say, or an emptied Redis. Else its Pins would go
    on saying that they wait for it, and be neither late nor overdue."""
    said = account.quota_until
    if said is not None and said - now > SOON:
        PinterestAccount.objects.filter(pk=account.pk, quota_until=said).update(quota_until=now)


# After an outage -----------------------------------------------------------------------------------------


def _notice_outage(now: datetime) -> None:
    """Leave a sign of life; if the last one is old, line up what is overdue before anybody claims it."""
    signs = Heartbeat.objects.filter(pk=BEAT)
    if signs.filter(seen_at__lt=now - OUTAGE).exists():
        # The row is locked: other dispatchers wait here until the line stands.
        with transaction.atomic():
            since = signs.select_for_update().get().seen_at
            if now - since > OUTAGE:
                _line_up(since, now)
                logger.warning("dispatch.outage", extra={"since": since.isoformat()})
                signs.update(seen_at=now)
    # Forwards only: `now` is old news in a process that was frozen, and would look like an outage. But a sign
    # from the future, after a wrong clock was put right, would hide the next one.
    elif not signs.filter(Q(seen_at__lt=now) | Q(seen_at__gt=Now())).update(seen_at=now):
        Heartbeat.objects.get_or_create(name=BEAT, defaults={"seen_at": now})


def _line_up(since: datetime, now: datetime) -> None:
    """Overdue Pins leave spaced by their account's rule; those older than a day wait for a person.

    What was due long before the outage waits for something else, its account, say, and goes on doing so.
    """
    for attempt in Attempt.objects.undelivered(now):  # about to go out when it began
        outcome.defer(attempt, UNDELIVERED, now=now, until=since, was=outcome.UNSENT)
    queued = Pin.objects.filter(status=Status.SCHEDULED).annotate(looked=LOOKED_AT)
    overdue = queued.filter(looked__gte=since - OUTAGE, looked__lt=now, due_at__lt=now)
    Pin.objects.filter(pk__in=overdue.filter(due_at__lt=now - TOO_OLD).values("pk")).update(
        due_at=None, reason_code="overdue", reason_message=OVERDUE_MESSAGE, updated_at=Now()
    )
    places: dict[int, int] = {}
    # Locked: a person who moves one of them meanwhile comes after the line, and counts.
    rows = (
        overdue.order_by("due_at", "publish_at", "pk")
        .select_for_update(of=("self",))
        .select_related("account")
        .only("account__catch_up_minutes")
    )
    spaced = []
    for pin in rows.iterator(chunk_size=1000):
        assert pin.account is not None  # a constraint of the table
        place = places.get(pin.account.pk, 0)
        places[pin.account.pk] = place + 1
        if place:  # the first of each account goes at once
            pin.due_at = now + place * timedelta(minutes=pin.account.catch_up_minutes)
            pin.reason_code, pin.reason_message = "after_outage", SPACED_MESSAGE
            spaced.append(pin)
    Pin.objects.bulk_update(spaced, ["due_at", "reason_code", "reason_message"], batch_size=500)

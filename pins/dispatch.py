"""Claim what is due. Enqueues nothing: the task does, after commit.

The database is the truth, a message only a hint. A claim is a compare-and-swap per row with a lease, so any
number of dispatchers may run; SKIP LOCKED merely saves them waiting for each other on PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import PinterestAccount
from pins.models import Attempt, Pin, Status

AHEAD: Final = timedelta(
    seconds=15
)  # claimed this long before their time, so that the message is there in time
LEASE: Final = timedelta(
    seconds=45
)  # after due: longer than a publish's whole deadline (publish.DEADLINE, and preparing before it)
# At most so many of one account in one round: 5,000 Pins of one don't delay 5 of another.
PER_ACCOUNT: Final = 50


@dataclass(frozen=True, slots=True)
class Claim:
    attempt: int
    eta: datetime


def claim(*, now: datetime) -> list[Claim]:
    """Move due Pins to `publishing`, each with one Attempt; account by account, oldest first."""
    due = Pin.objects.filter(account=OuterRef("pk"), status=Status.SCHEDULED, due_at__lte=now + AHEAD)
    accounts = PinterestAccount.objects.active().filter(Exists(due)).values_list("pk", flat=True)
    claims = []
    for account in accounts:
        claims += _claim_of(account, now)
    return sorted(claims, key=lambda claim: claim.eta)


def _claim_of(account: int, now: datetime) -> list[Claim]:
    # One short transaction an account: a crash in between leaves whole claims or none.
    with transaction.atomic():
        waiting = list(
            Pin.objects.filter(account=account, status=Status.SCHEDULED, due_at__lte=now + AHEAD)
            .order_by("due_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", "due_at")[:PER_ACCOUNT]
        )
        won = [
            (pk, due_at)
            for pk, due_at in waiting
            if due_at is not None  # a constraint of the table
            and Pin.objects.move(pk, Status.SCHEDULED, Status.PUBLISHING, reason_code="", reason_message="")
        ]
        attempts = Attempt.objects.bulk_create(
            Attempt(pin_id=pk, started_at=now, lease_until=max(now, due_at) + LEASE) for pk, due_at in won
        )
    return [Claim(attempt.pk, max(now, due_at)) for attempt, (_, due_at) in zip(attempts, won, strict=True)]

"""PinSched itself is behind, or its clock is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min

from accounts import skew
from pins import operations
from pins.models import (
    Notification,
    NotificationKind,
    Pin,
)
from pins.models.notification import INSTANT
from pins.models.pin import LOOKED_AT, PinQuerySet
from pins.notifications.problems.notices import AGAIN_AFTER, last_told


def late(now: datetime) -> PinQuerySet:
    """Late by more than the set minutes though nothing holds them: something of ours is broken or slow."""
    limit = timedelta(minutes=settings.LATE_ALERT_MINUTES)
    return operations.late(Pin.objects.all(), now=now, waits_for=operations.WaitsFor.NOTHING, by=limit)


def of_lateness(now: datetime) -> Iterator[Notification]:
    """One alarm a workspace for its admins, one for the operators; again after an hour at the earliest."""
    rows = late(now).order_by().values_list("workspace").annotate(Count("pk"), oldest=Min(LOOKED_AT))
    found = {workspace: (number, oldest) for workspace, number, oldest in rows}
    if not found:
        return
    open_now = set(
        Notification.objects.open().filter(kind=NotificationKind.LATE).values_list("workspace", flat=True)
    )
    last = last_told(NotificationKind.LATE)
    minutes = settings.LATE_ALERT_MINUTES
    numbers, oldest = zip(*found.values(), strict=True)
    rows_of_all: Iterable[tuple[int | None, int, datetime]] = [
        *((workspace, number, since) for workspace, (number, since) in found.items()),
        (None, sum(numbers), min(oldest)),
    ]
    for workspace, number, since in rows_of_all:
        pk, told_at = last.get(workspace, (0, None))
        if workspace in open_now or (told_at is not None and told_at > now - AGAIN_AFTER):
            continue
        pins = f"{number:,} Pin{' is' if number == 1 else 's are'}"
        cure = (
            "Tell the person who runs this PinSched. The Pins go out by themselves as soon as it catches up."
            if workspace
            else "Look whether beat and the workers run; /readyz names what is red."
        )
        yield Notification(
            workspace_id=workspace,
            kind=NotificationKind.LATE,
            key=f"{NotificationKind.LATE}:{workspace or 'all'}:after:{pk}",
            title=f"{pins} late",
            message=(
                f"{pins} late by more than {minutes} minutes though nothing holds them back: PinSched itself "
                f"is behind. The oldest was due {INSTANT}. {cure}"
            ),
            about_at=since,
            created_at=now,
        )


def of_clock(now: datetime) -> Iterator[Notification]:
    """One alarm for the operators while the clocks differ; again after an hour at the earliest."""
    wrong = skew.alarm(now=now)
    if not wrong or Notification.objects.open().filter(kind=NotificationKind.CLOCK).exists():
        return
    pk, told_at = last_told(NotificationKind.CLOCK).get(None, (0, None))
    if told_at is None or told_at <= now - AGAIN_AFTER:
        yield Notification(
            kind=NotificationKind.CLOCK,
            key=f"{NotificationKind.CLOCK}:after:{pk}",
            title="The database’s clock is wrong",
            message=f"{wrong} Set the clock of the database’s machine right, by NTP say.",
            created_at=now,
        )

"""What was told and is no longer so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts import skew
from accounts.models import Health
from pins.models import (
    Attempt,
    LiveChange,
    LiveState,
    Notification,
    NotificationKind,
    Pin,
    Status,
)
from pins.notifications.problems.accounts import IN_USE, LAST_WARNING, without_tokens
from pins.notifications.problems.lateness import late


def over(now: datetime) -> Iterable[int]:
    """Open notifications whose cause is gone."""
    needs_people = Attempt.objects.filter(notifications=OuterRef("pk"))
    unusable_there = without_tokens(now).filter(
        pin__account=OuterRef("account"), pin__account__health=Health.ACTIVE
    )
    overdue_there = Pin.objects.overdue().filter(account=OuterRef("account"))
    refused = LiveChange.objects.filter(
        state=LiveState.REFUSED, pin__account=OuterRef("account"), settled_at__lte=OuterRef("about_at")
    )
    missing = Pin.objects.without_picture()
    missing_there = missing.filter(workspace=OuterRef("workspace"), media_links__media__told_at__isnull=False)
    late_there = late(now).filter(workspace=OuterRef("workspace"))
    lasts = (
        Q(kind=NotificationKind.RECONNECT, account__health=Health.NEEDS_RECONNECT, about_at=F("since"))
        | Q(kind=NotificationKind.HELD, account__health=Health.HELD, about_at=F("since"))
        | Q(kind__in=(NotificationKind.ENDS_SOON, NotificationKind.ENDS_NOW), account__health__in=IN_USE)
        & Q(about_at=F("account__refresh_expires_at"))
        & ~Q(
            kind=NotificationKind.ENDS_SOON, about_at__lte=now + LAST_WARNING
        )  # the last warning has taken its place
        | Q(kind=NotificationKind.BOARDS, account__health=Health.ACTIVE, about_at=F("read"))
        | Q(Exists(needs_people.filter(pin__status=Status.FAILED)), kind=NotificationKind.FAILED)
        | Q(Exists(needs_people.filter(pin__status=Status.NEEDS_REVIEW)), kind=NotificationKind.REVIEW)
        | Q(Exists(unusable_there), kind=NotificationKind.UNUSABLE)
        | Q(Exists(overdue_there), kind=NotificationKind.OVERDUE)
        | Q(Exists(missing.filter(pk=OuterRef("pin"))), kind=NotificationKind.PICTURE)
        | Q(Exists(missing_there), kind=NotificationKind.PICTURE, pin=None)
        | Q(Exists(refused), kind=NotificationKind.CHANGE)
        | Q(Exists(late_there), kind=NotificationKind.LATE)
        | Q(Exists(late(now)), kind=NotificationKind.LATE, workspace=None)
    )
    if skew.alarm(now=now):
        lasts |= Q(kind=NotificationKind.CLOCK)
    return (
        Notification.objects.open()
        .annotate(
            since=Coalesce("account__health_changed_at", "account__connected_at"),
            read=Coalesce("account__boards_synced_at", "account__connected_at"),
        )
        .exclude(lasts)
        .values_list("pk", flat=True)
    )

"""Changes of live Pins that Pinterest refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Final

from django.db.models import Max

from accounts.models import PinterestAccount
from pins.models import (
    Level,
    LiveChange,
    LiveState,
    Notification,
    NotificationKind,
)
from pins.notifications.problems.notices import AGAIN_AFTER, FORGOTTEN, GATHER, name_of, notification

NAMED: Final = 5  # Pins of several that are named
UNTOUCHED: Final = "The Pin is as it was: try again, or dismiss it."
DISMISS_OR_DELETE: Final = "Dismiss this, or delete the Pin here as well."


def of_changes(now: datetime) -> Iterator[Notification]:
    """Refused ones, which wait for a person: at most one notification an account and hour."""
    refused = (
        LiveChange.objects.filter(state=LiveState.REFUSED)
        .filter(settled_at__gt=now - FORGOTTEN, settled_at__lte=now - GATHER)
        .select_related("pin__account")
        .defer("pin__account__access_token", "pin__account__refresh_token")
        .order_by("pin__account", "settled_at", "pk")
    )
    told = Notification.objects.filter(kind=NotificationKind.CHANGE).order_by().values_list("account")
    last = {
        account: facts for account, *facts in told.annotate(Max("pk"), Max("created_at"), Max("about_at"))
    }
    for account, found in groupby(refused, key=lambda change: change.pin.account):
        assert account is not None  # a published Pin is some account's
        pk, told_at, upto = last.get(account.pk, (0, None, None))
        untold = [change for change in found if upto is None or (change.settled_at or now) > upto]
        if untold and (told_at is None or told_at <= now - AGAIN_AFTER):
            yield _of_changes(account, untold, after=pk, now=now)


def _of_changes(
    account: PinterestAccount, changes: list[LiveChange], *, after: int, now: datetime
) -> Notification:
    only = changes[0].pin if len(changes) == 1 else None
    in_doubt = any(change.is_in_doubt for change in changes)
    if only:
        title = f"Pinterest refused to change {name_of(only)}"
        end = DISMISS_OR_DELETE if changes[0].code == "gone" else UNTOUCHED
        message = f"{changes[0].message} {end}"
        if in_doubt:
            title, message = f"Was {name_of(only)} changed on Pinterest? Have a look", changes[0].message
    else:
        names = ", ".join(name_of(change.pin) for change in changes[:NAMED])
        more = f" and {len(changes) - NAMED:,} more" if len(changes) > NAMED else ""
        title = f"Pinterest refused to change {len(changes):,} Pins of {account}"
        these = "Have a look at these Pins" if in_doubt else "These Pins are as they were"
        message = f"{changes[-1].message} {these}: {names}{more}."
    return notification(
        account,
        NotificationKind.CHANGE,
        f"after:{after}",
        title=title,
        message=message,
        now=now,
        pin=only,
        level=Level.WARNING,
        about_at=changes[-1].settled_at,
    )

"""How a problem becomes a notification: its key, and when its like was told last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max
from django.utils.text import Truncator

from accounts.models import PinterestAccount
from pins.models import (
    Notification,
    NotificationKind,
    Pin,
)

# Pins that fail together are told together: what failed first waits this long for the others.
GATHER: Final = timedelta(minutes=1)
AGAIN_AFTER: Final = timedelta(hours=1)  # between two digests of one account, or two alarms
FORGOTTEN: Final = timedelta(days=2)  # what failed longer ago is no news
TITLE_SHOWN: Final = 80  # characters of a Pin's title
REASON_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Digest:
    """Several failures in one notification, and which tries or pictures it speaks of."""

    notification: Notification
    attempts: Sequence[int] = ()
    pictures: Sequence[int] = ()


def notification(
    account: PinterestAccount,
    kind: NotificationKind,
    occurrence: str,
    *,
    title: str,
    message: str,
    now: datetime,
    **more: Any,
) -> Notification:
    """Whoever looks at the same moment makes the same key of an occurrence, and only one of them tells."""
    return Notification(
        workspace_id=account.workspace_id,
        account=account,
        kind=kind,
        key=f"{kind}:{account.pk}:{occurrence}",
        title=title[:200],
        message=message[:2000],
        created_at=now,
        **more,
    )


def last_told(kind: NotificationKind, **among: object) -> dict[int | None, tuple[int, datetime]]:
    """Of each account, or of each workspace: the newest notification of this kind, and when it was made."""
    by = "workspace" if kind in (NotificationKind.LATE, NotificationKind.PICTURE) else "account"
    rows = Notification.objects.filter(kind=kind, **among).order_by().values_list(by)
    return {owner: (pk, at) for owner, pk, at in rows.annotate(Max("pk"), Max("created_at"))}


def name_of(pin: Pin) -> str:
    named = pin.title or pin.is_save
    return f"“{Truncator(pin.heading).chars(TITLE_SHOWN)}”" if named else "A Pin without a title"


def reason_of(pin: Pin) -> str:
    return Truncator(pin.reason_message or "Pinterest refused it.").chars(REASON_SHOWN)

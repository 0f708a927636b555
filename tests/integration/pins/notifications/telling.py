"""What the tick of notifications does, and whom it told what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import mail
from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins.models import (
    AttemptState,
    Notification,
    NotificationKind,
    Pin,
    Status,
)
from pins.notifications import notify
from tests.support import factories


def tick(now: datetime | None = None) -> int:
    """What pins.notify does every half minute."""
    now = now or timezone.now()
    made = notify.tell(now=now)
    notify.mail(now=now)
    return made


def told(kind: NotificationKind) -> Notification:
    return Notification.objects.get(kind=kind)


def mailed_to() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


def refuse(
    workspace: Workspace,
    account: PinterestAccount,
    at: datetime,
    *,
    message: str = "The link is blocked.",
    **more: Any,
) -> Pin:
    """A Pin that Pinterest said no to."""
    pin = factories.make_pin(
        workspace, account, status=Status.FAILED, reason_code="1", reason_message=message, **more
    )
    pin.attempts.create(state=AttemptState.REFUSED, started_at=at, lease_until=at, sent_at=at, settled_at=at)
    return pin

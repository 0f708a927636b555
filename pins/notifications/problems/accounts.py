"""Accounts that stopped, that lose their connection soon, or whose boards were not read for days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import Health, PinterestAccount
from accounts.models.pinterest_account import REFRESH_WARNING, PinterestAccountQuerySet
from pins.models import (
    Attempt,
    AttemptState,
    Level,
    Notification,
    NotificationKind,
    Pin,
    Status,
)
from pins.models.attempt import AttemptQuerySet
from pins.models.notification import INSTANT, NEED_NEW_TOKENS, SCOPE
from pins.notifications.problems.notices import last_told, notification

LAST_WARNING: Final = timedelta(days=3)
BOARDS_STALE: Final = timedelta(days=3)  # boards are read daily: several tries have failed
# Such a Pin is tried again and again, and for moments says nothing: its last tries tell.
UNUSABLE_FOR: Final = timedelta(minutes=5)
HELD_TITLES: Final = {
    "spam": "Pinterest took Pins of {account} for spam",
    "suspended": "Pinterest has suspended or restricted {account}",
    "trial": "{account} can’t publish: your Pinterest app has Trial access",
    SCOPE: "{account} can’t publish: a permission is missing",
}
IN_USE: Final = (Health.ACTIVE, Health.HELD)


def of_accounts(now: datetime) -> Iterator[Notification]:
    """Stopped, about to lose their connection, or not read for days."""
    yield from _stopped(now)
    yield from _unusable(now)
    yield from _ending(now)
    yield from _unread(now)


def _stopped(now: datetime) -> Iterator[Notification]:
    for health, kind in (
        (Health.NEEDS_RECONNECT, NotificationKind.RECONNECT),
        (Health.HELD, NotificationKind.HELD),
    ):
        found = list(_untold(_accounts().filter(health=health), kind, "since"))
        queued = Pin.objects.filter(account__in=found, status=Status.SCHEDULED).order_by()
        waiting = dict(queued.values_list("account").annotate(Count("pk"))) if found else {}
        for account in found:
            title = f"{account} needs reconnecting"
            if kind == NotificationKind.HELD:
                title = HELD_TITLES.get(account.health_code, "{account} is on hold").format(account=account)
            why = (
                account.health_message or "Pinterest no longer accepts what PinSched sends for this account."
            )
            said = f"{why} {_waiting(waiting.get(account.pk, 0))}"
            since = account.health_changed_at or account.connected_at
            yield _of_account(account, kind, since, title=title, message=said, now=now)


def _unusable(now: datetime) -> Iterator[Notification]:
    """Healthy for all that Pinterest says, but this installation can't use their tokens."""
    tries = without_tokens(now).order_by("-pk").values_list("pin__account", "code", "message")
    found = {account: (code, message) for account, code, message in tries}
    if not found:
        return
    still_told = (
        Notification.objects.open().filter(kind=NotificationKind.UNUSABLE).values_list("account", flat=True)
    )
    last = last_told(NotificationKind.UNUSABLE, account__in=found)
    for account in _accounts().active().filter(pk__in=found.keys() - set(still_told)):
        after, _ = last.get(account.pk, (0, None))
        code, message = found[account.pk]
        # At another address it would be another account, with boards of its own.
        resume = "" if code == "wrong_address" else " Its scheduled Pins wait and go out by themselves then."
        yield Notification(
            workspace_id=account.workspace_id,
            account=account,
            kind=NotificationKind.UNUSABLE,
            key=f"{NotificationKind.UNUSABLE}:{account.pk}:after:{after}",
            title=f"{account} can’t publish: connect it again"[:200],
            message=f"{message}{resume}"[:2000],
            created_at=now,
        )


def without_tokens(now: datetime) -> AttemptQuerySet:
    return Attempt.objects.filter(
        state=AttemptState.DEFERRED,
        code__in=NEED_NEW_TOKENS,
        settled_at__gt=now - UNUSABLE_FOR,
        pin__status__in=(Status.SCHEDULED, Status.PUBLISHING),
    )


def _ending(now: datetime) -> Iterator[Notification]:
    """Tokens are renewed weeks ahead: that one ends soon means that renewing fails."""
    ending = _accounts().filter(health__in=IN_USE).exclude(refresh_token="")
    last = Q(refresh_expires_at__lte=now + LAST_WARNING)
    soon = ending.filter(~last, refresh_expires_at__lte=now + REFRESH_WARNING)
    for found, kind, level, when in (
        (soon, NotificationKind.ENDS_SOON, Level.WARNING, "soon"),
        (ending.filter(last), NotificationKind.ENDS_NOW, Level.ERROR, "within three days"),
    ):
        for account in _untold(found, kind, "refresh_expires_at"):
            assert account.refresh_expires_at is not None  # filtered on above
            said = (
                f"The permission that {account} gave to PinSched ends {INSTANT}, and renewing it has failed "
                "so far. Reconnect the account before then, or its Pins will wait."
            )
            title = f"The connection to {account} ends {when}"
            yield _of_account(
                account, kind, account.refresh_expires_at, title=title, message=said, now=now, level=level
            )


def _unread(now: datetime) -> Iterator[Notification]:
    since = now - BOARDS_STALE
    stale = Q(boards_synced_at__lte=since) | Q(boards_synced_at=None, connected_at__lte=since)
    failing = _accounts().filter(stale, health=Health.ACTIVE)
    for account in _untold(failing.exclude(boards_sync_message=""), NotificationKind.BOARDS, "read"):
        said = (
            f"{account.boards_sync_message} Boards that were made, renamed or deleted on Pinterest meanwhile "
            "are not known here. Pins go out as planned."
        )
        title = f"The boards of {account} could not be read for days"
        read = account.boards_synced_at or account.connected_at
        yield _of_account(
            account, NotificationKind.BOARDS, read, title=title, message=said, now=now, level=Level.WARNING
        )


def _accounts() -> PinterestAccountQuerySet:
    """Each with `since`, when its health changed, and `read`, when its boards were last read."""
    since = Coalesce("health_changed_at", "connected_at")
    read = Coalesce("boards_synced_at", "connected_at")
    return PinterestAccount.objects.annotate(since=since, read=read).defer("access_token").order_by("pk")


def _untold(
    accounts: PinterestAccountQuerySet, kind: NotificationKind, about: str
) -> PinterestAccountQuerySet:
    told = Notification.objects.filter(account=OuterRef("pk"), kind=kind, about_at=OuterRef(about))
    return accounts.exclude(Exists(told))


def _of_account(
    account: PinterestAccount,
    kind: NotificationKind,
    about_at: datetime,
    *,
    title: str,
    message: str,
    now: datetime,
    level: Level = Level.ERROR,
) -> Notification:
    occurrence = about_at.isoformat()
    return notification(
        account, kind, occurrence, title=title, message=message, now=now, level=level, about_at=about_at
    )


def _waiting(number: int) -> str:
    if not number:
        return "Until this is put right, nothing is published with it."
    what, who = (
        ("1 scheduled Pin waits and goes", "itself")
        if number == 1
        else (f"{number:,} scheduled Pins wait and go", "themselves")
    )
    return f"{what} out by {who} once this is put right."

"""Tell people what is wrong: once in the app, once by mail, and take it back when it is cured.

    1. Resolve what is over.            an UPDATE of what `problems.over` finds
    2. Make what is missing.            INSERT … ON CONFLICT DO NOTHING, by a key of subject and occurrence
    3. Hand each its people's copies.   the same, by (notification, person)
    4. Mail the copies that are due.    a lease each by compare-and-swap, then the mail, then "mailed"

Each step looks at rows only, so whoever is killed anywhere loses nothing, and any number of workers may run
this at once. Killed between the mail server's yes and our "mailed", the mail goes out a second time when the
lease is over: a mail too many is a nuisance, one too few leaves Pins waiting. Both carry one Message-ID, by
which most mailboxes show them as one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts import letters
from accounts.clock import now as shared_now
from accounts.models import Membership, Role, User, Workspace
from pins.models import Media, Notification, NotificationKind, Receipt
from pins.notifications.problems import accounts, changes, failures, lateness, over, pictures
from pins.notifications.problems.notices import Digest

logger = logging.getLogger(__name__)

TOLD_OF_LATENESS: Final = (Role.OWNER, Role.ADMIN)  # others can do nothing about it
MAILED_ROLES: Final = (Role.OWNER, Role.ADMIN, Role.EDITOR)
NOT_MAILED: Final = (NotificationKind.BOARDS,)  # nothing is late or lost by it

BATCH: Final = 500  # rows a statement, and mails a round
ROUND: Final = 20.0  # seconds in which a round begins mails
MAIL_LEASE: Final = timedelta(
    minutes=5
)  # longer than a mail takes: EMAIL_TIMEOUT holds for each of its steps
MAIL_AGAIN: Final = timedelta(minutes=5)  # after the mail server's no
MAIL_NO_MORE: Final = timedelta(days=1)  # what could not be mailed for so long is left to the app
KEPT: Final = timedelta(days=90)  # after it was resolved


def tell(*, now: datetime) -> int:
    """Steps 1 to 3; how many notifications were made. Sends nothing."""
    Notification.objects.filter(pk__in=over.over(now)).update(resolved_at=now)
    Notification.objects.filter(resolved_at__lt=now - KEPT).delete()
    of_accounts = [*accounts.of_accounts(now), *failures.of_overdue(now)]
    made = _make(
        [*of_accounts, *changes.of_changes(now), *lateness.of_lateness(now), *lateness.of_clock(now)]
    )
    made += sum(_make_digest(each) for each in (*failures.of_pins(now), *pictures.of_pictures(now)))
    _hand_out(now)
    if made:
        logger.info("notifications.made", extra={"number": made})
    return made


def _make(found: Iterable[Notification]) -> int:
    wanted = list(found)
    known = set(
        Notification.objects.filter(key__in=[each.key for each in wanted]).values_list("key", flat=True)
    )
    missing = [each for each in wanted if each.key not in known]
    Notification.objects.bulk_create(missing, batch_size=BATCH, ignore_conflicts=True)
    return len(missing)


def _make_digest(digest: Digest) -> bool:
    made = digest.notification
    values = {
        name: getattr(made, name)
        for name in (
            "workspace_id",
            "account_id",
            "pin_id",
            "kind",
            "level",
            "title",
            "message",
            "about_at",
            "created_at",
        )
    }
    # With its tries, or not at all: a try without a notification is told again.
    with transaction.atomic():
        notification, won = Notification.objects.get_or_create(key=made.key, defaults=values)
        if won:
            notification.attempts.set(digest.attempts)
            Media.objects.filter(pk__in=digest.pictures).update(told_at=made.created_at)
    return won


def _hand_out(now: datetime) -> None:
    """A copy to everybody whom an open notification concerns and who has none. Newcomers get no mail."""
    copy = Receipt.objects.filter(notification=OuterRef("pk"), user=OuterRef("member"))
    rows = (
        Notification.objects.open()
        .annotate(
            member=F("workspace__memberships__user"),
            role=F("workspace__memberships__role"),
            joined=F("workspace__memberships__created_at"),
        )
        .filter(~Q(kind=NotificationKind.LATE) | Q(role__in=TOLD_OF_LATENESS), member__isnull=False)
        .exclude(Exists(copy))
        .values_list("pk", "kind", "created_at", "member", "role", "joined")
    )
    copies = [
        Receipt(
            notification_id=pk,
            user_id=member,
            mail_due_at=now if role in MAILED_ROLES and kind not in NOT_MAILED and joined <= made else None,
        )
        for pk, kind, made, member, role, joined in rows
    ]
    copies += _copies_of_operators(now)
    Receipt.objects.bulk_create(copies, batch_size=BATCH, ignore_conflicts=True)


def _copies_of_operators(now: datetime) -> list[Receipt]:
    open_ones = Notification.objects.open().filter(workspace=None).values_list("pk", "created_at")
    return [
        Receipt(notification_id=pk, user=user, mail_due_at=now if user.date_joined <= made else None)
        for pk, made in open_ones
        for user in User.objects.filter(is_staff=True, is_active=True).exclude(receipts__notification=pk)
    ]


# Mail ----------------------------------------------------------------------------------------------------


def mail(*, now: datetime, clock: Callable[[], datetime] = shared_now) -> int:
    """Step 4; how many were sent. What a silent mail server leaves undone, the next round does."""
    sent, began = 0, clock()
    for receipt in Receipt.objects.mail_due(now)[:BATCH]:
        if (clock() - began).total_seconds() > ROUND:
            break
        lease = now + MAIL_LEASE
        if Receipt.objects.take_mail(receipt, until=lease):
            sent += _mail(receipt, lease, now)
    return sent


def _mail(receipt: Receipt, lease: datetime, now: datetime) -> bool:
    address = _address(receipt)
    if address is None or now - receipt.notification.created_at > MAIL_NO_MORE:
        Receipt.objects.end_mail(receipt, lease=lease, mail_due_at=None)
        return False
    sent = _send(receipt, address)
    if sent:
        Receipt.objects.end_mail(receipt, lease=lease, mail_due_at=None, mailed_at=now)
    else:
        Receipt.objects.end_mail(receipt, lease=lease, mail_due_at=now + MAIL_AGAIN)
    return sent


def _address(receipt: Receipt) -> str | None:
    """Where to, if it still concerns this person and they want mails; nowhere if it was cured meanwhile."""
    told, user = receipt.notification, receipt.user
    if not (user.is_active and user.trouble_mails):
        return None
    if not Notification.objects.still_true().filter(pk=told.pk).exists():
        return None
    concerned = (
        Membership.objects.filter(workspace=told.workspace_id, user=user, role__in=MAILED_ROLES).exists()
        if told.workspace_id
        else user.is_staff
    )
    verified = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk").first()
    return str(verified.email) if concerned and verified else None


def _send(receipt: Receipt, address: str) -> bool:
    told, user = receipt.notification, receipt.user
    workspace: Workspace | None = told.workspace
    return letters.send(
        "pins/notifications/email/trouble",
        address,
        message_id=f"<notification-{told.pk}-{user.pk}@{urlsplit(settings.BASE_URL).hostname}>",
        workspace=workspace,
        told=told,
        words=told.words(user.zone),
        lost_zone=user.time_zone if user.has_lost_zone else "",
        url=settings.BASE_URL + reverse("notification", args=[told.pk]),
        profile_url=settings.BASE_URL + reverse("profile"),
    )


# Reading -------------------------------------------------------------------------------------------------


def mark_read(user: User, told: Notification, *, now: datetime) -> None:
    Receipt.objects.filter(user=user, notification=told).read(now)


def mark_all_read(user: User, workspace: Workspace, *, now: datetime) -> None:
    """All that this person sees in this workspace."""
    Receipt.objects.of(user, workspace).read(now)

"""What people were told: that something went wrong, or is about to. And each person's copy of it.

A notification is open from when it was made until its cause is gone. `key` names subject and occurrence, so
the same trouble is told once however many workers look.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.urls import reverse
from django.utils import dateformat

from accounts.models import Health

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from accounts.models import User, Workspace

INSTANT: Final = "{instant}"  # in a message: where `about_at` is said, in the reader's zone


class NotificationKind(models.TextChoices):
    RECONNECT = "reconnect", "Needs reconnecting"
    HELD = "held", "Account on hold"
    UNUSABLE = "unusable", "Account can’t be used"
    ENDS_SOON = "ends_soon", "Connection ends within two weeks"
    ENDS_NOW = "ends_now", "Connection ends within days"
    BOARDS = "boards", "Boards not read for days"
    FAILED = "failed", "Pins not published"
    REVIEW = "review", "Pins to look at"
    OVERDUE = "overdue", "Pins overdue after an outage"
    PICTURE = "picture", "Pictures missing"
    CHANGE = "change", "Changes of live Pins refused"
    LATE = "late", "Pins late"
    CLOCK = "clock", "Clock wrong"


STOPPED: Final = (
    NotificationKind.RECONNECT,
    NotificationKind.HELD,
)  # nothing of this account is published meanwhile
SCOPE: Final = "scope"  # the code of a hold that only a reconnect cures
# Of tries: this installation can't use the account's tokens. Connecting it again cures that.
NEED_NEW_TOKENS: Final = ("wrong_address", "lost_key")


class Level(models.TextChoices):
    ERROR = "error", "Error"
    WARNING = "warning", "Warning"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def open(self) -> NotificationQuerySet:
        """Their cause is not known to be gone."""
        return self.filter(resolved_at=None)

    def copies_of(self, user: User, workspace: Workspace) -> NotificationQuerySet:
        """What this person was told, here or as an operator, newest first; each with its `read_at`."""
        return (
            self.filter(Q(workspace=workspace) | Q(workspace=None))
            .annotate(
                mine=FilteredRelation("receipts", condition=Q(receipts__user=user)),
                copy=F("mine__pk"),
                read_at=F("mine__read_at"),
            )
            .filter(copy__isnull=False)
            .select_related("account")
            .defer("account__access_token", "account__refresh_token")
            .order_by("-created_at", "-pk")
        )

    def still_true(self) -> NotificationQuerySet:
        """Open, and not of an account that was cured since somebody last looked for what is resolved."""
        cured = Q(kind__in=STOPPED) & ~Q(account__health__in=(Health.HELD, Health.NEEDS_RECONNECT))
        return self.open().exclude(cured)


class Notification(models.Model):
    # Null: it is about the whole installation, and for its operators.
    workspace = models.ForeignKey(
        "accounts.Workspace", null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    account = models.ForeignKey(
        "accounts.PinterestAccount",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="notifications",
    )
    pin = models.ForeignKey(
        "pins.Pin", null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    # Which tries a digest speaks of: each is told once.
    attempts: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "pins.Attempt", blank=True, related_name="notifications"
    )
    kind = models.CharField(max_length=12, choices=NotificationKind)
    level = models.CharField(max_length=8, choices=Level, default=Level.ERROR)
    key = models.CharField(max_length=120, unique=True)
    title = models.CharField(max_length=200)
    message = models.CharField(max_length=2000)
    # The instant that tells this occurrence from the next: when health changed, when the token ends.
    about_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = (
            # every page: the bell
            models.Index(
                fields=["workspace"], condition=Q(resolved_at__isnull=True), name="notification_open"
            ),
            # the page of notifications
            models.Index(fields=["workspace", "-created_at"], name="notification_newest"),
            # notify.tell: what was cured long ago
            models.Index(fields=["resolved_at"], name="notification_resolved"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where the cure is."""
        if self.pin_id:
            return reverse("pins:detail", args=[self.pin_id])
        match NotificationKind(self.kind):
            case NotificationKind.FAILED:
                return f"{reverse('pins:list')}?status=failed&account={self.account_id}"
            case NotificationKind.REVIEW:
                return f"{reverse('pins:list')}?status=needs_review&account={self.account_id}"
            case NotificationKind.OVERDUE:
                return f"{reverse('pins:list')}?status=overdue&account={self.account_id}"
            case NotificationKind.PICTURE:
                return f"{reverse('pins:list')}?status=without_picture"
            case NotificationKind.CHANGE:
                return f"{reverse('pins:list')}?status=published&account={self.account_id}"
            case NotificationKind.CLOCK:
                return reverse("admin:index")
            case NotificationKind.LATE if self.workspace_id is None:
                return reverse("admin:index")
            case NotificationKind.LATE:
                return f"{reverse('pins:list')}?status=scheduled"
            case _:
                return reverse("accounts:detail", args=[self.account_id])

    def words(self, zone: ZoneInfo) -> str:
        """The message, its time in the given zone and with the zone's name."""
        if self.about_at is None:
            return self.message
        local = self.about_at.astimezone(zone)
        said = f"{dateformat.format(local, 'l j F Y, H:i')} ({zone.key.replace('_', ' ')})"
        return self.message.replace(INSTANT, said)

    @property
    def is_failing(self) -> bool:
        return self.level == Level.ERROR

    @property
    def cure(self) -> str:
        """The words on the button that leads to the cure."""
        match NotificationKind(self.kind):
            case (
                NotificationKind.RECONNECT
                | NotificationKind.UNUSABLE
                | NotificationKind.ENDS_SOON
                | NotificationKind.ENDS_NOW
            ):
                return f"Reconnect {self.account}"
            case NotificationKind.HELD:
                return f"{'Reconnect' if self._lacks_scope else 'Look at'} {self.account}"
            case NotificationKind.BOARDS:
                return "Read the boards again"
            case (
                NotificationKind.FAILED
                | NotificationKind.REVIEW
                | NotificationKind.OVERDUE
                | NotificationKind.PICTURE
                | NotificationKind.CHANGE
            ):
                return "Look at the Pin" if self.pin_id else "Look at these Pins"
            case NotificationKind.LATE:
                return "See what is late"
            case NotificationKind.CLOCK:
                return "See how PinSched runs"

    @property
    def _lacks_scope(self) -> bool:
        return self.account is not None and self.account.health_code == SCOPE


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def of(self, user: User, workspace: Workspace) -> ReceiptQuerySet:
        """This person's copies, in this workspace or as an operator."""
        here = Q(notification__workspace=workspace) | Q(notification__workspace=None)
        return self.filter(here, user=user)

    def mail_due(self, now: datetime) -> ReceiptQuerySet:
        return (
            self.filter(mail_due_at__lte=now)
            .select_related("notification__workspace", "notification__account", "user")
            .defer("notification__account__access_token", "notification__account__refresh_token")
            .order_by("mail_due_at", "pk")
        )

    def take_mail(self, receipt: Receipt, *, until: datetime) -> bool:
        """Compare-and-swap: a lease on mailing this copy. True for the one who got it."""
        seen = self.filter(pk=receipt.pk, mail_due_at=receipt.mail_due_at)
        return seen.update(mail_due_at=until) == 1

    def end_mail(self, receipt: Receipt, *, lease: datetime, **changes: datetime | None) -> None:
        """Give the lease back with what came of it."""
        self.filter(pk=receipt.pk, mail_due_at=lease).update(**changes)

    def read(self, now: datetime) -> int:
        return self.filter(read_at=None).update(read_at=now)


class Receipt(models.Model):
    """One person's copy of a notification."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="receipts")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="receipts")
    read_at = models.DateTimeField(null=True, blank=True)
    # When somebody may mail it next; null: no mail is to be sent, or it was sent.
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["notification", "user"], name="one_receipt_per_person"),
        )
        indexes = (
            # notify.mail
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="receipt_mail_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.notification_id} to {self.user_id}"

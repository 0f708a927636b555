"""A connection to one Pinterest account from one workspace, with its sealed tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.urls import reverse

from accounts.fields import EncryptedTextField
from accounts.models.locking import Stands
from accounts.models.workspace import Workspace
from accounts.pinterest.oauth import NEEDED_SCOPES, SECRET_SCOPES

SYNC_EVERY: Final = timedelta(hours=20)  # daily, with room for the clock that looks
SYNC_AGAIN: Final = timedelta(hours=1)  # after one that failed
SYNC_LONGEST: Final = timedelta(minutes=3)  # a sync asked for and not over by then has been lost
REFRESH_AHEAD: Final = timedelta(days=7)  # of an access token's 30 days
# Renewed a week ahead, so what ends this soon was not: days of refusals or silence lie behind it.
ACCESS_WORRY: Final = timedelta(days=3)
REFRESH_WORRY: Final = timedelta(days=7)
REFRESH_WARNING: Final = timedelta(days=14)  # its people are told


class Health(models.TextChoices):
    ACTIVE = "active", "Connected"
    NEEDS_RECONNECT = "needs_reconnect", "Needs reconnecting"
    HELD = "held", "On hold"
    DISCONNECTED = "disconnected", "Disconnected"


class Stop(models.TextChoices):
    """The operator's hold: beside health, so that no reconnect and no answer of Pinterest's ends it."""

    OPERATOR = "operator", "Stopped by the operator"
    RESTORED = "restored", "Restored from a backup"


class PinterestAccountQuerySet(models.QuerySet["PinterestAccount"]):
    def connected(self) -> PinterestAccountQuerySet:
        """All that a person sees as theirs: disconnected ones keep their history, but are not offered."""
        return self.exclude(health=Health.DISCONNECTED)

    def active(self) -> PinterestAccountQuerySet:
        return self.filter(health=Health.ACTIVE)

    def publishing(self) -> PinterestAccountQuerySet:
        """Active, and our rows tell all that went out."""
        return self.active().filter(known_until=None)

    def restored(self) -> PinterestAccountQuerySet:
        """Active again after a restore, and their queue is still to be compared with Pinterest."""
        return self.active().uncompared()

    def uncompared(self) -> PinterestAccountQuerySet:
        """Restored, still on hold or active again: what went out since the backup isn't known yet."""
        return self.exclude(known_until=None)

    def still(self, account: PinterestAccount) -> PinterestAccountQuerySet:
        """This account, if a call that was got ready with it may leave: not held, its workspace not being
        deleted, and neither disconnected nor connected anew since it was read. A renewal stops nobody."""
        living = Workspace.objects.living()
        return self.publishing().filter(pk=account.pk, connection=account.connection, workspace__in=living)

    def stands(self, account: PinterestAccount) -> Stands:
        """`still`, for the statement that lets a call leave: a hold is committed before it or after it."""
        return Stands(self.still(account))

    def readable(self) -> PinterestAccountQuerySet:
        """A hold stops what is published; what Pinterest keeps for 90 days only is read all the same."""
        return self.filter(health__in=(Health.ACTIVE, Health.HELD))

    def with_board_counts(self) -> PinterestAccountQuerySet:
        """Each with `board_count`, the boards that are still on Pinterest. For pages: without the tokens."""
        count = models.Count("boards", filter=models.Q(boards__vanished_at=None))
        return (
            self.annotate(board_count=count).defer("access_token", "refresh_token").order_by("username", "pk")
        )

    def due_for_sync(self, now: datetime) -> PinterestAccountQuerySet:
        """Boards not read for most of a day. One that failed is left alone for an hour."""
        stale = models.Q(boards_synced_at=None) | models.Q(boards_synced_at__lte=now - SYNC_EVERY)
        asked = models.Q(boards_sync_asked_at__gt=now - SYNC_AGAIN)
        return self.filter(stale, health=Health.ACTIVE).exclude(asked)

    def due_for_refresh(self, now: datetime) -> PinterestAccountQuerySet:
        """Access ends within a week. Held accounts too: a hold must not cost the connection."""
        return self.filter(
            health__in=(Health.ACTIVE, Health.HELD), access_expires_at__lte=now + REFRESH_AHEAD
        ).exclude(refresh_token="")

    def tokens_ending(self, now: datetime) -> PinterestAccountQuerySet:
        """Still in use, and their tokens end soon or have ended: renewing has failed for days."""
        ends = models.Q(access_expires_at__lte=now + ACCESS_WORRY)
        ends |= models.Q(refresh_expires_at__lte=now + REFRESH_WORRY)
        return self.filter(ends, health__in=(Health.ACTIVE, Health.HELD))


class PinterestAccount(models.Model):
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="accounts")
    pinterest_id = models.CharField(max_length=64)
    username = models.CharField(max_length=100)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=16, blank=True, help_text="PINNER or BUSINESS, as Pinterest says.")
    follower_count = models.PositiveIntegerField(null=True, blank=True)
    website = models.CharField(max_length=2048, blank=True)
    picture_url = models.CharField(max_length=2048, blank=True)
    ad_account_id = models.CharField(max_length=64, blank=True)
    catch_up_minutes = models.PositiveSmallIntegerField(
        "minutes between overdue Pins",
        default=5,
        help_text="After an outage, what is overdue goes out one by one, so far apart.",
    )

    # The address this connection was made with. Tokens never travel to another one.
    api_url = models.CharField(max_length=200)
    scopes = models.CharField(max_length=500, blank=True, help_text="As granted, separated by spaces.")
    access_token = EncryptedTextField(blank=True, default="")
    refresh_token = EncryptedTextField(blank=True, default="")
    # Grows by one whenever a pair of tokens is stored: this, not the ciphertext, is what refreshing compares.
    token_version = models.PositiveIntegerField(default=0)
    # Grows by one whenever it is connected or disconnected, and at no other time: what was got ready with an
    # earlier connection isn't sent.
    connection = models.PositiveIntegerField(default=0)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    refresh_expires_at = models.DateTimeField(null=True, blank=True)
    # The lease of the one worker that is refreshing just now.
    refreshing_until = models.DateTimeField(null=True, blank=True)

    health = models.CharField(max_length=16, choices=Health, default=Health.ACTIVE)
    health_code = models.CharField(max_length=40, blank=True)
    health_message = models.CharField(max_length=500, blank=True)
    health_changed_at = models.DateTimeField(null=True, blank=True)

    # When Pinterest's limit lets something out again: said once here, and not on each Pin that waits for it.
    # What is past stays: since then its Pins are due.
    quota_until = models.DateTimeField(null=True, blank=True)
    # While set, health is `held` wherever it would be `active`: see health.well.
    stopped = models.CharField(max_length=16, choices=Stop, blank=True)
    # After a restore: when the backup was made. What went out since, our rows don't know; until the queue was
    # compared with Pinterest, nothing is sent.
    known_until = models.DateTimeField(null=True, blank=True)

    boards_synced_at = models.DateTimeField(null=True, blank=True)
    boards_sync_message = models.CharField(max_length=500, blank=True, help_text="Why the last sync failed.")
    # Set when a sync is asked for, cleared when it ends: the page shows progress, and nobody asks twice.
    boards_sync_asked_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField()
    connected_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = PinterestAccountQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "pinterest_id", "api_url"], name="one_connection_per_account"
            ),
            models.CheckConstraint(
                condition=~models.Q(health="active") | models.Q(stopped=""),
                name="stopped_account_is_not_active",
            ),
        )
        indexes = (
            # boards.due_for_sync and renewal.refresh_due walk these daily.
            models.Index(
                fields=["boards_synced_at"], condition=models.Q(health="active"), name="account_sync_due"
            ),
        )

    def __str__(self) -> str:
        return f"@{self.username}"

    def get_absolute_url(self) -> str:
        return reverse("accounts:detail", args=[self.pk])

    @property
    def is_active(self) -> bool:
        return self.health == Health.ACTIVE

    @property
    def is_sandbox(self) -> bool:
        return "sandbox" in self.api_url

    @property
    def display_name(self) -> str:
        return self.name or self.username

    @property
    def followers(self) -> str:
        """ "1,234 followers"; nothing where Pinterest doesn't say."""
        if self.follower_count is None:
            return ""
        return f"{self.follower_count:,} follower{'' if self.follower_count == 1 else 's'}"

    @property
    def introduction(self) -> str:
        """In a list, under its name: "@alder, business account, 1,234 followers"."""
        kind = "business account" if self.kind == "BUSINESS" else ""
        return ", ".join(part for part in (str(self), kind, self.followers) if part)

    def is_syncing(self, now: datetime) -> bool:
        asked = self.boards_sync_asked_at
        return asked is not None and now - asked < SYNC_LONGEST and not self.boards_sync_message

    def grants(self, scope: str) -> bool:
        return scope in self.scopes.split()

    @property
    def missing_scopes(self) -> list[str]:
        """Permissions that were not given and without which something will be refused."""
        return [scope for scope in NEEDED_SCOPES if not self.grants(scope)]

    @property
    def reaches_secret_boards(self) -> bool:
        return all(self.grants(scope) for scope in SECRET_SCOPES)

    def ends_soon(self, now: datetime) -> bool:
        """The whole connection, because renewing it fails."""
        ends = self.refresh_expires_at
        return (
            self.health in (Health.ACTIVE, Health.HELD) and ends is not None and ends <= now + REFRESH_WARNING
        )

    def access_ends_before(self, instant: datetime) -> bool:
        return self.access_expires_at is not None and self.access_expires_at <= instant

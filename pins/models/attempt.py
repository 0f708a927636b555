"""One try at publishing one Pin: who claimed it, when the call left, what came back.

    claimed ──▶ sent ──▶ succeeded
       │          ├────▶ refused    Pinterest said no: nothing was made
       ├──────────┴────▶ deferred   nothing was made; the Pin waits for another turn
                  └────▶ unknown    an answer was lost: the Pin may or may not exist

Live = claimed, sent or unknown. The database allows one live or succeeded attempt a Pin, so a second call
can't begin while nobody knows what became of the first.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import PinterestAccount


class AttemptState(models.TextChoices):
    CLAIMED = "claimed", "Claimed"
    SENT = "sent", "Sent"
    SUCCEEDED = "succeeded", "Published"
    REFUSED = "refused", "Refused"
    DEFERRED = "deferred", "Put off"
    UNKNOWN = "unknown", "No answer"


LIVE = (AttemptState.CLAIMED, AttemptState.SENT, AttemptState.UNKNOWN)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def undelivered(self, now: datetime) -> AttemptQuerySet:
        """Claimed, and the lease is over: its message or its worker is gone."""
        return self.filter(state=AttemptState.CLAIMED, lease_until__lt=now)

    def abandoned(self, now: datetime) -> AttemptQuerySet:
        """Sent, and the lease is over: its worker is gone."""
        return self.filter(state=AttemptState.SENT, lease_until__lt=now)

    def unlocked(self) -> AttemptQuerySet:
        """Locked by us now, those that nobody else has locked. Only in a transaction."""
        return self.select_for_update(skip_locked=True, of=("self",))

    def same_wait(self, attempt: Attempt, code: str) -> AttemptQuerySet:
        """Earlier tries of its Pin that waited for the same thing, of which nothing was sent."""
        waits = self.filter(pin=attempt.pin_id, state=AttemptState.DEFERRED, sent_at=None, code=code)
        return waits.exclude(pk=attempt.pk)

    def depart(self, attempt: Attempt, account: PinterestAccount, *, now: datetime, until: datetime) -> bool:
        """claimed → sent, for the one caller who may call Pinterest now; `until` is the end of its lease.

        One statement decides both: that nobody else has it, and that its account still publishes. A hold that
        is committed before it wins; one that is committed after it finds the call begun.
        """
        guarded = self.filter(PinterestAccount.objects.stands(account))
        return guarded.advance(
            attempt.pk, AttemptState.CLAIMED, AttemptState.SENT, sent_at=now, lease_until=until
        )

    def advance(self, pk: int, old: AttemptState, new: AttemptState, **changes: object) -> bool:
        """Compare-and-swap the state; True for the one caller who won."""
        return self.filter(pk=pk, state=old).update(state=new, **changes) == 1


class Attempt(models.Model):
    pin = models.ForeignKey("pins.Pin", on_delete=models.CASCADE, related_name="attempts")
    state = models.CharField(max_length=10, choices=AttemptState, default=AttemptState.CLAIMED)
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    # Of an unknown one: when reconcile looks for it on Pinterest next, and when a complete reading first
    # showed that it isn't there.
    look_at = models.DateTimeField(null=True, blank=True)
    absent_at = models.DateTimeField(null=True, blank=True)
    # A Pin on Pinterest that may be this one: {id, title, description, link, alt_text, parent, image_url,
    # created_at}.
    suspect = models.JSONField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="Pinterest's number, or our word.")
    message = models.CharField(max_length=1000, blank=True)
    request_id = models.CharField(max_length=100, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ("started_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["pin"],
                condition=Q(state__in=("claimed", "sent", "unknown", "succeeded")),
                name="one_live_attempt_per_pin",
            ),
        )
        indexes = (
            # metrics and reconcile: the few that are open among all there ever were
            models.Index(
                fields=["state"], condition=Q(state__in=("claimed", "sent", "unknown")), name="attempt_open"
            ),
            # dispatch.claim, reconcile.sweep
            models.Index(
                fields=["lease_until"], condition=Q(state__in=("claimed", "sent")), name="attempt_lease"
            ),
            # reconcile.due
            models.Index(fields=["look_at"], condition=Q(state="unknown"), name="attempt_look"),
            # operations: what was settled within the hour
            models.Index(fields=["settled_at"], name="attempt_settled"),
        )

    def __str__(self) -> str:
        return f"Attempt {self.pk} of Pin {self.pin_id}: {self.state}"

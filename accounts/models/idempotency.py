"""What a script already asked for under one Idempotency-Key, and the first answer it was given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import models

KEPT_FOR: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)  # longer than any request takes: then its process is gone


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def outlived(self, now: datetime) -> IdempotencyKeyQuerySet:
        return self.filter(created_at__lte=now - KEPT_FOR)

    def take_over(self, found: IdempotencyKey, now: datetime) -> bool:
        """Compare-and-swap the lease of a request that died; True for the one caller who won."""
        stale = self.filter(pk=found.pk, status=None, lease_until=found.lease_until, lease_until__lte=now)
        return stale.update(lease_until=now + LEASE) == 1

    def finish(self, mine: IdempotencyKey, *, status: int, body: str) -> bool:
        """False when somebody took it over meanwhile."""
        held = self.filter(pk=mine.pk, status=None, lease_until=mine.lease_until)
        return held.update(status=status, body=body) == 1

    def release(self, mine: IdempotencyKey) -> None:
        """Nothing was done: the key is free again."""
        self.filter(pk=mine.pk, status=None, lease_until=mine.lease_until).delete()


class IdempotencyKey(models.Model):
    token = models.ForeignKey("accounts.ApiToken", on_delete=models.CASCADE, related_name="idempotency_keys")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    lease_until = models.DateTimeField()
    # Null while the first request runs.
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_outlived"),)

    def __str__(self) -> str:
        return self.key

"""When each part of the machinery was last seen alive. `/readyz` reads it."""

from __future__ import annotations

from datetime import datetime

from django.db import models


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, name: str, now: datetime) -> None:
        """One statement and no transaction: a process that is frozen halfway must not stop the others."""
        if not self.filter(pk=name).update(seen_at=now):
            self.get_or_create(name=name, defaults={"seen_at": now})


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

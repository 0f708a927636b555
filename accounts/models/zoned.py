"""Who is at home in a time zone: its stored name, and the clock there."""

from __future__ import annotations

from django.db import models

from accounts import zones


class Zoned(models.Model):
    # A name that was good when it was stored: another machine, or other zone data, may not know it.
    time_zone = models.CharField(max_length=64, default=zones.UTC)

    class Meta:
        abstract = True

    @property
    def zone(self) -> zones.Zone:
        """The clock there; UTC's when the zone is lost."""
        return zones.clock(self.time_zone)

    @property
    def has_lost_zone(self) -> bool:
        """Nobody here knows the stored zone: pages and mails say so, and ask for another."""
        return not zones.exists(self.time_zone)

"""What one answer of Pinterest's said about how far the database's clock is ahead of theirs. See skew.py."""

from __future__ import annotations

from django.db import models


class ClockReading(models.Model):
    # The address it was heard at: each may have a clock of its own.
    api_url = models.CharField(max_length=200)
    read_at = models.DateTimeField()
    lowest = models.FloatField(help_text="Seconds that the database is ahead at least; below 0 it is behind.")
    highest = models.FloatField(help_text="At most.")

    class Meta:
        indexes = (
            models.Index(fields=["api_url", "-read_at"], name="clock_reading_newest"),
            # skew: what is forgotten
            models.Index(fields=["read_at"], name="clock_reading_oldest"),
        )

    def __str__(self) -> str:
        return f"{self.lowest:+.1f} to {self.highest:+.1f} s"

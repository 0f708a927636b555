"""What stands on Pinterest of one account, and when that was read last."""

from __future__ import annotations

from django.db import models


class Library(models.Model):
    account = models.OneToOneField(
        "accounts.PinterestAccount", primary_key=True, on_delete=models.CASCADE, related_name="library"
    )
    tried_at = models.DateTimeField(null=True, blank=True, help_text="When a reading was last begun.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When the last complete one was begun.")
    pin_count = models.PositiveIntegerField(default=0, help_text="Pins on Pinterest, by that reading.")
    message = models.CharField(max_length=500, blank=True, help_text="Why the last reading did not finish.")

    objects: models.Manager[Library] = models.Manager()

    class Meta:
        verbose_name_plural = "libraries"

    def __str__(self) -> str:
        return f"Library of {self.account}"

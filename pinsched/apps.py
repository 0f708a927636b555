"""What every Django process begins with: the Celery app, our system checks, the newest zone data."""

from __future__ import annotations

from django.apps import AppConfig


class PinschedConfig(AppConfig):
    name = "pinsched"
    verbose_name = "PinSched"

    def ready(self) -> None:
        from pinsched import celery, checks, zonedata  # noqa: F401  # the first two for what they register

        zonedata.use_newest()

"""Loads what must be known in every Django process: the Celery app and our system checks."""

from __future__ import annotations

from django.apps import AppConfig


class PinschedConfig(AppConfig):
    name = "pinsched"
    verbose_name = "PinSched"

    def ready(self) -> None:
        from pinsched import celery, checks  # noqa: F401  # imported for what they register

from __future__ import annotations

from django.apps import AppConfig


class PinsConfig(AppConfig):
    name = "pins"
    verbose_name = "Pins"
    default_auto_field = "django.db.models.BigAutoField"

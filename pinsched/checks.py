"""System checks: what settings refuse, said again where `manage.py check` is read; and what they doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.pinterest import transport


@register(Tags.security)
def token_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each key must be one: a bad one would be found out only when a token is read."""
    if not settings.TOKEN_ENCRYPTION_KEYS:
        return [Error("TOKEN_ENCRYPTION_KEYS is empty.", hint="See .env.example.", id="pinsched.E001")]
    for position, key in enumerate(settings.TOKEN_ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            return [
                Error(
                    f"Key {position} in TOKEN_ENCRYPTION_KEYS is no Fernet key.",
                    hint="Make one with: python -c 'from cryptography.fernet import Fernet; "
                    "print(Fernet.generate_key().decode())'",
                    id="pinsched.E002",
                )
            ]
    return []


@register(Tags.security)
def secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if len(settings.SECRET_KEY) < 50 or settings.SECRET_KEY == settings.EXAMPLE_SECRET_KEY:
        return [Error("SECRET_KEY is short or the example's.", hint="See .env.example.", id="pinsched.E003")]
    return []


@register(Tags.compatibility)
def clock_is_utc(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Due times are compared in the database: any other zone would publish early or late."""
    if settings.TIME_ZONE != "UTC" or not settings.USE_TZ:
        return [Error("TIME_ZONE must be UTC and USE_TZ on.", id="pinsched.E004")]
    return []


@register(Tags.compatibility)
def pinterest_app(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    missing = [n for n in ("PINTEREST_APP_ID", "PINTEREST_APP_SECRET") if not getattr(settings, n)]
    if not missing:
        return []
    return [
        Warning(
            f"{' and '.join(missing)} not set: no account can be connected.",
            hint="README, “Connecting a real Pinterest app”.",
            id="pinsched.W001",
        )
    ]


@register(Tags.compatibility)
def way_to_pinterest(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Workers check this before they start, and each call again."""
    if not transport.socks_proxy(settings.PINTEREST_API_URL):
        return []
    hint = "Look at HTTPS_PROXY and ALL_PROXY, in small letters too."
    return [Error(transport.SOCKS, hint=hint, id="pinsched.E005")]

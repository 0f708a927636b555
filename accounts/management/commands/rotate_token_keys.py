"""Seals every stored token and second factor with the newest key, so that older keys can be removed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import renewal, second_factor


class Command(BaseCommand):
    help = (
        "Re-encrypt Pinterest tokens and second factors with the first of TOKEN_ENCRYPTION_KEYS. "
        "May run while PinSched does."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = renewal.reseal()
        self.stdout.write(f"{done} accounts re-encrypted with the newest key.")
        factors, locked_out = second_factor.reseal()
        self.stdout.write(f"{factors} second factors re-encrypted with the newest key.")
        if unreadable:
            names = ", ".join(unreadable)
            raise CommandError(
                f"No key in TOKEN_ENCRYPTION_KEYS opens the tokens of {names}. "
                "Put the old key back at the end of the list, or reconnect these accounts."
            )
        if locked_out:
            names = ", ".join(locked_out)
            raise CommandError(
                f"No key in TOKEN_ENCRYPTION_KEYS opens the second factors of {names}. "
                "Put the old key back at the end of the list, or delete these authenticators in the admin."
            )

"""Mirrors boards and sections now, in the foreground, as the daily job does."""

from __future__ import annotations

from typing import Any

from accounts import boards, clock, health
from accounts.models import PinterestAccount
from accounts.pinterest.errors import PinterestError
from pins.management.foreground import AccountByAccount, Stopped


class Command(AccountByAccount):
    help = "Read the boards and sections of connected accounts, and store them."

    def work(self, account: PinterestAccount, options: dict[str, Any]) -> str:
        try:
            count = boards.sync(account, now=clock.now())
        except health.AccountUnusable as no:
            raise Stopped(no.message) from no
        except PinterestError as no:
            raise Stopped(no.plain) from no
        return f"{count} boards stored."

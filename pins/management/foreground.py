"""Commands that do a daily job now, account by account, and say how it goes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import PinterestAccount
from accounts.models.pinterest_account import PinterestAccountQuerySet


class Stopped(Exception):
    """One account could not be finished; says why, to whoever sits at the terminal."""


class AccountByAccount(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="USERNAME", default="", help="Only this one. Default: all.")

    @abstractmethod
    def work(self, account: PinterestAccount, options: dict[str, Any]) -> str:
        """Do it; the words for what was done. Raises Stopped."""

    def handle(self, *args: Any, account: str, **options: Any) -> None:
        found = self._accounts(account.lstrip("@"))
        stopped = [
            one
            for number, one in enumerate(found, start=1)
            if not self._one(one, number, len(found), options)
        ]
        if stopped:
            raise CommandError(
                f"Not finished: {', '.join(str(one) for one in stopped)}. Run the command again."
            )

    def _one(self, account: PinterestAccount, number: int, of: int, options: dict[str, Any]) -> bool:
        begun = f"[{number}/{of}] {account} in “{account.workspace.name}”"
        self.stdout.write(f"{begun} …")
        self.stdout.flush()
        try:
            done = self.work(account, options)
        except Stopped as no:
            self.stderr.write(self.style.ERROR(f"{begun}: stopped. {no}"))
            return False
        self.stdout.write(self.style.SUCCESS(f"{begun}: {done}"))
        return True

    def _accounts(self, username: str) -> PinterestAccountQuerySet:
        connected = (
            PinterestAccount.objects.connected().select_related("workspace").order_by("username", "pk")
        )
        if username:
            named = connected.filter(username__iexact=username)
            if not named:
                raise CommandError(f"No connected account is called @{username}.")
            return named
        usable = connected.active().filter(api_url=settings.PINTEREST_API_URL)
        for account in connected.exclude(pk__in=usable):
            self.stderr.write(f"{account} in “{account.workspace.name}”: left out, {self._why(account)}.")
        if not usable:
            self.stdout.write("No account to work on.")
        return usable

    def _why(self, account: PinterestAccount) -> str:
        if account.api_url != settings.PINTEREST_API_URL:
            return f"it was connected at {account.api_url}"
        return f"{account.get_health_display().lower()}"

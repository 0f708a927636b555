"""Reads published Pins' numbers now, in the foreground, as the nightly job does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import PinterestAccount
from pins import measure
from pins.management.foreground import AccountByAccount, Stopped


class Command(AccountByAccount):
    help = "Read the daily numbers of published Pins whose turn it is, and store them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--all", action="store_true", help="Every Pin and every day within Pinterest's reach."
        )

    def work(self, account: PinterestAccount, options: dict[str, Any]) -> str:
        report = measure.pull(account, now=timezone.now(), everything=options["all"], limit=None)
        refused = f", {report.failed} refused by Pinterest" if report.failed else ""
        words = f"{report.read} {'Pin' if report.read == 1 else 'Pins'} read{refused}."
        if report.stopped:
            raise Stopped(f"{report.stopped} Until then: {words}")
        return words

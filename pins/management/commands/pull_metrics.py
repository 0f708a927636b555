"""Reads published Pins' numbers now, in the foreground; waits where Pinterest asks for a pause."""

from __future__ import annotations

import math
import time
from typing import Any, Final

from django.core.management.base import CommandParser

from accounts import clock
from accounts.models import PinterestAccount
from accounts.pinterest.errors import RateLimited
from pins.analytics import pull
from pins.management.foreground import AccountByAccount, Stopped

LONGEST_PAUSE: Final = 3600.0  # seconds; nobody looks at a terminal for the day that Trial access counts by
MOST_IN_VAIN: Final = 3  # pauses in a row after which nothing was read


class Command(AccountByAccount):
    help = "Read the daily numbers of published Pins whose turn it is, and store them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--all", action="store_true", help="Every Pin and every day within Pinterest's reach."
        )

    def work(self, account: PinterestAccount, options: dict[str, Any]) -> str:
        report = pull.pull(
            account, now=clock.now(), everything=options["all"], limit=None, pause=Pauses(self)
        )
        refused = f", {report.failed:,} refused by Pinterest" if report.failed else ""
        words = f"{report.read:,} {'Pin' if report.read == 1 else 'Pins'} read{refused}."
        if report.stopped:
            raise Stopped(f"{report.stopped} Until then: {words}")
        return words


class Pauses:
    """Waits as long as Pinterest asks and says so; gives up where waiting leads nowhere."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.answered = -1  # Pins, at the pause before
        self.in_vain = 0

    def __call__(self, report: pull.Report, limit: RateLimited) -> bool:
        answered = report.read + report.failed
        self.in_vain = self.in_vain + 1 if answered == self.answered else 0
        self.answered = answered
        if limit.retry_after > LONGEST_PAUSE or self.in_vain >= MOST_IN_VAIN:
            return False
        wait = max(1, math.ceil(limit.retry_after))
        self.command.stdout.write(
            f"  {answered:,} of {report.due:,} Pins; Pinterest asks for a pause, going on in {wait} s …"
        )
        self.command.stdout.flush()
        time.sleep(wait)
        return True

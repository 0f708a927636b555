"""Mirrors boards, sections and Pins now, in the foreground, as the daily jobs do."""

from __future__ import annotations

from typing import Any

from accounts import boards, clock, health
from accounts.models import PinterestAccount
from accounts.pinterest.errors import PinterestError
from pins.live import library
from pins.management.foreground import AccountByAccount, Stopped


class Command(AccountByAccount):
    help = "Read the boards, sections and Pins of connected accounts, and store them."

    def work(self, account: PinterestAccount, options: dict[str, Any]) -> str:
        try:
            count = boards.sync(account, now=clock.now())
            self.stdout.write(f"  {count:,} boards stored; reading Pins …")
            report = library.sync(account, tell=self._tell)
        except health.AccountUnusable as no:
            raise Stopped(no.message) from no
        except PinterestError as no:
            raise Stopped(no.plain) from no
        return (
            f"{count} boards stored. {report.pins:,} Pins on Pinterest: {report.new:,} new here, "
            f"{report.changed:,} changed there; {report.vanished:,} gone."
        )

    def _tell(self, report: library.Report) -> None:
        self.stdout.write(f"  {report.pins:,} Pins read …")
        self.stdout.flush()

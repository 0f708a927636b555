"""In the middle of a burst Pinterest takes one account for a spammer: from then on nothing more may leave it.

A person ends the hold some seconds later, and the rest goes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import connections

from accounts import clock, health
from accounts.models import Health, PinterestAccount
from pins.models import Attempt
from tests.chaos.outages import Outage
from tests.support.simulated import Simulator

SPAM: Final = {"code": 9, "message": "Sorry! You've hit a block (Pins) we have in place to combat spam."}
NOTICE: Final = 1.0  # seconds before the burst: the answer is Pinterest's next to this account
# Clocks of processes are compared with each other, and each knows the database's to some milliseconds.
CLOCKS_APART: Final = timedelta(seconds=0.25)
# Between "sent" and Pinterest, of a process that is frozen just there: later than that it doesn't send.
ON_ITS_WAY: Final = timedelta(seconds=6)


@dataclass
class Hold:
    pinterest: Simulator
    account: PinterestAccount
    at: float  # seconds from the start
    span: float  # seconds until a person ends it
    asked: bool = False
    seen: float | None = None  # seconds from the start
    held_at: datetime | None = None
    released_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.released_at is not None

    def act(self, elapsed: float) -> str:
        """Says what was done, if anything. While the database is away it comes again."""
        if not self.asked and elapsed >= self.at - NOTICE:
            self.pinterest.fault(
                "status", method="POST", path="^/v5/pins", username=self.account.username, times=1,
                status=429, body=SPAM,
            )  # fmt: skip
            self.asked = True
        elif self.asked and not self.is_over:
            try:
                return self._watch(elapsed)
            except DatabaseError:
                connections.close_all()
        return ""

    def _watch(self, elapsed: float) -> str:
        account = PinterestAccount.objects.get(pk=self.account.pk)
        if self.seen is None:
            if account.health == Health.HELD:
                self.seen, self.held_at = elapsed, account.health_changed_at
                return f"Pinterest took {account} for a spammer"
        elif elapsed >= self.seen + self.span:
            now = clock.now()
            if health.release(account, now=now):
                self.released_at = now
                return f"somebody ended the hold of {account}"
        return ""

    @property
    def outages(self) -> list[Outage]:
        if self.held_at is None or self.released_at is None:
            return []
        return [Outage(self.held_at, self.released_at, self.account.pk)]

    def heedless(self, calls: Iterable[Mapping[str, Any]], *, ahead: timedelta) -> list[str]:
        """Pins that left the account although it was held; `ahead`: by how much Pinterest's clock is."""
        if self.held_at is None or self.released_at is None:
            return [f"{self.account} was never held, or for ever"]
        begun = Attempt.objects.filter(
            pin__account=self.account, sent_at__gt=self.held_at + CLOCKS_APART, sent_at__lt=self.released_at
        )
        found = [f"{one} of {self.account}, sent {one.sent_at}, held {self.held_at}" for one in begun]
        for call in calls:
            if call["username"] != self.account.username or call["method"] != "POST":
                continue
            at = datetime.fromisoformat(call["at"]) - ahead
            if call["path"].startswith("/v5/pins") and self.held_at + ON_ITS_WAY < at < self.released_at:
                found.append(f"a call of {self.account}, {at - self.held_at} later")
        return found
